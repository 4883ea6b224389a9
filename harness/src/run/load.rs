//! Many users at a time, each carrying out one case after another, for as long as was asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::assembly::{Assembly, Played};
use super::axes::{Asked, offers};
use super::latency::Latencies;
use super::play::{Outcome, Player};
use super::pool::{compile, implementation, result};
use super::{RunError, RunOptions};
use crate::action::Passage;
use crate::drive::Target;
use crate::plan::{Case, plan};
use crate::report::Progress;
use crate::requirement::Role;
use crate::scenario::{Corpus, Transport};
use crate::transcript::{Event, What};
use crate::verdict::{Load, RunResult, compare_routes};

/// Outcomes that wait to be counted.
const BACKLOG: usize = 16;
/// Most users.
const MAX_USERS: usize = 20_000;
/// What each user's choice of cases is moved by: a number that shares no factor with how many there usually are.
const STRIDE: usize = 7919;

/// How much load.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions {
    /// Users at a time; each has sessions of its own.
    pub users: usize,
    /// For how long new cases are begun.
    pub lasting: Duration,
}

/// Carry out the chosen cases again and again. What is found counts as in any other run, the worst for each check; cases
/// that want the server for themselves are left out.
///
/// # Errors
/// [`RunError`] when nothing can be tested at all.
pub async fn load(
    target: &Target,
    corpus: &Corpus,
    options: &RunOptions,
    wanted: &LoadOptions,
    asked: Asked,
    progress: &Progress,
) -> Result<RunResult, RunError> {
    let names = options.selection.names(corpus)?;
    let Asked { probes, started, .. } = asked;
    let plan = plan(corpus, &names, &offers(&probes, &options.routes), &options.selection, &options.permissions);
    let mut cases = plan.cases;
    cases.retain(|case| case.axis.transport != Transport::Stdio && !case.scenario.item.alone);
    if !options.routes.is_empty() {
        // Under load only the routes are of interest.
        cases.retain(|case| options.routes.iter().any(|route| case.axis.routing == route.to_string()));
    }
    if cases.is_empty() {
        return Err(RunError::Internal("no chosen case can be carried out under load over HTTP".to_owned()));
    }
    let revisions = probes.keys().map(|axis| axis.revision).collect();
    let (catalogue, judge) = compile(corpus, &names, &revisions, Role::Server)?;
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let target = Target { pooled: true, ..target.clone() };
    // Transcripts of thousands of cases are of no use to anyone.
    let player = Arc::new(Player::new(target.clone(), RunOptions { out: None, ..options.clone() }, cores));
    player.judge_by(judge.clone());
    let mut assembly = Assembly::new(catalogue, judge, options.command.clone());
    let (mut load, mut latencies) = (Load::default(), Latencies::default());
    let users = wanted.users.clamp(1, MAX_USERS);
    let (results, mut done) = mpsc::channel(BACKLOG);
    let (cases, under_way) = (Arc::new(cases), Arc::new(AtomicUsize::new(0)));
    let most = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let until = begun + wanted.lasting;
    let mut tasks = JoinSet::new();
    let seed = usize::try_from(options.seed).unwrap_or_default();
    for user in 0..users {
        let (player, cases, results) = (player.clone(), cases.clone(), results.clone());
        let (under_way, most) = (under_way.clone(), most.clone());
        tasks.spawn(async move {
            let mut next = user.wrapping_add(seed);
            while Instant::now() < until {
                let at = next % cases.len();
                next = next.wrapping_add(STRIDE);
                let Some(case) = cases.get(at) else { return };
                most.fetch_max(under_way.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                let recording = player.carry_out(case, None, None, None).await;
                under_way.fetch_sub(1, Ordering::Relaxed);
                let outcome = player.judged(recording).await;
                if results.send((at, outcome)).await.is_err() {
                    return;
                }
            }
        });
    }
    drop(results);
    progress.started(0);
    while let Some((at, outcome)) = done.recv().await {
        let Some(case) = cases.get(at) else { continue };
        load.cases += 1;
        load.faults += outcome.recording.events.iter().filter(|event| is_struck(event)).count() as u64;
        latencies.add(&outcome.recording.events);
        if outcome.is_doubtful() {
            load.doubtful += 1;
            continue;
        }
        take_in(&mut assembly, case, &outcome, options);
    }
    tasks.join_all().await;
    progress.finished();
    let methods = latencies.by_method();
    let load = Load {
        users: most.load(Ordering::Relaxed),
        lasted_us: microseconds(begun.elapsed()),
        requests: methods.values().map(|times| times.requests).sum(),
        methods,
        ..load
    };
    let duration_us = microseconds(started.elapsed());
    let result = result(assembly.cases(), target.shown(), implementation(&probes));
    let mut result = RunResult { seed: options.seed, duration_us, load: Some(load), ..result };
    compare_routes(&mut result);
    Ok(result)
}

/// What was found in a case. Where a fault struck, only monitors count: its checks ask for answers that were not to come.
fn take_in(assembly: &mut Assembly, case: &Case, outcome: &Outcome, options: &RunOptions) {
    let Outcome { recording, said } = outcome;
    let played = Played::of(recording, &case.axis, false, &options.command);
    if recording.events.iter().any(is_struck) {
        assembly.watch(&played, said);
    } else {
        assembly.add_again(played, said, &case.scenario.item);
    }
}

fn is_struck(event: &Event) -> bool {
    matches!(event.what, What::Routed { passage: Passage::Struck(_), .. })
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
