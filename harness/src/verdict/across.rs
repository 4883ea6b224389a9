//! What holds directly and not across several instances or through a gateway: verdicts that depend on the routing.

use std::collections::BTreeMap;

use super::result::{MONITORS, RunResult, Verdict};

/// The routing of a run on one instance alone, without a gateway.
const DIRECT: &str = "direct";

/// Note on each check of a routed case what the same check found directly, where that was something else.
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
        // What monitors had to watch follows from what else went another way.
        let watched = case.scenario == MONITORS;
        for check in &mut case.checks {
            let before = direct.get(&(id.clone(), check.name.clone())).copied();
            let differs = |before: &Verdict| {
                *before != check.verdict && (!watched || before.is_trouble() || check.verdict.is_trouble())
            };
            check.directly = before.filter(differs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::CaseResult;
    use crate::verdict::samples::{case, check};

    #[test]
    fn only_what_differs_is_noted() {
        let one = case("tools/list", "http", vec![check("a", Verdict::Pass), check("b", Verdict::Pass)]);
        let checks = vec![check("a", Verdict::Fail), check("b", Verdict::Pass), check("c", Verdict::Fail)];
        let routing = "round-robin".to_owned();
        let several = CaseResult { id: format!("{},{routing}", one.id), routing, checks, ..one.clone() };
        let mut run = RunResult::of(vec![one, several]);
        compare_routes(&mut run);
        let noted = |case: usize| -> Vec<_> { run.cases[case].checks.iter().map(|c| c.directly).collect() };
        assert_eq!(noted(1), [Some(Verdict::Pass), None, None]);
        assert_eq!(noted(0), [None, None]);
    }

    #[test]
    fn monitors_may_have_less_to_watch() {
        let one = case(MONITORS, "http", vec![check("a", Verdict::Pass), check("b", Verdict::Pass)]);
        let checks = vec![check("a", Verdict::Untested), check("b", Verdict::Warn)];
        let routed =
            CaseResult { id: format!("{},random", one.id), routing: "random".to_owned(), checks, ..one.clone() };
        let mut run = RunResult::of(vec![one, routed]);
        compare_routes(&mut run);
        let noted: Vec<_> = run.cases[1].checks.iter().map(|check| check.directly).collect();
        assert_eq!(noted, [None, Some(Verdict::Pass)]);
    }
}
