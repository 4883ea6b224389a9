//! Carrying out a plan: cases side by side, each judged as soon as it ends.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::assembly::{Assembly, Played};
use super::axes::{offers, probe_all, transcript_path, unreachable};
use super::play::{Outcome, Player, sharing};
use super::{RunError, RunOptions};
use crate::check::Judge;
use crate::context::{ContextCost, measure};
use crate::drive::{Lending, Probe, Spoken, Target};
use crate::plan::{Axis, Case, plan};
use crate::report::Progress;
use crate::requirement::Catalogue;
use crate::scenario::{Corpus, Transport};
use crate::transcript::{Event, View};
use crate::verdict::{CaseResult, RESULTS_VERSION, RunResult};

/// Most cases that wait for a silent peer at the same time.
const MAX_WAITING: usize = 128;
/// What a process is given to start, on top of four times what it took when it was first asked.
const STARTUP_ALLOWANCE: Duration = Duration::from_secs(2);
/// Longest wait for processes to end after the last case.
const FAREWELL: Duration = Duration::from_secs(7);

/// Test a target.
///
/// # Errors
/// [`RunError`] when nothing can be tested at all.
pub async fn run(
    target: &Target,
    corpus: &Corpus,
    options: &RunOptions,
    progress: &Progress,
) -> Result<RunResult, RunError> {
    let started = Instant::now();
    let catalogue = Catalogue::embedded().map_err(|e| RunError::Catalogue(e.to_string()))?;
    let names = options.selection.names(corpus)?;
    let judge = Arc::new(Judge::new(corpus, catalogue, Some(&names)).map_err(RunError::Load)?);
    let out = options.out.as_deref();
    let lending = (!options.isolated).then(Arc::<Lending>::default);
    let mut probes = probe_all(target, options, out, lending.as_ref()).await;
    if let Some(why) = unreachable(&probes) {
        return Err(RunError::Unreachable(why));
    }
    let plan = plan(corpus, &names, &offers(&probes), &options.selection, &options.permissions);
    progress.started(plan.cases.len());
    let mut assembly = Assembly::new(catalogue, judge.clone(), options.command.clone());
    let reproduce = |id: &str| format!("{} --scenario '{id}'", options.command);
    let mut leaving = Vec::new();
    let none_spoken = !probes.values().any(|probe| probe.spoken == Spoken::Yes);
    for (axis, probe) in &mut probes {
        leaving.append(&mut probe.recording.leaving);
        if probe.spoken == Spoken::Yes || none_spoken {
            let said = judge.judge(&probe.recording.header, &probe.recording.events);
            let played = Played {
                axis,
                header: &probe.recording.header,
                events: &probe.recording.events,
                problem: None,
                duration: probe.recording.duration,
                transcript: None,
                reproduce: options.command.clone(),
            };
            assembly.watch(&played, &said);
        }
    }
    let context = tokio::task::spawn_blocking({
        let spoken = probes.iter().filter(|(_, probe)| probe.spoken == Spoken::Yes);
        let listings: Vec<_> = spoken.map(|(axis, probe)| (axis.to_string(), probe.recording.events.clone())).collect();
        move || costs(&listings)
    });
    let (alone, together): (Vec<_>, Vec<_>) = (1u32..)
        .zip(plan.cases)
        .partition(|(_, case)| case.scenario.item.alone && case.axis.transport != Transport::Stdio);
    let mut finish = |case: Case, Outcome { mut recording, said }: Outcome| {
        leaving.append(&mut recording.leaving);
        let played = Played {
            axis: &case.axis,
            header: &recording.header,
            events: &recording.events,
            problem: recording.problem.as_deref(),
            duration: recording.duration,
            transcript: out.map(|_| transcript_path(Path::new(""), &case.id).display().to_string()),
            reproduce: reproduce(&case.id),
        };
        progress.case_finished(assembly.add(played, &said, &case.scenario.item));
    };
    // Processes that start side by side slow each other down, so there are never more than cores.
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let over_http = Arc::new(Semaphore::new(options.jobs.max(1)));
    let over_stdio = Arc::new(Semaphore::new(options.jobs.clamp(1, cores)));
    let waiting = Arc::new(Semaphore::new(MAX_WAITING));
    let startup: BTreeMap<Axis, Duration> = probes
        .iter()
        .map(|(axis, probe)| (axis.clone(), options.startup.min(probe.first_answer * 4 + STARTUP_ALLOWANCE)))
        .collect();
    let player = Arc::new(Player::new(target.clone(), options.clone(), judge.clone(), cores));
    let mut tasks = JoinSet::new();
    for (number, case) in together {
        let places = if case.axis.transport == Transport::Stdio { &over_stdio } else { &over_http };
        let (player, places, waiting) = (player.clone(), places.clone(), waiting.clone());
        let startup = startup.get(&case.axis).copied().unwrap_or(options.startup);
        let sharing = sharing(&case, number, lending.as_ref());
        tasks.spawn(async move {
            // The semaphores are never closed.
            let place = places.clone().acquire_owned().await.ok();
            let alive = waiting.clone().acquire_owned().await;
            let outcome = player.play(&case, startup, place, sharing).await;
            if outcome.counts() {
                return (case, outcome);
            }
            drop(alive);
            let place = places.acquire_owned().await.ok();
            let _alive = waiting.acquire_owned().await;
            let again = player.play(&case, startup, place, None).await;
            (case, again.instead_of(outcome))
        });
    }
    let mut doubtful = Vec::new();
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok((case, outcome)) if outcome.is_doubtful() => doubtful.push((case, outcome)),
            Ok((case, outcome)) => finish(case, outcome),
            Err(_) => {}
        }
    }
    for (case, outcome) in player.confirm(doubtful).await {
        finish(case, outcome);
    }
    for (_, case) in alone {
        let mut outcome = player.play(&case, options.startup, None, None).await;
        if outcome.is_doubtful() {
            outcome = player.play(&case, options.startup, None, None).await.instead_of(outcome);
        }
        finish(case, outcome);
    }
    for left_out in &plan.left_out {
        assembly.leave_out(left_out, reproduce(&left_out.id));
    }
    leaving.extend(lending.iter().flat_map(|lending| lending.close()));
    let farewell = async {
        for process in leaving {
            let _ = process.await;
        }
    };
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
    progress.finished();
    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let context = context.await.unwrap_or_default();
    let result = result(assembly.cases(), target.shown(), implementation(&probes));
    Ok(RunResult { seed: options.seed, duration_us, context, ..result })
}

/// What the tools cost that each probe was shown.
fn costs(probes: &[(String, Vec<Event>)]) -> BTreeMap<String, ContextCost> {
    probes.iter().filter_map(|(axis, events)| Some((axis.clone(), measure(&View::of(events))?))).collect()
}

/// What the axes were found to be, by their names.
pub(super) fn implementation(probes: &BTreeMap<Axis, Probe>) -> BTreeMap<String, String> {
    let said = |probe: &Probe| match &probe.spoken {
        Spoken::Yes => introduced(&probe.server),
        Spoken::Guarded(why) => format!("not shown to strangers: {why}"),
        Spoken::No(why) | Spoken::Silent(why) | Spoken::Unreachable(why) => format!("not offered: {why}"),
    };
    probes.iter().map(|(axis, probe)| (axis.to_string(), said(probe))).collect()
}

/// How the IUT calls itself: name and version.
pub(super) fn introduced(server: &Value) -> String {
    let text = |key: &str| server.get(key).and_then(Value::as_str).unwrap_or("?");
    format!("{} {}", text("name"), text("version"))
}

/// The result around its cases.
pub(super) fn result(cases: Vec<CaseResult>, target: String, implementation: BTreeMap<String, String>) -> RunResult {
    RunResult {
        results: RESULTS_VERSION,
        tool: format!("mcp-assay {}", env!("CARGO_PKG_VERSION")),
        target,
        implementation,
        context: BTreeMap::new(),
        seed: 0,
        cases,
        baseline_problems: Vec::new(),
        duration_us: 0,
    }
}
