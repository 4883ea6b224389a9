//! What campaigns came to, for people and as a run's result for every report.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::cli::args::FuzzServerArgs;
use crate::fuzz::Report;
use crate::fuzz::finding::{Finding, paragraph};
use crate::fuzz::oracle::Oracle;
use crate::report::console::say;
use crate::requirement::Level;
use crate::verdict::{CaseResult, CheckResult, Fuzzed, RunResult, Verdict};

/// Name of the case of a campaign.
const SCENARIO: &str = "fuzz/server";

/// The campaigns as a run: a case for each, in it a check for each oracle, and for each finding of it.
pub fn run_result(reports: &[Report], target: &str, seed: u64, command: &str) -> RunResult {
    let cases = reports.iter().map(|report| case(report, seed, command)).collect();
    RunResult {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        target: target.to_owned(),
        implementation: reports.iter().map(|report| (report.axis.clone(), report.server.clone())).collect(),
        seed,
        duration_us: reports.iter().map(|report| micros(report.lasted)).sum(),
        fuzz: figures(reports),
        ..RunResult::of(cases)
    }
}

/// What each campaign did, by its axis; nothing for one that never began.
fn figures(reports: &[Report]) -> BTreeMap<String, Fuzzed> {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let of = |report: &Report| Fuzzed {
        shares: 1,
        cases: count(report.cases),
        messages: count(report.sent),
        classes: report.classes.clone(),
        places: report.places.map(count),
    };
    reports.iter().map(|report| (report.axis.clone(), of(report))).collect()
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn case(report: &Report, seed: u64, command: &str) -> CaseResult {
    let (revision, transport) = report.axis.split_once(',').unwrap_or_default();
    let reproduce = format!("{command} --revision {revision} --seed {seed} --cases {}", report.cases);
    let mut checks = Vec::new();
    for oracle in Oracle::ALL {
        let of: Vec<&Finding> = report.findings.iter().filter(|finding| finding.oracle == oracle).collect();
        if of.is_empty() {
            checks.push(check(oracle, oracle.as_str().to_owned(), None, &reproduce));
        }
        checks.extend(of.into_iter().map(|finding| check(oracle, finding.name(), Some(finding), command)));
    }
    CaseResult {
        id: format!("{SCENARIO}@{}", report.axis),
        scenario: SCENARIO.to_owned(),
        title: "Nothing that a client sends brings the server out of order".to_owned(),
        revision: revision.parse().unwrap_or(crate::revision::Revision::NEWEST_HANDSHAKE),
        transport: transport.to_owned(),
        routing: "direct".to_owned(),
        duration_us: micros(report.lasted),
        transcript: None,
        reproduce,
        checks,
    }
}

fn check(oracle: Oracle, name: String, finding: Option<&Finding>, command: &str) -> CheckResult {
    CheckResult {
        name,
        requirement: format!("fuzz.{oracle}"),
        level: Level::MustNot,
        required: format!("Whatever it is sent, the server never {}.", oracle.about()),
        link: String::new(),
        verdict: if finding.is_some() { Verdict::Fail } else { Verdict::Pass },
        reason: finding.map(|finding| finding.seen.clone()).unwrap_or_default(),
        rule: finding.map(|finding| finding.sign.clone()).unwrap_or_default(),
        operands: Vec::new(),
        position: None,
        evidence: Vec::new(),
        excerpt: finding.map(|finding| paragraph(finding).lines().map(str::to_owned).collect()).unwrap_or_default(),
        reproduce: match finding {
            Some(finding) => format!("{command} --replay FINDINGS/{}.yaml", finding.name()),
            None => command.to_owned(),
        },
        excused: None,
        directly: None,
    }
}

/// For the terminal.
pub fn print(reports: &[Report], args: &FuzzServerArgs, command: &str, written: &[PathBuf]) {
    for report in reports {
        let seconds = report.playing.as_secs_f64().max(0.001);
        let rate = f64::from(u32::try_from(report.sent).unwrap_or(u32::MAX)) / seconds;
        say(format_args!(
            "{}  {}: {} cases, {} messages, {rate:.0} a second, {} classes of answers,{} {} findings in {:.0} s\n",
            report.axis,
            report.server,
            report.cases,
            report.sent,
            report.classes.len(),
            report.places.map(|places| format!(" {places} places reached,")).unwrap_or_default(),
            report.findings.len(),
            report.lasted.as_secs_f64(),
        ));
        say(format_args!("  sequence {:016x}\n", report.sequence));
        for (method, outcomes) in &report.by_method {
            let told: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
            say(format_args!("  {method:<36} {}\n", told.join(", ")));
        }
        for path in &report.mended {
            say(format_args!("  mended: {}\n", path.display()));
        }
        if !report.unconfirmed.is_empty() {
            say(format_args!("  seen once and not again: {}\n", report.unconfirmed.values().sum::<usize>()));
            for (what, times) in &report.unconfirmed {
                say(format_args!("    {times} x {what}\n"));
            }
        }
        if !report.left_out.is_empty() {
            say(format_args!("  not answered at once, and so left out: {}\n", report.left_out.join(", ")));
        }
        if let Some(why) = &report.stopped {
            say(format_args!("  ended early: {why}\n"));
        }
    }
    for report in reports {
        for (number, finding) in report.findings.iter().enumerate() {
            say(format_args!("\n{}. {} [{}]\n\n", number + 1, finding.name(), report.axis));
            say(format_args!("{}", paragraph(finding)));
            if let Some(folder) = &args.findings {
                let file = folder.join(format!("{}.yaml", finding.name()));
                say(format_args!("Again: {command} --replay {}\n", file.display()));
            }
        }
    }
    for path in written {
        say(format_args!("{}\n", path.display()));
    }
}
