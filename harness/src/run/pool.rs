//! Carrying out a plan: cases side by side, each judged as soon as it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::assembly::{Assembly, Played};
use super::axes::{Asked, offers};
use super::lanes::Lanes;
use super::play::{Outcome, Player};
use super::{RunError, RunOptions};
use crate::check::{Judge, Scope};
use crate::context::{ContextCost, measure};
use crate::drive::{Probe, Spoken, Target};
use crate::plan::{Axis, Case, plan};
use crate::report::Progress;
use crate::requirement::{Catalogue, Role};
use crate::revision::Revision;
use crate::scenario::Corpus;
use crate::transcript::{Event, View};
use crate::verdict::{CaseResult, RunResult, compare_routes};

/// Longest wait for processes to end after the last case.
const FAREWELL: Duration = Duration::from_secs(7);

/// Test a target that was asked what it offers.
///
/// # Errors
/// [`RunError`] when nothing can be tested at all.
pub async fn run(
    target: &Target,
    corpus: &Corpus,
    options: &RunOptions,
    asked: Asked,
    progress: &Progress,
) -> Result<RunResult, RunError> {
    let names = options.selection.names(corpus)?;
    let Asked { mut probes, lending, started } = asked;
    let plan = plan(corpus, &names, &offers(&probes, &options.routes), &options.selection, &options.permissions);
    progress.started(plan.cases.len());
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let player = Arc::new(Player::new(target.clone(), options.clone(), cores));
    let first_answers = probes.iter().map(|(axis, probe)| (axis.clone(), probe.first_answer)).collect();
    let lanes = Lanes::new(player.clone(), first_answers, lending.clone(), options.jobs, cores);
    let (mut left, half) = (plan.cases.len(), plan.cases.len() / 2);
    let mut done = lanes.carry_out(plan.cases);
    // Checks are compiled while the first cases wait for their answers.
    let compiling = tokio::task::spawn_blocking({
        let corpus = corpus.clone();
        let revisions = probes.keys().map(|axis| axis.revision).collect();
        move || compile(&corpus, &names, &revisions, Role::Server)
    });
    let (catalogue, judge) = compiling.await.map_err(|panic| RunError::Internal(panic.to_string()))??;
    player.judge_by(judge.clone());
    let mut assembly = Assembly::new(catalogue, judge.clone(), options.command.clone());
    let mut leaving = Vec::new();
    let none_spoken = !probes.values().any(|probe| probe.spoken == Spoken::Yes);
    for (axis, probe) in &mut probes {
        leaving.append(&mut probe.recording.leaving);
        if probe.spoken == Spoken::Yes || none_spoken {
            let said = judge.judge(&probe.recording.header, &probe.recording.events);
            // Whatever it shows, the whole run shows again.
            let reproduce = options.command.clone();
            let played = Played { reproduce, ..Played::of(&probe.recording, axis, false, &options.command) };
            assembly.watch(&played, &said);
        }
    }
    let mut finish = |case: Case, Outcome { mut recording, said }: Outcome| {
        leaving.append(&mut recording.leaving);
        let played = Played::of(&recording, &case.axis, options.out.is_some(), &options.command);
        progress.case_finished(assembly.add(played, &said, &case.scenario.item));
    };
    // What the tools cost is none of the subjects of the official suite.
    let measured = |probe: &Probe| !options.selection.official && probe.spoken == Spoken::Yes;
    let spoken = probes.iter().filter(|(_, probe)| measured(probe));
    let listings: Vec<_> = spoken.map(|(axis, probe)| (axis.to_string(), probe.recording.events.clone())).collect();
    let (mut count, mut counting) = (Some(move || costs(&listings)), None);
    loop {
        let next = done.recv().await;
        left = left.saturating_sub(1);
        // Counting tokens is work; the exchanges come first.
        if (next.is_none() || left <= half)
            && let Some(count) = count.take()
        {
            counting = Some(tokio::task::spawn_blocking(count));
        }
        let Some((case, outcome)) = next else { break };
        finish(case, outcome);
    }
    for left_out in &plan.left_out {
        assembly.leave_out(left_out, format!("{} --scenario '{}'", options.command, left_out.id));
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
    let context = match counting {
        Some(counting) => counting.await.unwrap_or_default(),
        None => BTreeMap::new(),
    };
    let result = result(assembly.cases(), target.shown(), implementation(&probes));
    let mut result = RunResult { seed: options.seed, duration_us, context, ..result };
    compare_routes(&mut result);
    Ok(result)
}

/// The checks of the scenarios with these names, ready to judge.
pub(super) fn compile(
    corpus: &Corpus,
    names: &[String],
    revisions: &BTreeSet<Revision>,
    role: Role,
) -> Result<(&'static Catalogue, Arc<Judge>), RunError> {
    let catalogue = Catalogue::embedded().map_err(|e| RunError::Catalogue(e.to_string()))?;
    let judge =
        Judge::new(corpus, catalogue, &Scope { scenarios: Some(names), revisions: Some(revisions), role: Some(role) })
            .map_err(RunError::Load)?;
    Ok((catalogue, Arc::new(judge)))
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
    let tool = format!("mcp-assay {}", env!("CARGO_PKG_VERSION"));
    RunResult { tool, target, implementation, ..RunResult::of(cases) }
}
