//! `mcp-assay fuzz merge`: the shares of a campaign as one.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::cli::Failure;
use crate::cli::args::FuzzMergeArgs;
use crate::report::console::say;
use crate::report::{Format, ReportOptions, write_all};
use crate::verdict::{CaseResult, CheckResult, Exit, RunResult, Verdict};

/// Largest `results.json` that is read, in bytes.
const MAX_RESULTS: u64 = 256 << 20;

/// Read the results of all shares, write what they come to together.
pub fn main(args: &FuzzMergeArgs) -> Result<Exit, Failure> {
    let shares: Vec<RunResult> = args.shares.iter().map(|folder| read(folder)).collect::<Result<_, _>>()?;
    let merged = merge(&shares).map_err(Failure::usage)?;
    let options = ReportOptions { strict: false, times: true };
    let written = write_all(&merged, &args.out, &args.format, options).map_err(Failure::harness)?;
    for (axis, figures) in &merged.fuzz {
        let places = figures.places.map(|places| format!(" up to {places} places reached,")).unwrap_or_default();
        say(format_args!(
            "{axis}: {} shares, {} cases, {} messages, {} classes of answers,{places} {} findings\n",
            figures.shares,
            figures.cases,
            figures.messages,
            figures.classes.len(),
            merged
                .cases
                .iter()
                .filter(|case| case.axis() == axis)
                .flat_map(|case| &case.checks)
                .filter(is_found)
                .count(),
        ));
    }
    for check in merged.cases.iter().flat_map(|case| &case.checks).filter(is_found) {
        say(format_args!("  {}: {}\n", check.name, check.reproduce));
    }
    for path in written {
        say(format_args!("{}\n", path.display()));
    }
    Ok(merged.exit(false))
}

fn read(folder: &Path) -> Result<RunResult, Failure> {
    let path = folder.join(Format::Json.file_name());
    let told = |problem: String| Failure::usage(format!("{}: {problem}; give the --out of each share", path.display()));
    let mut text = String::new();
    let file = File::open(&path).map_err(|e| told(e.to_string()))?;
    file.take(MAX_RESULTS).read_to_string(&mut text).map_err(|e| told(e.to_string()))?;
    let result: RunResult = serde_json::from_str(&text).map_err(|e| told(e.to_string()))?;
    if result.fuzz.is_empty() { Err(told("no results of fuzzing".to_owned())) } else { Ok(result) }
}

fn merge(shares: &[RunResult]) -> Result<RunResult, String> {
    let (first, rest) = shares.split_first().ok_or_else(|| "no share is given".to_owned())?;
    let mut merged = first.clone();
    for share in rest {
        if (&share.target, share.seed) != (&first.target, first.seed) {
            return Err(format!(
                "{:?} with seed {} and {:?} with seed {} are no shares of one campaign",
                first.target, first.seed, share.target, share.seed
            ));
        }
        merged.implementation.extend(share.implementation.clone());
        merged.duration_us = merged.duration_us.max(share.duration_us);
        for (axis, figures) in &share.fuzz {
            merged.fuzz.entry(axis.clone()).or_default().add(figures);
        }
        for case in &share.cases {
            match merged.cases.iter_mut().find(|known| known.id == case.id) {
                Some(known) => known.duration_us = known.duration_us.max(case.duration_us),
                None => merged.cases.push(CaseResult { checks: Vec::new(), ..case.clone() }),
            }
        }
    }
    for case in &mut merged.cases {
        let of =
            |share: &RunResult| share.cases.iter().find(|other| other.id == case.id).map(|case| case.checks.clone());
        case.checks = together(shares.iter().filter_map(of).flatten().collect());
    }
    Ok(merged)
}

/// Of each cause the finding that comes first, by oracle; what held in one share and not in another did not hold.
fn together(checks: Vec<CheckResult>) -> Vec<CheckResult> {
    let mut oracles: Vec<String> = Vec::new();
    for check in &checks {
        if !oracles.contains(&check.requirement) {
            oracles.push(check.requirement.clone());
        }
    }
    let mut all = Vec::new();
    for oracle in oracles {
        let of: Vec<&CheckResult> = checks.iter().filter(|check| check.requirement == oracle).collect();
        let mut causes = BTreeSet::new();
        let found = of.iter().filter(|check| is_found(check) && causes.insert(cause(&check.name)));
        let found: Vec<CheckResult> = found.map(|check| (**check).clone()).collect();
        match found.is_empty() {
            true => all.extend(of.first().map(|check| (**check).clone())),
            false => all.extend(found),
        }
    }
    all
}

fn is_found(check: &&CheckResult) -> bool {
    check.verdict != Verdict::Pass
}

/// A finding's name ends with the hash of its cause.
fn cause(name: &str) -> &str {
    name.rsplit('-').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::collections::BTreeMap;

    use super::*;
    use crate::verdict::Fuzzed;
    use crate::verdict::samples::{case, check};

    fn share(found: &[(&str, &str)], passed: &[&str], figures: (u64, &str, Option<u64>)) -> RunResult {
        let of =
            |name: &str, oracle: &str, verdict| CheckResult { requirement: oracle.to_owned(), ..check(name, verdict) };
        let found = found.iter().map(|(name, oracle)| of(name, oracle, Verdict::Fail));
        let passed = passed.iter().map(|oracle| of(oracle, oracle, Verdict::Pass));
        let case = case("fuzz/server", "stdio", found.chain(passed).collect());
        let (cases, class, places) = figures;
        let classes = BTreeMap::from([("ping||result|".to_owned(), 2), (class.to_owned(), 1)]);
        let figures = Fuzzed { shares: 1, cases, messages: 2 * cases, classes, places };
        RunResult {
            fuzz: BTreeMap::from([(case.axis().to_owned(), figures)]),
            duration_us: cases,
            ..RunResult::of(vec![case])
        }
    }

    #[test]
    fn shares_become_one() {
        let one =
            share(&[("exit-a-11111111", "exit"), ("exit-b-22222222", "exit")], &["hang", "code"], (10, "a", None));
        let other = share(&[("exit-c-11111111", "exit"), ("code-d-33333333", "code")], &["hang"], (20, "b", Some(7)));
        let merged = merge(&[one, other]).unwrap();
        let names: Vec<&str> =
            merged.cases.iter().flat_map(|case| &case.checks).map(|check| check.name.as_str()).collect();
        assert_eq!(names, ["exit-a-11111111", "exit-b-22222222", "hang", "code-d-33333333"]);
        let figures = merged.fuzz.values().next().unwrap();
        assert_eq!((figures.shares, figures.cases, figures.messages, figures.places), (2, 30, 60, Some(7)));
        assert_eq!(figures.classes.get("ping||result|"), Some(&4));
        assert_eq!((figures.classes.len(), merged.duration_us), (3, 20));
    }

    #[test]
    fn what_is_no_share_of_the_same_is_refused() {
        let one = share(&[], &["exit"], (1, "a", None));
        let other = RunResult { seed: 1, ..one.clone() };
        assert!(merge(&[one, other]).is_err_and(|why| why.contains("no shares of one campaign")));
        assert!(merge(&[]).is_err());
    }
}
