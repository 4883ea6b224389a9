//! From judged transcripts to the cases of a result. A run uses it while it goes on, `judge` for saved transcripts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::axes::transcript_path;
use super::watch::{Watch, rank};
use crate::check::{Finding, Judge, Outcome, Said, Source, excerpt};
use crate::drive::Recording;
use crate::plan::{Axis, LeftOut, case_id};
use crate::requirement::{Catalogue, Role};
use crate::scenario::Scenario;
use crate::transcript::{Event, FORMAT_VERSION, Header};
use crate::verdict::{CaseResult, CheckResult, MONITORS, Verdict, decide};

/// Gathers the cases of a result.
pub(super) struct Assembly {
    catalogue: &'static Catalogue,
    judge: Arc<Judge>,
    /// What repeats the whole.
    command: String,
    watches: BTreeMap<(Axis, Role), Watch>,
    cases: Vec<CaseResult>,
}

/// A case that was carried out.
pub(super) struct Played<'p> {
    pub axis: &'p Axis,
    pub header: &'p Header,
    pub events: &'p [Event],
    /// Why the harness failed, if it did.
    pub problem: Option<&'p str>,
    pub duration: Duration,
    /// The transcript's file, as reports name it.
    pub transcript: Option<String>,
    /// The command that repeats it.
    pub reproduce: String,
}

impl<'p> Played<'p> {
    /// What was recorded of a case on this axis; `transcript` says whether a file of it was written.
    pub fn of(recording: &'p Recording, axis: &'p Axis, transcript: bool, command: &str) -> Self {
        let id = case_id(&recording.header.scenario, axis);
        Self {
            axis,
            header: &recording.header,
            events: &recording.events,
            problem: recording.problem.as_deref(),
            duration: recording.duration,
            transcript: transcript.then(|| transcript_path(Path::new(""), &id).display().to_string()),
            reproduce: format!("{command} --scenario '{id}'"),
        }
    }
}

impl Assembly {
    pub fn new(catalogue: &'static Catalogue, judge: Arc<Judge>, command: String) -> Self {
        Self { catalogue, judge, command, watches: BTreeMap::new(), cases: Vec::new() }
    }

    /// Only the monitors look at it: it is no case of its own.
    pub fn watch(&mut self, played: &Played<'_>, said: &Said) {
        let id = case_id(&played.header.scenario, played.axis);
        let watch = self.watches.entry((played.axis.clone(), played.header.role)).or_default();
        watch.add(&id, &played.reproduce, &said.monitors, played.events, played.axis, self.catalogue);
    }

    /// Take in a case and what was said about it.
    pub fn add(&mut self, played: Played<'_>, said: &Said, scenario: &Scenario) -> &CaseResult {
        let mut checks: Vec<CheckResult> = Vec::new();
        let unjudged = match played.problem {
            Some(problem) if said.checks.is_empty() => self.unjudged(played.header, problem),
            _ => Vec::new(),
        };
        for finding in said.checks.iter().chain(&unjudged) {
            let Some(mut check) = decide(finding, self.catalogue, played.axis.revision) else { continue };
            if let Some(problem) = played.problem {
                check.verdict = Verdict::Error;
                check.reason = format!("the harness failed: {problem}");
            }
            if check.verdict != Verdict::Pass {
                check.excerpt = excerpt(played.events, &check.evidence);
            }
            played.reproduce.clone_into(&mut check.reproduce);
            checks.push(check);
        }
        self.watch(&played, said);
        let at = self.cases.len();
        self.cases.push(CaseResult {
            duration_us: u64::try_from(played.duration.as_micros()).unwrap_or(u64::MAX),
            transcript: played.transcript,
            checks,
            ..frame(scenario, played.axis, played.reproduce)
        });
        &self.cases[at]
    }

    /// Take in a case that was carried out before: of each check the worst counts.
    pub fn add_again(&mut self, played: Played<'_>, said: &Said, scenario: &Scenario) {
        let id = case_id(&scenario.scenario, played.axis);
        self.add(played, said, scenario);
        let Some(newest) = self.cases.pop() else { return };
        let Some(known) = self.cases.iter_mut().find(|case| case.id == id) else {
            self.cases.push(newest);
            return;
        };
        for (known, new) in known.checks.iter_mut().zip(newest.checks) {
            if known.name == new.name && rank(new.verdict) > rank(known.verdict) {
                *known = new;
            }
        }
    }

    /// What the checks of a case say that were never judged.
    fn unjudged(&self, header: &Header, why: &str) -> Vec<Finding> {
        let undecided = |(requirement, name, position)| Finding {
            requirement,
            source: Source::Check(name),
            outcome: Outcome::Undecided(why.to_owned()),
            rule: String::new(),
            operands: Vec::new(),
            evidence: Vec::new(),
            position: Some(position),
            met_by_refusal: false,
            met_by_empty_result: false,
        };
        self.judge.decides(header).into_iter().map(undecided).collect()
    }

    /// A case that was not carried out: each of its checks says why.
    pub fn leave_out(&mut self, left_out: &LeftOut, reproduce: String) {
        let axis = &left_out.axis;
        let header = header(&left_out.scenario.item.scenario, axis, &left_out.facts);
        let mut case = frame(&left_out.scenario.item, axis, reproduce);
        for finding in self.unjudged(&header, &left_out.reason) {
            if let Some(mut check) = decide(&finding, self.catalogue, axis.revision) {
                check.verdict = left_out.verdict;
                check.reproduce.clone_from(&case.reproduce);
                case.checks.push(check);
            }
        }
        self.cases.push(case);
    }

    /// All cases that have checks, in order, with one for what the monitors saw on each axis.
    pub fn cases(mut self) -> Vec<CaseResult> {
        for ((axis, role), watch) in std::mem::take(&mut self.watches) {
            let watched = self.judge.watched(&Header { role, ..header(MONITORS, &axis, &Arc::default()) });
            self.cases.push(watch.result(&axis, watched, self.catalogue, &self.command));
        }
        self.cases.retain(|case| !case.checks.is_empty());
        self.cases.sort_by(|a, b| a.id.cmp(&b.id));
        self.cases
    }
}

fn frame(scenario: &Scenario, axis: &Axis, reproduce: String) -> CaseResult {
    CaseResult {
        id: case_id(&scenario.scenario, axis),
        scenario: scenario.scenario.clone(),
        title: scenario.title.clone(),
        revision: axis.revision,
        transport: axis.transport.as_str().to_owned(),
        routing: axis.routing.clone(),
        duration_us: 0,
        transcript: None,
        reproduce,
        checks: Vec::new(),
    }
}

fn header(scenario: &str, axis: &Axis, facts: &Arc<Value>) -> Header {
    Header {
        transcript: FORMAT_VERSION,
        scenario: scenario.to_owned(),
        role: Role::Server,
        revision: axis.revision,
        transport: axis.transport.as_str().to_owned(),
        routing: axis.routing.clone(),
        facts: facts.clone(),
    }
}
