//! Carrying out a plan: cases side by side, each judged as soon as it ends.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::axes::{offers, probe_all, transcript_path, unreachable};
use super::watch::Watch;
use super::{RunError, RunOptions};
use crate::check::{Judge, excerpt};
use crate::drive::{CaseSpec, Patience, Probe, Recording, Spoken, Target, drive};
use crate::plan::{Axis, Case, LeftOut, case_id, plan};
use crate::report::Progress;
use crate::requirement::Catalogue;
use crate::scenario::{Corpus, Transport};
use crate::transcript::{FORMAT_VERSION, Header, View};
use crate::verdict::{CaseResult, CheckResult, RESULTS_VERSION, RunResult, Verdict, decide};

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
pub async fn run(target: &Target, corpus: &Corpus, options: &RunOptions, progress: &Progress) -> Result<RunResult, RunError> {
    let started = Instant::now();
    let catalogue = Catalogue::embedded().map_err(|e| RunError::Catalogue(e.to_string()))?;
    let names = options.selection.names(corpus)?;
    let judge = Arc::new(Judge::new(corpus, catalogue, Some(&names)).map_err(RunError::Load)?);
    let out = options.out.as_deref();
    let mut probes = probe_all(target, options, out).await;
    if let Some(why) = unreachable(&probes) {
        return Err(RunError::Unreachable(why));
    }
    let plan = plan(corpus, &names, &offers(&probes), &options.selection, &options.permissions);
    progress.started(plan.cases.len());
    let mut assembly = Assembly { catalogue, judge: judge.clone(), command: options.command.clone(), watches: BTreeMap::new(), cases: Vec::new() };
    let mut leaving = Vec::new();
    let none_spoken = !probes.values().any(|probe| probe.spoken == Spoken::Yes);
    for (axis, probe) in &mut probes {
        leaving.append(&mut probe.recording.leaving);
        if probe.spoken == Spoken::Yes || none_spoken {
            assembly.watch_probe(axis, probe);
        }
    }
    let (alone, together): (Vec<Case>, Vec<Case>) =
        plan.cases.into_iter().partition(|case| case.scenario.item.alone && case.axis.transport == Transport::Http);
    let mut finish = |case: Case, mut recording: Recording| {
        leaving.append(&mut recording.leaving);
        progress.case_finished(assembly.judge_case(&case, &recording, out));
    };
    // Processes that start side by side slow each other down, so there are never more than cores.
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let over_http = Arc::new(Semaphore::new(options.jobs.max(1)));
    let over_stdio = Arc::new(Semaphore::new(options.jobs.clamp(1, cores)));
    let waiting = Arc::new(Semaphore::new(MAX_WAITING));
    let startup: BTreeMap<Axis, Duration> =
        probes.iter().map(|(axis, probe)| (axis.clone(), options.startup.min(probe.first_answer * 4 + STARTUP_ALLOWANCE))).collect();
    let mut tasks = JoinSet::new();
    for case in together {
        let places = if case.axis.transport == Transport::Http { &over_http } else { &over_stdio };
        let (target, places, waiting, options) = (target.clone(), places.clone(), waiting.clone(), options.clone());
        let startup = startup.get(&case.axis).copied().unwrap_or(options.startup);
        tasks.spawn(async move {
            // The semaphores are never closed.
            let place = places.acquire_owned().await.ok();
            let _alive = waiting.acquire_owned().await;
            let recording = carry_out(&case, &target, &options, startup, place).await;
            (case, recording)
        });
    }
    while let Some(done) = tasks.join_next().await {
        if let Ok((case, recording)) = done {
            finish(case, recording);
        }
    }
    for case in alone {
        let recording = carry_out(&case, target, options, options.startup, None).await;
        finish(case, recording);
    }
    for left_out in &plan.left_out {
        assembly.leave_out(left_out);
    }
    let farewell = async {
        for process in leaving {
            let _ = process.await;
        }
    };
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
    progress.finished();
    Ok(assembly.result(target, options, &probes, started.elapsed()))
}

async fn carry_out(
    case: &Case,
    target: &Target,
    options: &RunOptions,
    startup: Duration,
    place: Option<OwnedSemaphorePermit>,
) -> Recording {
    let spec = CaseSpec {
        scenario: case.scenario.item.clone(),
        revision: case.axis.revision,
        transport: case.axis.transport,
        routing: case.axis.routing.clone(),
        facts: case.facts.clone(),
        file: options.out.as_deref().map(|out| transcript_path(out, &case.id)),
    };
    let limit = case.scenario.item.deadline.map_or(options.deadline, |own| own.0.min(options.deadline));
    let patience = match case.axis.transport {
        Transport::Http => Patience::new(limit, place),
        Transport::Stdio => Patience::with_startup(limit, startup, place),
    };
    drive(&spec, target, patience).await
}

struct Assembly {
    catalogue: &'static Catalogue,
    judge: Arc<Judge>,
    command: String,
    watches: BTreeMap<Axis, Watch>,
    cases: Vec<CaseResult>,
}

impl Assembly {
    fn reproduce(&self, id: &str) -> String {
        format!("{} --scenario '{id}'", self.command)
    }

    fn watch_probe(&mut self, axis: &Axis, probe: &Probe) {
        let view = View::of(&probe.recording.events);
        let findings = self.judge.monitors(&probe.recording.header, &view);
        let id = case_id("probe", axis);
        let watch = self.watches.entry(axis.clone()).or_default();
        watch.add(&id, &self.command, &findings, &probe.recording.events, axis, self.catalogue);
    }

    fn judge_case(&mut self, case: &Case, recording: &Recording, out: Option<&Path>) -> &CaseResult {
        let view = View::of(&recording.events);
        let reproduce = self.reproduce(&case.id);
        let mut checks: Vec<CheckResult> = Vec::new();
        for finding in self.judge.checks(&recording.header, &view, &recording.events) {
            let Some(mut check) = decide(&finding, self.catalogue, case.axis.revision) else { continue };
            if let Some(problem) = &recording.problem {
                check.verdict = Verdict::Error;
                check.reason = format!("the harness failed: {problem}");
            }
            if check.verdict != Verdict::Pass {
                check.excerpt = excerpt(&recording.events, &check.evidence);
            }
            reproduce.clone_into(&mut check.reproduce);
            checks.push(check);
        }
        let findings = self.judge.monitors(&recording.header, &view);
        let watch = self.watches.entry(case.axis.clone()).or_default();
        watch.add(&case.id, &reproduce, &findings, &recording.events, &case.axis, self.catalogue);
        let transcript = out.map(|_| transcript_path(Path::new(""), &case.id)).map(|path| path.display().to_string());
        let duration_us = u64::try_from(recording.duration.as_micros()).unwrap_or(u64::MAX);
        let at = self.cases.len();
        self.cases.push(CaseResult { duration_us, transcript, checks, ..self.frame(&case.id, &case.scenario.item, &case.axis) });
        &self.cases[at]
    }

    fn frame(&self, id: &str, scenario: &crate::scenario::Scenario, axis: &Axis) -> CaseResult {
        CaseResult {
            id: id.to_owned(),
            scenario: scenario.scenario.clone(),
            title: scenario.title.clone(),
            revision: axis.revision,
            transport: axis.transport.as_str().to_owned(),
            routing: axis.routing.clone(),
            duration_us: 0,
            transcript: None,
            reproduce: self.reproduce(id),
            checks: Vec::new(),
        }
    }

    /// A case that was not carried out: each of its checks says why.
    fn leave_out(&mut self, left_out: &LeftOut) {
        let axis = &left_out.axis;
        let header = header(&left_out.scenario.item.scenario, axis, &left_out.facts);
        let mut case = self.frame(&left_out.id, &left_out.scenario.item, axis);
        for (requirement, name, position) in self.judge.decides(&header) {
            let finding = crate::check::Finding {
                requirement,
                source: crate::check::Source::Check(name),
                outcome: crate::check::Outcome::Undecided(left_out.reason.clone()),
                rule: String::new(),
                operands: Vec::new(),
                evidence: Vec::new(),
                position: Some(position),
                met_by_refusal: false,
                met_by_empty_result: false,
            };
            if let Some(mut check) = decide(&finding, self.catalogue, axis.revision) {
                check.verdict = left_out.verdict;
                check.reproduce.clone_from(&case.reproduce);
                case.checks.push(check);
            }
        }
        self.cases.push(case);
    }

    fn result(mut self, target: &Target, options: &RunOptions, probes: &BTreeMap<Axis, Probe>, elapsed: Duration) -> RunResult {
        for (axis, watch) in std::mem::take(&mut self.watches) {
            let watched = self.judge.watched(&header("monitors", &axis, &Value::Null));
            self.cases.push(watch.result(&axis, watched, self.catalogue, &self.command));
        }
        self.cases.retain(|case| !case.checks.is_empty());
        self.cases.sort_by(|a, b| a.id.cmp(&b.id));
        let mut implementation = BTreeMap::new();
        for (axis, probe) in probes {
            let text = |key: &str| probe.server.get(key).and_then(Value::as_str).unwrap_or("?");
            let said = match &probe.spoken {
                Spoken::Yes => format!("{} {}", text("name"), text("version")),
                Spoken::No(why) | Spoken::Silent(why) | Spoken::Unreachable(why) => format!("not offered: {why}"),
            };
            implementation.insert(axis.to_string(), said);
        }
        RunResult {
            results: RESULTS_VERSION,
            tool: format!("mcp-assay {}", env!("CARGO_PKG_VERSION")),
            target: target.shown(),
            implementation,
            seed: options.seed,
            cases: self.cases,
            baseline_problems: Vec::new(),
            duration_us: u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

fn header(scenario: &str, axis: &Axis, facts: &Value) -> Header {
    Header {
        transcript: FORMAT_VERSION,
        scenario: scenario.to_owned(),
        revision: axis.revision,
        transport: axis.transport.as_str().to_owned(),
        routing: axis.routing.clone(),
        facts: facts.clone(),
    }
}
