//! SIGKILL of an instance at each step of each scenario in turn: every run ends, in time, with a verdict on each check.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::peers::{Peer, Setup, start};
use super::planning::plan_for;
use super::trials::{SelfCheckError, SelfCheckOptions, judge_for, setup_for, spec_of};
use crate::action::{Act, Action, Operation};
use crate::check::Judge;
use crate::drive::{CaseSpec, Patience, drive};
use crate::plan::Case;
use crate::revision::Revision;
use crate::scenario::{Corpus, Transport};

/// Longest time for one run.
const DEADLINE: Duration = Duration::from_secs(4);
/// What ending may take on top: what was killed is started again, and goodbyes are said.
const GRACE: Duration = Duration::from_secs(5);

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Killings {
    /// Runs.
    pub runs: usize,
    /// Runs that did not end as they must, in words.
    pub problems: Vec<String>,
}

/// Kill and see.
///
/// # Errors
/// [`SelfCheckError`] when nothing can be tried.
pub async fn kill_at_each_step(
    corpus: &Corpus,
    options: &SelfCheckOptions,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Killings, SelfCheckError> {
    let names = options.selection.names(corpus)?;
    let (_, judge) = judge_for(corpus, &names)?;
    let setup = Arc::new(setup_for(options).await?);
    let plan = plan_for(corpus, &names, &setup).await?;
    let newest = |case: &Case| [Revision::NEWEST_HANDSHAKE, Revision::NEWEST_STATELESS].contains(&case.axis.revision);
    let over_http = plan.cases.iter().filter(|case| case.axis.transport == Transport::Http && newest(case));
    let runs: Vec<(String, CaseSpec)> = over_http.flat_map(killed_at_each_step).collect();
    let (total, places) = (runs.len(), Arc::new(Semaphore::new(options.jobs.max(1))));
    let mut tasks = JoinSet::new();
    for (name, spec) in runs {
        let (places, judge, setup) = (places.clone(), judge.clone(), setup.clone());
        tasks.spawn(async move {
            // Never closed.
            let _place = places.acquire_owned().await;
            run(&spec, &setup, &judge).await.err().map(|problem| format!("{name}: {problem}"))
        });
    }
    let mut killings = Killings { runs: total, ..Killings::default() };
    let mut done = 0;
    while let Some(finished) = tasks.join_next().await {
        done += 1;
        progress(done, total);
        match finished {
            Ok(problem) => killings.problems.extend(problem),
            Err(panic) => killings.problems.push(format!("a run came to no end: {panic}")),
        }
    }
    killings.problems.sort();
    Ok(killings)
}

/// The case once for each instance and each step before which it is killed, and for the time after the last.
fn killed_at_each_step(case: &Case) -> Vec<(String, CaseSpec)> {
    let spec = spec_of(case);
    let instances = spec.scenario.needs.instances.max(1);
    let mut all = Vec::new();
    for number in 1..=instances {
        for at in 0..=spec.scenario.steps.len() {
            let mut scenario = (*spec.scenario).clone();
            let Some(mut kill) = scenario.steps.first().cloned() else { continue };
            kill.value = Action::Instance(Operation { number, act: Act::Kill });
            scenario.steps.insert(at, kill);
            scenario.needs.instances = instances;
            let name = format!("{} with instance {number} killed before step {}", case.id, at + 1);
            all.push((name, CaseSpec { scenario: Arc::new(scenario), ..spec.clone() }));
        }
    }
    all
}

async fn run(spec: &CaseSpec, setup: &Setup, judge: &Judge) -> Result<(), String> {
    let up = start(&Peer::Reference, spec.transport, &setup.for_scenario(&spec.scenario)).await?;
    let started = Instant::now();
    let within = DEADLINE + GRACE;
    let driving = drive(spec, &up.target, Patience::new(DEADLINE, None), None);
    let recording = tokio::time::timeout(within, driving).await;
    let recording = recording.map_err(|_| format!("it did not end within {within:?}"))?;
    if let Some(problem) = recording.problem {
        return Err(format!("the harness failed after {:?}: {problem}", started.elapsed()));
    }
    let said = judge.judge(&recording.header, &recording.events);
    let (decided, wanted) = (said.checks.len(), judge.decides(&recording.header).len());
    if decided < wanted { Err(format!("{decided} of {wanted} checks got a verdict")) } else { Ok(()) }
}
