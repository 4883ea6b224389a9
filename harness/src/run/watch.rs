//! What monitors and schemas saw in all cases of an axis, as one case of the result.

use std::collections::BTreeMap;

use crate::check::{Finding, Outcome, Source, excerpt};
use crate::plan::{Axis, case_id};
use crate::requirement::Catalogue;
use crate::transcript::Event;
use crate::verdict::{CaseResult, CheckResult, MONITORS, Verdict, decide};

/// Collects findings of monitors over the cases of one axis: one result per monitor and requirement.
#[derive(Debug, Default)]
pub struct Watch {
    seen: BTreeMap<(Source, String), Entry>,
}

#[derive(Debug)]
struct Entry {
    result: CheckResult,
    case: String,
    broken: usize,
}

impl Watch {
    /// Take in what was seen in one case.
    pub fn add(
        &mut self,
        case: &str,
        reproduce: &str,
        findings: &[Finding],
        events: &[Event],
        axis: &Axis,
        catalogue: &Catalogue,
    ) {
        for finding in findings {
            let Some(mut result) = decide(finding, catalogue, axis.revision) else { continue };
            let broken = matches!(finding.outcome, Outcome::Broken(_));
            if broken {
                result.excerpt = excerpt(events, &finding.evidence);
                reproduce.clone_into(&mut result.reproduce);
            }
            let key = (finding.source.clone(), finding.requirement.clone());
            match self.seen.get_mut(&key) {
                None => {
                    self.seen.insert(key, Entry { result, case: case.to_owned(), broken: usize::from(broken) });
                }
                Some(entry) => {
                    entry.broken += usize::from(broken);
                    // The worse verdict counts; of equal ones that of the case whose name comes first, whatever ended first.
                    let worse = (rank(result.verdict), std::cmp::Reverse(case))
                        > (rank(entry.result.verdict), std::cmp::Reverse(&entry.case));
                    if worse {
                        entry.result = result;
                        case.clone_into(&mut entry.case);
                    }
                }
            }
        }
    }

    /// The result. `watched` names the monitors that watched, so that one that had nothing to say is told too.
    pub fn result(
        mut self,
        axis: &Axis,
        watched: Vec<(String, String, crate::scenario::Position)>,
        catalogue: &Catalogue,
        command: &str,
    ) -> CaseResult {
        for (requirement, monitor, position) in watched {
            let source = Source::Monitor(monitor);
            let key = (source.clone(), requirement.clone());
            let silent = Finding {
                requirement,
                source,
                outcome: Outcome::Undecided("no exchange of this run put it to the test".to_owned()),
                rule: String::new(),
                operands: Vec::new(),
                evidence: Vec::new(),
                position: Some(position),
                met_by_refusal: false,
                met_by_empty_result: false,
            };
            if let (false, Some(result)) = (self.seen.contains_key(&key), decide(&silent, catalogue, axis.revision)) {
                self.seen.insert(key, Entry { result, case: String::new(), broken: 0 });
            }
        }
        let checks = self.seen.into_values().map(|entry| {
            let mut check = entry.result;
            if entry.broken > 0 {
                let others = match entry.broken {
                    1 => String::new(),
                    n => format!(" and {} other case(s)", n - 1),
                };
                check.reason = format!("in {}{others}: {}", entry.case, check.reason);
            }
            check
        });
        CaseResult {
            id: case_id(MONITORS, axis),
            scenario: MONITORS.to_owned(),
            title: "What must hold in every exchange".to_owned(),
            revision: axis.revision,
            transport: axis.transport.as_str().to_owned(),
            routing: axis.routing.clone(),
            duration_us: 0,
            transcript: None,
            reproduce: command.to_owned(),
            checks: checks.collect(),
        }
    }
}

/// Broken before held before undecided.
pub(super) fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Error => 5,
        Verdict::Fail => 4,
        Verdict::Warn => 3,
        Verdict::Pass => 2,
        Verdict::Skip => 1,
        Verdict::Untested => 0,
    }
}
