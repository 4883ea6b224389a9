//! What holds on one instance and not across several: verdicts that depend on the routing.

use std::collections::BTreeMap;

use super::result::{RunResult, Verdict};

/// The routing of a run on one instance alone.
const DIRECT: &str = "direct";

/// Note on each check of a routed case what the same check found on one instance, where that was something else.
pub fn compare_routes(result: &mut RunResult) {
    let direct: BTreeMap<(String, String), Verdict> = result
        .cases
        .iter()
        .filter(|case| case.routing == DIRECT)
        .flat_map(|case| case.checks.iter().map(|check| ((case.id.clone(), check.name.clone()), check.verdict)))
        .collect();
    for case in result.cases.iter_mut().filter(|case| case.routing != DIRECT) {
        let suffix = format!(",{}", case.routing);
        let Some(id) = case.id.strip_suffix(&suffix).map(str::to_owned) else { continue };
        for check in &mut case.checks {
            let before = direct.get(&(id.clone(), check.name.clone())).copied();
            check.on_one_instance = before.filter(|verdict| *verdict != check.verdict);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirement::Level;
    use crate::revision::Revision;
    use crate::verdict::{CaseResult, CheckResult, RESULTS_VERSION};

    fn check(name: &str, verdict: Verdict) -> CheckResult {
        CheckResult {
            name: name.to_owned(),
            requirement: name.to_owned(),
            level: Level::Must,
            required: String::new(),
            link: String::new(),
            verdict,
            reason: String::new(),
            rule: String::new(),
            operands: Vec::new(),
            position: None,
            evidence: Vec::new(),
            excerpt: Vec::new(),
            reproduce: String::new(),
            excused: None,
            on_one_instance: None,
        }
    }

    fn case(routing: &str, checks: Vec<CheckResult>) -> CaseResult {
        let suffix = if routing == DIRECT { String::new() } else { format!(",{routing}") };
        CaseResult {
            id: format!("tools/list@2025-11-25,http{suffix}"),
            scenario: "tools/list".to_owned(),
            title: String::new(),
            revision: Revision::V2025_11_25,
            transport: "http".to_owned(),
            routing: routing.to_owned(),
            duration_us: 0,
            transcript: None,
            reproduce: String::new(),
            checks,
        }
    }

    #[test]
    fn only_what_differs_is_noted() {
        let mut run = RunResult {
            results: RESULTS_VERSION,
            tool: String::new(),
            target: String::new(),
            implementation: BTreeMap::new(),
            context: BTreeMap::new(),
            seed: 0,
            cases: vec![
                case("direct", vec![check("a", Verdict::Pass), check("b", Verdict::Pass)]),
                case(
                    "round-robin",
                    vec![check("a", Verdict::Fail), check("b", Verdict::Pass), check("c", Verdict::Fail)],
                ),
            ],
            baseline_problems: Vec::new(),
            duration_us: 0,
        };
        compare_routes(&mut run);
        let noted = |case: usize| -> Vec<_> { run.cases[case].checks.iter().map(|c| c.on_one_instance).collect() };
        assert_eq!(noted(1), [Some(Verdict::Pass), None, None]);
        assert_eq!(noted(0), [None, None]);
    }
}
