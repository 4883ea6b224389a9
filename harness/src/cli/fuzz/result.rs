//! Campaigns as the result of a run, for every report, whoever was fuzzed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::report::console::say;
use crate::requirement::Level;
use crate::verdict::{CaseResult, CheckResult, Fuzzed, RunResult, Verdict};

/// Who is fuzzed.
pub struct Side {
    /// Name of the case of a campaign.
    pub scenario: &'static str,
    /// What it shows when nothing is found.
    pub title: &'static str,
    /// How what is required begins; what an oracle is about follows.
    pub required: &'static str,
    /// The oracles: their words, and what they are about.
    pub oracles: Vec<(&'static str, &'static str)>,
}

/// A campaign.
pub struct Campaign {
    /// Revision and transport.
    pub axis: String,
    /// Name and version of who was fuzzed.
    pub implementation: String,
    /// How long it took.
    pub lasted: Duration,
    /// What it did.
    pub figures: Fuzzed,
    /// What was found.
    pub findings: Vec<ToldFinding>,
}

/// What was found.
pub struct ToldFinding {
    /// The word of the oracle.
    pub oracle: &'static str,
    /// Its name.
    pub name: String,
    /// What was seen.
    pub seen: String,
    /// What tells it from others.
    pub sign: String,
    /// For an issue.
    pub paragraph: String,
}

/// The campaigns as a run: a case for each, in it a check for each oracle, and for each finding of it.
pub fn run_result(side: &Side, campaigns: &[Campaign], target: &str, seed: u64, command: &str) -> RunResult {
    let cases = campaigns.iter().map(|campaign| case(side, campaign, seed, command)).collect();
    RunResult {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        target: target.to_owned(),
        implementation: campaigns.iter().map(|one| (one.axis.clone(), one.implementation.clone())).collect(),
        seed,
        duration_us: campaigns.iter().map(|campaign| micros(campaign.lasted)).sum(),
        fuzz: campaigns.iter().map(|one| (one.axis.clone(), one.figures.clone())).collect(),
        ..RunResult::of(cases)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn case(side: &Side, campaign: &Campaign, seed: u64, command: &str) -> CaseResult {
    let (revision, transport) = campaign.axis.split_once(',').unwrap_or_default();
    let reproduce = format!("{command} --revision {revision} --seed {seed} --cases {}", campaign.figures.cases);
    let mut checks = Vec::new();
    for (oracle, about) in &side.oracles {
        let of: Vec<&ToldFinding> = campaign.findings.iter().filter(|finding| finding.oracle == *oracle).collect();
        let required = format!("{} {about}.", side.required);
        if of.is_empty() {
            checks.push(check(oracle, &required, None, &reproduce));
        }
        checks.extend(of.into_iter().map(|finding| check(oracle, &required, Some(finding), command)));
    }
    CaseResult {
        id: format!("{}@{}", side.scenario, campaign.axis),
        scenario: side.scenario.to_owned(),
        title: side.title.to_owned(),
        revision: revision.parse().unwrap_or(crate::revision::Revision::NEWEST_HANDSHAKE),
        transport: transport.to_owned(),
        routing: "direct".to_owned(),
        duration_us: micros(campaign.lasted),
        transcript: None,
        reproduce,
        checks,
    }
}

fn check(oracle: &str, required: &str, finding: Option<&ToldFinding>, command: &str) -> CheckResult {
    CheckResult {
        name: finding.map_or_else(|| oracle.to_owned(), |finding| finding.name.clone()),
        requirement: format!("fuzz.{oracle}"),
        level: Level::MustNot,
        required: required.to_owned(),
        link: String::new(),
        verdict: if finding.is_some() { Verdict::Fail } else { Verdict::Pass },
        reason: finding.map(|finding| finding.seen.clone()).unwrap_or_default(),
        rule: finding.map(|finding| finding.sign.clone()).unwrap_or_default(),
        operands: Vec::new(),
        position: None,
        evidence: Vec::new(),
        excerpt: finding.map(|finding| finding.paragraph.lines().map(str::to_owned).collect()).unwrap_or_default(),
        reproduce: match finding {
            Some(finding) => format!("{command} --replay FINDINGS/{}.yaml", finding.name),
            None => command.to_owned(),
        },
        excused: None,
        directly: None,
    }
}

/// What became of suspicions and earlier findings, for the terminal. `unsure` is what is said of what could not be shown
/// again.
pub fn print_rest(mended: &[PathBuf], unsure: &str, unconfirmed: &BTreeMap<String, usize>) {
    for path in mended {
        say(format_args!("  mended: {}\n", path.display()));
    }
    if !unconfirmed.is_empty() {
        say(format_args!("  {unsure}: {}\n", unconfirmed.values().sum::<usize>()));
        for (what, times) in unconfirmed {
            say(format_args!("    {times} x {what}\n"));
        }
    }
}

/// The findings of campaigns for the terminal, how to see each again where they are kept in a folder, and which reports were written.
pub fn print_findings(campaigns: &[Campaign], folder: Option<&Path>, command: &str, written: &[PathBuf]) {
    for campaign in campaigns {
        for (number, finding) in campaign.findings.iter().enumerate() {
            say(format_args!("\n{}. {} [{}]\n\n{}", number + 1, finding.name, campaign.axis, finding.paragraph));
            if let Some(folder) = folder {
                let file = folder.join(format!("{}.yaml", finding.name));
                say(format_args!("Again: {command} --replay {}\n", file.display()));
            }
        }
    }
    for path in written {
        say(format_args!("{}\n", path.display()));
    }
}

/// A number as reports have it.
pub fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
