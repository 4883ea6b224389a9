//! The trials: every scenario on every axis, as it is and against each null peer, and once per defect where it counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_saphyr::Spanned;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::authorization;
use super::clients;
use super::matrix::Matrix;
use super::null::Null;
use super::peers::{Peer, Setup, start};
use super::planning::plan_for;
use super::verdicts::{Expected, Trial, Verdicts, unexpected};
use crate::action::Action;
use crate::check::{Finding, Judge, Scope};
use crate::deployment::listen;
use crate::drive::{CaseSpec, Patience, Place, drive};
use crate::plan::{Case as PlannedCase, Plan, Selection, SelectionError};
use crate::reference::Switch;
use crate::requirement::{Catalogue, Role};
use crate::revision::Era;
use crate::router::Faults;
use crate::scenario::{Corpus, Defect, LoadError, Mutation, OneOrMany, Only, Transport};
use crate::schema::Schemas;
use crate::switches::UnknownSwitch;
use crate::token::Authority;
use crate::transcript::Header;
use crate::transport::{Collector, TlsRoots};

/// Longest time for a trial with a conforming peer.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);
/// Longest time for a trial in which the peer may keep silent; long beside the milliseconds an answer takes.
const MUTATED_DEADLINE: Duration = Duration::from_secs(8);
/// Longest time for a trial with a peer that does nothing.
const NULL_DEADLINE: Duration = Duration::from_secs(1);
/// Most trials that wait for a silent peer at the same time.
const MAX_WAITING: usize = 64;

/// How often a trial that is not as expected is repeated alone: what a busy machine did is no fault of a check.
const REPETITIONS: usize = 2;

/// What to check.
#[derive(Clone, Debug)]
pub struct SelfCheckOptions {
    /// Scenarios; all when empty.
    pub selection: Selection,
    /// Only this defect.
    pub defect: Option<String>,
    /// Trials that are active at a time.
    pub jobs: usize,
    /// Command that starts this program, as a word for the shell.
    pub program: String,
    /// Whose tokens the reference server asks for.
    pub authority: Arc<Authority>,
}

/// Why there is no matrix.
#[derive(Debug, thiserror::Error)]
pub enum SelfCheckError {
    /// A pattern selects nothing.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// Scenario files are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Load(Vec<LoadError>),
    /// A peer of ours does not work.
    #[error("failed to set up a peer: {0}")]
    Peer(String),
}

/// A trial and what it takes to carry it out.
struct Attempt {
    trial: Trial,
    peer: Peer,
    spec: CaseSpec,
}

/// A defect of a scenario or a monitor, in one form.
struct Case {
    /// Whose it is: the name of a scenario or monitor.
    owner: String,
    id: String,
    scenario: String,
    fails: OneOrMany,
    mutate: Vec<Mutation>,
    switch: Option<String>,
    steps: Vec<Spanned<Action>>,
    only: Only,
}

/// Run all trials.
///
/// # Errors
/// [`SelfCheckError`] when nothing can be tried.
pub async fn self_check(
    corpus: &Corpus,
    options: &SelfCheckOptions,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Matrix, SelfCheckError> {
    let names = options.selection.names(corpus)?;
    let (catalogue, judge) = judge_for(corpus, &names)?;
    let setup = setup_for(options).await?;
    let mut plan = plan_for(corpus, &names, &setup).await?;
    plan.cases.extend(clients::cases(corpus, &names));
    plan.cases.extend(authorization::cases(corpus, &names));
    let mut verdicts = Verdicts::new(catalogue, judge.clone(), corpus, &names);
    for left_out in &plan.left_out {
        verdicts.left_out(left_out);
    }
    let defects = defects(corpus, &names, options.defect.as_deref());
    let trials = trials(&plan, &defects, &judge, catalogue, &mut verdicts, options.defect.is_some());
    let total = trials.len();
    let places = Arc::new(Semaphore::new(options.jobs.max(1)));
    let waiting = Arc::new(Semaphore::new(MAX_WAITING.max(options.jobs)));
    let mut tasks = JoinSet::new();
    let setup = Arc::new(setup);
    for attempt in trials {
        let (places, waiting, judge, setup) = (places.clone(), waiting.clone(), judge.clone(), setup.clone());
        tasks.spawn(async move {
            // Both semaphores are never closed.
            let _alive = waiting.acquire_owned().await;
            let place = places.acquire_owned().await.ok().map(Place::running);
            let outcome = attempt.carry_out(&setup, place, &judge).await;
            (attempt, outcome)
        });
    }
    let mut done = 0;
    let mut doubtful = Vec::new();
    while let Some(finished) = tasks.join_next().await {
        done += 1;
        progress(done, total);
        match finished {
            Ok((attempt, Ok(findings))) => {
                let before = unexpected(&attempt.trial, &findings);
                if before.is_empty() {
                    verdicts.add(&attempt.trial, &findings);
                } else {
                    doubtful.push((attempt, before));
                }
            }
            Ok((attempt, Err(problem))) => {
                let before = vec![attempt.trial.failed(&problem)];
                doubtful.push((attempt, before));
            }
            Err(panic) => verdicts.broken(format!("a trial came to no end: {panic}")),
        }
    }
    for (attempt, before) in doubtful {
        again(&attempt, &before, &setup, &judge, &mut verdicts).await;
    }
    Ok(verdicts.matrix())
}

/// The checks of these scenarios, ready to judge.
pub(super) fn judge_for(corpus: &Corpus, names: &[String]) -> Result<(&'static Catalogue, Arc<Judge>), SelfCheckError> {
    let catalogue = Catalogue::embedded().map_err(|e| SelfCheckError::Peer(e.to_string()))?;
    let judge = Judge::new(corpus, catalogue, &Scope::of(names)).map_err(SelfCheckError::Load)?;
    Ok((catalogue, Arc::new(judge)))
}

/// What peers are set up with.
pub(super) async fn setup_for(options: &SelfCheckOptions) -> Result<Setup, SelfCheckError> {
    let failed = |e: std::io::Error| SelfCheckError::Peer(format!("failed to collect traces: {e}"));
    let listener = listen().await.map_err(failed)?;
    Ok(Setup {
        collector: Some(Collector::start(listener).map_err(failed)?),
        program: options.program.clone(),
        tls: TlsRoots::new(None).map_err(SelfCheckError::Peer)?,
        authority: Some(options.authority.clone()),
        instances: 0,
    })
}

/// Repeat a trial that was not as expected, with nothing beside it.
async fn again(attempt: &Attempt, before: &[String], setup: &Setup, judge: &Judge, verdicts: &mut Verdicts) {
    let mut last = Err(String::new());
    for _ in 0..REPETITIONS {
        last = attempt.carry_out(setup, None, judge).await;
        if last.as_ref().is_ok_and(|findings| unexpected(&attempt.trial, findings).is_empty()) {
            verdicts.unsteady(before);
            break;
        }
    }
    match last {
        Ok(findings) => verdicts.add(&attempt.trial, &findings),
        Err(problem) => verdicts.problem(&attempt.trial, &problem),
    }
}

fn defects(corpus: &Corpus, names: &[String], only: Option<&str>) -> Vec<Case> {
    let mut all = Vec::new();
    for (name, loaded) in &corpus.scenarios {
        for defect in &loaded.item.defects {
            let Defect { id, fails, mutate, switch, steps, only } = defect.value.clone();
            all.push(Case { owner: name.clone(), id, scenario: name.clone(), fails, mutate, switch, steps, only });
        }
    }
    for (name, loaded) in &corpus.monitors {
        for defect in &loaded.item.defects {
            let defect = defect.value.clone();
            let fails = defect.fails.unwrap_or_else(|| loaded.item.requirement.clone());
            all.push(Case {
                owner: name.clone(),
                id: defect.id,
                scenario: defect.scenario,
                fails,
                mutate: defect.mutate,
                switch: defect.switch,
                steps: Vec::new(),
                only: defect.only,
            });
        }
    }
    all.retain(|case| names.contains(&case.scenario) && only.is_none_or(|id| id == case.id));
    all
}

fn trials(
    plan: &Plan,
    defects: &[Case],
    judge: &Judge,
    catalogue: &Catalogue,
    verdicts: &mut Verdicts,
    one_defect: bool,
) -> Vec<Attempt> {
    let mut trials = Vec::new();
    for case in &plan.cases {
        let spec = spec_of(case);
        let scenario = case.scenario.item.scenario.clone();
        let trial = |expected: Expected| Trial { scenario: scenario.clone(), axis: case.axis.clone(), expected };
        if !one_defect {
            trials.push(Attempt { trial: trial(Expected::Conforms), peer: Peer::Reference, spec: spec.clone() });
            // What is made for any transport is tried with them on the others.
            let own = case.axis.transport != Transport::Sse || case.scenario.item.applies.transport.is_some();
            // A client does nothing, or fetches once; it answers nobody.
            let of_client = |null: &Null| case.scenario.item.applies.role != Role::Client || *null != Null::Refusing;
            for null in Null::ALL.into_iter().filter(|_| own).filter(of_client) {
                let trial = trial(Expected::Nothing(null));
                trials.push(Attempt { trial, peer: Peer::Null(null), spec: spec.clone() });
            }
        }
    }
    for defect in defects {
        verdicts.expect_defect(&defect.owner, &defect.id, &defect.fails);
        let role = plan.cases.iter().find(|case| case.scenario.item.scenario == defect.scenario);
        let role = role.map_or(Role::Server, |case| case.scenario.item.applies.role);
        let peer = match peer_of(defect, role) {
            Ok(peer) => peer,
            Err(problem) => {
                verdicts.broken(format!("{} defect {}: {problem}", defect.owner, defect.id));
                continue;
            }
        };
        let cases = plan.cases.iter().filter(|case| case.scenario.item.scenario == defect.scenario);
        let shown = cases
            .filter(|case| defect.only.includes(case.axis.revision, case.axis.transport))
            .map(|case| (case, fails_on(defect, case, judge, catalogue)));
        for (case, fails) in newest(shown.collect()) {
            let expected = Expected::Breaks { owner: defect.owner.clone(), defect: defect.id.clone(), fails };
            let trial = Trial { scenario: case.scenario.item.scenario.clone(), axis: case.axis.clone(), expected };
            trials.push(Attempt { trial, peer: peer.clone(), spec: spec_of(case) });
        }
    }
    trials
}

/// The requirements that a defect must be found to break in a case.
fn fails_on(defect: &Case, case: &PlannedCase, judge: &Judge, catalogue: &Catalogue) -> BTreeSet<String> {
    let decidable = decidable(judge, catalogue, case);
    defect.fails.iter().filter(|id| decidable.contains(*id)).map(str::to_owned).collect()
}

/// Where a defect is shown: for each transport and era, in the newest revisions in which each of its requirements can
/// be found broken. What changed since is another revision's affair, and the cost stays that of one or two trials. Over
/// HTTP+SSE only what can be found broken nowhere else is shown.
fn newest(mut shown: Vec<(&PlannedCase, BTreeSet<String>)>) -> Vec<(&PlannedCase, BTreeSet<String>)> {
    let is_sse = |case: &PlannedCase| case.axis.transport == Transport::Sse;
    shown.sort_by_key(|(case, _)| (is_sse(case), std::cmp::Reverse(case.axis.revision)));
    let mut seen: BTreeMap<(Transport, Era), BTreeSet<String>> = BTreeMap::new();
    shown.retain(|(case, fails)| {
        let elsewhere: BTreeSet<String> =
            if is_sse(case) { seen.values().flatten().cloned().collect() } else { BTreeSet::new() };
        let seen = seen.entry((case.axis.transport, case.axis.revision.era())).or_default();
        seen.extend(elsewhere);
        let before = seen.len();
        seen.extend(fails.iter().cloned());
        seen.len() > before
    });
    shown
}

pub(super) fn spec_of(case: &PlannedCase) -> CaseSpec {
    CaseSpec {
        scenario: case.scenario.item.clone(),
        revision: case.axis.revision,
        transport: case.axis.transport,
        routing: case.axis.routing.clone(),
        facts: case.facts.clone(),
        seed: 0,
        faults: Faults::default(),
        breaks: Arc::default(),
        file: None,
    }
}

/// Everything that could be found broken on an axis: by the scenario's checks, by monitors, by the message schemas.
fn decidable(judge: &Judge, catalogue: &Catalogue, case: &PlannedCase) -> BTreeSet<String> {
    let (axis, role) = (&case.axis, case.scenario.item.applies.role);
    let header = Header {
        transcript: crate::transcript::FORMAT_VERSION,
        scenario: case.scenario.item.scenario.clone(),
        role,
        revision: axis.revision,
        transport: axis.transport.as_str().to_owned(),
        routing: axis.routing.clone(),
        facts: case.facts.clone(),
    };
    let checks = judge.decides(&header).into_iter().map(|(id, ..)| id);
    let monitors = judge.watched(&header).into_iter().map(|(id, ..)| id);
    let schemas = Schemas::embedded().annotated_of(axis.revision, role.into()).into_iter();
    let binds = |id: &String| catalogue.get(id).is_some_and(|row| row.disputed_in(axis.revision).is_none());
    let schemas = schemas.filter(|id| catalogue.get(id).is_some_and(|row| row.binds(role.actor(), axis.revision)));
    checks.chain(monitors).chain(schemas).filter(binds).collect()
}

fn peer_of(defect: &Case, role: Role) -> Result<Peer, String> {
    match &defect.switch {
        Some(name) if role == Role::Client => {
            name.parse().map(Peer::Careless).map_err(|e: UnknownSwitch| e.to_string())
        }
        Some(name) if role == Role::AuthorizationServer => {
            name.parse().map(Peer::Defective).map_err(|e: UnknownSwitch| e.to_string())
        }
        Some(name) => name.parse::<Switch>().map(Peer::Switched).map_err(|e| e.to_string()),
        None if !defect.steps.is_empty() => Ok(Peer::Playing(defect.steps.clone())),
        None => Ok(Peer::Mutated(defect.mutate.clone())),
    }
}

impl Attempt {
    async fn carry_out(&self, setup: &Setup, place: Option<Place>, judge: &Judge) -> Result<Vec<Finding>, String> {
        if self.spec.scenario.applies.role == Role::Client {
            let (header, events) = clients::record(&self.peer, &self.spec, setup, place).await?;
            let mut said = judge.judge(&header, &events);
            said.checks.append(&mut said.monitors);
            return Ok(said.checks);
        }
        let mut spec = self.spec.clone();
        let up = match self.spec.scenario.applies.role {
            Role::AuthorizationServer => {
                let (up, facts) = authorization::start(&self.peer, &self.spec.scenario, setup).await?;
                spec.facts = facts;
                up
            }
            _ => start(&self.peer, self.spec.transport, &setup.for_scenario(&self.spec.scenario)).await?,
        };
        let limit = match &self.trial.expected {
            Expected::Conforms => DEADLINE,
            Expected::Breaks { .. } => MUTATED_DEADLINE,
            Expected::Nothing(_) => NULL_DEADLINE,
        };
        let recording = drive(&spec, &up.target, Patience::new(limit, place), None).await;
        for process in recording.leaving {
            let _ = process.await;
        }
        if let Some(problem) = recording.problem {
            return Err(problem);
        }
        if let Some(mutator) = &up.mutator {
            mutator.verdict_on_rules()?;
        }
        let mut said = judge.judge(&recording.header, &recording.events);
        said.checks.append(&mut said.monitors);
        Ok(said.checks)
    }
}
