//! What the trials say about our checks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::matrix::{Matrix, Row};
use super::null::Null;
use crate::check::{Finding, Judge, Outcome, Source};
use crate::plan::{Axis, LeftOut, case_id};
use crate::requirement::Catalogue;
use crate::scenario::{Corpus, Monitor, OneOrMany};

/// What a trial must come to.
#[derive(Clone, Debug)]
pub enum Expected {
    /// Nothing is broken.
    Conforms,
    /// Exactly these requirements are broken.
    Breaks {
        /// The scenario or monitor whose defect it is.
        owner: String,
        /// The defect.
        defect: String,
        /// Requirement ids.
        fails: BTreeSet<String>,
    },
    /// Nothing is held, unless doing so little is right.
    Nothing(Null),
}

/// One trial.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Scenario that is carried out.
    pub scenario: String,
    /// Where.
    pub axis: Axis,
    /// What it must come to.
    pub expected: Expected,
}

/// Name of a check for people and for counting: the scenario or monitor, and the requirement.
type CheckName = (Source, String, String);

/// Collects what trials came to.
pub struct Verdicts {
    catalogue: &'static Catalogue,
    judge: Arc<Judge>,
    problems: Vec<String>,
    unsteady: Vec<String>,
    held: BTreeSet<CheckName>,
    undecided: BTreeMap<CheckName, String>,
    killers: BTreeMap<CheckName, BTreeSet<String>>,
    shown: BTreeMap<(String, String), BTreeSet<String>>,
    /// Monitors all of whose defects are among the trials: of the others a part of the corpus proves nothing.
    on_trial: BTreeSet<String>,
    counts: Counts,
}

/// What there is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Scenarios.
    pub scenarios: usize,
    /// Monitors.
    pub monitors: usize,
    /// Defects.
    pub defects: usize,
    /// Trials that were carried out.
    pub trials: usize,
}

impl Verdicts {
    /// Nothing yet.
    pub fn new(catalogue: &'static Catalogue, judge: Arc<Judge>, corpus: &Corpus, names: &[String]) -> Self {
        let counts = Counts { scenarios: names.len(), monitors: corpus.monitors.len(), ..Counts::default() };
        let whole = names.len() == corpus.scenarios.len();
        // A monitor without defects of its own lives on those of scenarios.
        let own = |monitor: &Monitor| monitor.defects.iter().all(|defect| names.contains(&defect.value.scenario));
        let tried = |monitor: &Monitor| whole || !monitor.defects.is_empty() && own(monitor);
        let on_trial = corpus.monitors.iter().filter(|(_, loaded)| tried(&loaded.item));
        let on_trial = on_trial.map(|(name, _)| name.clone()).collect();
        Self {
            catalogue,
            judge,
            on_trial,
            problems: Vec::new(),
            unsteady: Vec::new(),
            held: BTreeSet::new(),
            undecided: BTreeMap::new(),
            killers: BTreeMap::new(),
            shown: BTreeMap::new(),
            counts,
        }
    }

    /// Something is wrong with the corpus.
    pub fn broken(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// A trial could not be carried out.
    pub fn problem(&mut self, trial: &Trial, problem: &str) {
        self.problems.push(trial.failed(problem));
    }

    /// The reference server must offer what every scenario needs.
    pub fn left_out(&mut self, left_out: &LeftOut) {
        self.problems.push(format!("{}: the reference server cannot play it: {}", left_out.id, left_out.reason));
    }

    /// A defect is declared, so it must be shown for each requirement it names.
    pub fn expect_defect(&mut self, owner: &str, id: &str, fails: &OneOrMany) {
        self.counts.defects += 1;
        let shown = self.shown.entry((owner.to_owned(), id.to_owned())).or_default();
        let unknown: Vec<&str> = fails.iter().filter(|id| self.catalogue.get(id).is_none()).collect();
        for requirement in unknown {
            self.problems.push(format!("{owner} defect {id}: no requirement is called {requirement}"));
        }
        shown.extend(fails.iter().map(str::to_owned));
    }

    /// Take in what a trial came to.
    pub fn add(&mut self, trial: &Trial, findings: &[Finding]) {
        self.counts.trials += 1;
        self.problems.extend(unexpected(trial, findings));
        match &trial.expected {
            Expected::Conforms => self.conforms(trial, findings),
            Expected::Nothing(_) => {}
            Expected::Breaks { owner, defect, .. } => self.breaks(trial, owner, defect, findings),
        }
    }

    /// A trial came to what it must only when it was repeated.
    pub fn unsteady(&mut self, before: &[String]) {
        self.unsteady.extend_from_slice(before);
    }

    fn conforms(&mut self, trial: &Trial, findings: &[Finding]) {
        for finding in findings {
            let name = name_of(finding, &trial.scenario);
            match &finding.outcome {
                Outcome::Held => {
                    self.held.insert(name);
                }
                Outcome::Broken(_) => {}
                Outcome::Undecided(why) => {
                    self.undecided.entry(name).or_insert_with(|| format!("{}: {why}", trial.axis));
                }
                Outcome::Disputed(_) => {
                    self.held.insert(name.clone());
                    self.killers.entry(name).or_default().insert("(disputed, no verdict)".to_owned());
                }
            }
        }
    }

    fn breaks(&mut self, trial: &Trial, owner: &str, defect: &str, findings: &[Finding]) {
        let mut left = self.shown.get_mut(&(owner.to_owned(), defect.to_owned()));
        for finding in findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Broken(_))) {
            let killer = if owner == trial.scenario { defect.to_owned() } else { format!("{owner}: {defect}") };
            self.killers.entry(name_of(finding, &trial.scenario)).or_default().insert(killer);
            if let Some(left) = &mut left {
                left.remove(&finding.requirement);
            }
        }
    }

    /// The matrix.
    pub fn matrix(mut self) -> Matrix {
        for ((owner, defect), left) in &self.shown {
            for id in left {
                self.problems.push(format!("{owner} defect {defect}: nowhere is {id} found broken"));
            }
        }
        for (name, why) in &self.undecided {
            if !self.held.contains(name) {
                self.problems.push(format!("{}: nothing is decided on any axis ({why})", shown(name)));
            }
        }
        let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
        for name in self.held.iter().chain(self.killers.keys()) {
            let (source, place, requirement) = name;
            if *source == Source::Schema {
                continue;
            }
            let killers = self.killers.get(name).cloned().unwrap_or_default();
            let proven = match source {
                Source::Monitor(monitor) => self.on_trial.contains(monitor),
                _ => true,
            };
            if killers.is_empty() && !proven {
                continue;
            }
            if killers.is_empty() {
                self.problems.push(format!("{}: no defect makes it fail", shown(name)));
            }
            let key = (place.clone(), label(source, requirement));
            rows.entry(key.clone())
                .or_insert_with(|| Row { place: key.0, check: key.1, killers: BTreeSet::new() })
                .killers
                .extend(killers);
        }
        for monitor in self.judge.monitor_names().filter(|name| self.on_trial.contains(*name)) {
            if !rows.keys().any(|(place, _)| *place == format!("monitor {monitor}")) {
                self.problems.push(format!("monitor {monitor}: nothing puts it to the test"));
            }
        }
        let annotated: BTreeSet<&String> = self
            .held
            .iter()
            .filter(|(source, ..)| *source == Source::Schema)
            .map(|(_, _, requirement)| requirement)
            .collect();
        let schema_rules = annotated.len();
        self.problems.sort();
        self.problems.dedup();
        self.unsteady.sort();
        Matrix {
            rows: rows.into_values().collect(),
            problems: self.problems,
            unsteady: self.unsteady,
            counts: self.counts,
            schema_rules,
        }
    }
}

/// What a trial came to other than it must, for people; empty when it is as expected.
pub fn unexpected(trial: &Trial, findings: &[Finding]) -> Vec<String> {
    match &trial.expected {
        Expected::Conforms => not_conforming(trial, findings),
        Expected::Nothing(null) => unearned(trial, *null, findings),
        Expected::Breaks { fails, .. } => broken_otherwise(trial, fails, findings),
    }
}

fn not_conforming(trial: &Trial, findings: &[Finding]) -> Vec<String> {
    let broken = findings.iter().filter_map(|finding| match &finding.outcome {
        Outcome::Broken(seen) => Some((name_of(finding, &trial.scenario), seen)),
        _ => None,
    });
    broken
        .map(|(name, seen)| format!("{}: the reference server breaks {}: {seen}", trial.shown(), shown(&name)))
        .collect()
}

fn unearned(trial: &Trial, null: Null, findings: &[Finding]) -> Vec<String> {
    let held = findings.iter().filter(|finding| finding.outcome == Outcome::Held);
    let wrong = held.filter(|finding| match null {
        Null::Silent => true,
        Null::Refusing => !finding.met_by_refusal,
        Null::Empty => !finding.met_by_empty_result,
    });
    wrong
        .map(|finding| {
            let name = name_of(finding, &trial.scenario);
            format!("{}: {} passes {} ({})", trial.shown(), null.name(), shown(&name), finding.rule)
        })
        .collect()
}

fn broken_otherwise(trial: &Trial, fails: &BTreeSet<String>, findings: &[Finding]) -> Vec<String> {
    let mut broken: BTreeMap<&str, &str> = BTreeMap::new();
    for finding in findings {
        if let Outcome::Broken(seen) = &finding.outcome {
            broken.entry(&finding.requirement).or_insert(seen);
        }
    }
    let missed = fails.iter().filter(|id| !broken.contains_key(id.as_str())).map(|missed| {
        let said = findings.iter().filter(|f| f.requirement == **missed).map(|f| format!("{:?}", f.outcome));
        let said: Vec<String> = said.collect();
        let said = if said.is_empty() { "nothing".to_owned() } else { said.join(", ") };
        format!("{}: {missed} is not found broken; it says {said}", trial.shown())
    });
    let others = broken.iter().filter(|(id, _)| !fails.contains(**id));
    let others = others.map(|(other, seen)| format!("{}: {other} is found broken too: {seen}", trial.shown()));
    missed.chain(others).collect()
}

fn name_of(finding: &Finding, scenario: &str) -> CheckName {
    let place = match &finding.source {
        Source::Check(_) => scenario.to_owned(),
        Source::Monitor(name) => format!("monitor {name}"),
        Source::Schema => "message schemas".to_owned(),
    };
    (finding.source.clone(), place, finding.requirement.clone())
}

fn label(source: &Source, requirement: &str) -> String {
    match source {
        Source::Check(Some(name)) => format!("{requirement}#{name}"),
        _ => requirement.to_owned(),
    }
}

fn shown((source, place, requirement): &CheckName) -> String {
    format!("{place} {}", label(source, requirement))
}

impl Trial {
    /// That it could not be carried out.
    pub fn failed(&self, problem: &str) -> String {
        format!("{}: {problem}", self.shown())
    }

    fn shown(&self) -> String {
        let case = case_id(&self.scenario, &self.axis);
        match &self.expected {
            Expected::Conforms => case,
            Expected::Breaks { owner, defect, .. } if *owner == self.scenario => format!("{case} with {defect}"),
            Expected::Breaks { owner, defect, .. } => format!("{case} with {owner}: {defect}"),
            Expected::Nothing(_) => case,
        }
    }
}
