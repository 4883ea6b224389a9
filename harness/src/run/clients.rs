//! Testing a client: for each case a server of ours, the client started with its URL, and what it did judged.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::assembly::{Assembly, Played};
use super::axes::transcript_path;
use super::pool::{compile, result};
use super::{ByHand, RunError, SentTo, by_hand, spawned};
use crate::acting::{ActingServer, Beyond};
use crate::plan::{Axis, Selection, case_id};
use crate::report::Progress;
use crate::requirement::Role;
use crate::revision::Revision;
use crate::scenario::{CLIENT, Corpus, Loaded, Scenario, Transport};
use crate::transcript::{Event, FORMAT_VERSION, Header, Recorder, What};
use crate::transport::{Program, Spawn};
use crate::verdict::RunResult;

/// The scenario it is started for, by the official suite's name where it has one.
const SCENARIO: &str = "MCP_CONFORMANCE_SCENARIO";
/// The scenario by its own name, for our reference client.
pub const OWN_SCENARIO: &str = "MCP_ASSAY_SCENARIO";
/// What it is told besides, as JSON.
pub const CONTEXT: &str = "MCP_CONFORMANCE_CONTEXT";
/// The revision under test.
pub const VERSION: &str = "MCP_CONFORMANCE_PROTOCOL_VERSION";

/// The transport by which the server is reached.
pub const TRANSPORT: &str = "MCP_ASSAY_TRANSPORT";

/// Options of a run against a client.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// What starts the client; the URL of the server, or the command that starts it, is added as the last argument.
    pub command: String,
    /// Transports to test.
    pub transports: Vec<Transport>,
    /// The command that starts this program.
    pub program: String,
    /// Revisions to test.
    pub revisions: Vec<Revision>,
    /// Scenarios to test.
    pub selection: Selection,
    /// Where clients come to that are started by hand; nothing is started then.
    pub by_hand: Option<ByHand>,
    /// Hosts from which the client's metadata document may be fetched, besides this machine.
    pub document_hosts: Vec<String>,
    /// Clients that run at a time.
    pub jobs: usize,
    /// Longest time for one client.
    pub deadline: Duration,
    /// Folder for transcripts; none are written without.
    pub out: Option<PathBuf>,
    /// The command line that repeats this run, to which a selection can be added.
    pub repeat: String,
}

/// One client, started for one scenario in one revision.
struct Case {
    scenario: Loaded<Scenario>,
    axis: Axis,
    id: String,
}

/// What it left.
struct Done {
    case: Case,
    header: Header,
    events: Vec<Event>,
    problem: Option<String>,
    duration: Duration,
}

/// Test a client.
///
/// # Errors
/// [`RunError`] when nothing can be tested at all.
pub async fn run_client(corpus: &Corpus, options: &ClientOptions, progress: &Progress) -> Result<RunResult, RunError> {
    let started = Instant::now();
    let names = options.selection.names(corpus)?;
    let (catalogue, judge) = compile(corpus, &names, &options.revisions.iter().copied().collect(), Role::Client)?;
    let cases = cases(corpus, &names, options);
    progress.started(cases.len());
    let places = Arc::new(Semaphore::new(options.jobs.max(1)));
    let mut running = JoinSet::new();
    for case in cases {
        let (places, options, progress) = (places.clone(), options.clone(), progress.clone());
        running.spawn(async move {
            // Never closed.
            let _place = places.acquire_owned().await;
            carry_out(case, &options, &progress).await
        });
    }
    let mut assembly = Assembly::new(catalogue, judge.clone(), options.repeat.clone());
    while let Some(done) = running.join_next().await {
        let done = done.map_err(|panic| RunError::Internal(panic.to_string()))?;
        let said = judge.judge(&done.header, &done.events);
        let played = Played {
            axis: &done.case.axis,
            header: &done.header,
            events: &done.events,
            problem: done.problem.as_deref(),
            duration: done.duration,
            transcript: options
                .out
                .as_ref()
                .map(|_| transcript_path(std::path::Path::new(""), &done.case.id).display().to_string()),
            reproduce: format!("{} --scenario '{}'", options.repeat, done.case.id),
        };
        progress.case_finished(assembly.add(played, &said, &done.case.scenario.item));
    }
    progress.finished();
    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok(RunResult { duration_us, ..result(assembly.cases(), options.command.clone(), BTreeMap::new()) })
}

fn cases(corpus: &Corpus, names: &[String], options: &ClientOptions) -> Vec<Case> {
    let mut cases = Vec::new();
    for loaded in names.iter().filter_map(|name| corpus.scenarios.get(name)) {
        for revision in &options.revisions {
            for transport in &options.transports {
                let axis = Axis { revision: *revision, transport: *transport, routing: "direct".to_owned() };
                let name = &loaded.item.scenario;
                let applies = loaded.item.applies.includes(*revision, *transport);
                if applies && options.selection.admits(name, &axis.to_string()) {
                    cases.push(Case { id: case_id(name, &axis), scenario: loaded.clone(), axis });
                }
            }
        }
    }
    cases
}

async fn carry_out(case: Case, options: &ClientOptions, progress: &Progress) -> Done {
    let started = Instant::now();
    let scenario = &case.scenario.item;
    let header = Header {
        transcript: FORMAT_VERSION,
        scenario: scenario.scenario.clone(),
        role: Role::Client,
        revision: case.axis.revision,
        transport: case.axis.transport.as_str().to_owned(),
        routing: case.axis.routing.clone(),
        facts: Arc::new(Value::Object(Map::new())),
    };
    let file = options.out.as_deref().map(|out| transcript_path(out, &case.id));
    let (events, problem) = match Recorder::new(&header, file.as_deref()) {
        Ok(recorder) => {
            let recorder = Arc::new(recorder);
            let limit = scenario.deadline.map_or(options.deadline, |own| own.0.min(options.deadline));
            let problem = match &options.by_hand {
                Some(hand) => {
                    let came = format!("waiting {:?} for a client, for {}: start it now", hand.wait, case.id);
                    progress.ask(&came);
                    by_hand::play(scenario, &case.axis, hand, options.deadline, &recorder).await.err()
                }
                None => send_client(scenario, &case.axis, options, &recorder, started + limit, &|_| {}).await.err(),
            };
            (recorder.finish(problem.clone()), problem.or(recorder.take_failure().map(|failure| failure.to_string())))
        }
        Err(failure) => (Vec::new(), Some(failure.to_string())),
    };
    Done { duration: started.elapsed(), case, header, events, problem }
}

/// Start the server and the client, and wait until the client is done. An error is ours. `started` is told the process group
/// of the client.
pub(crate) async fn send_client(
    scenario: &Scenario,
    axis: &Axis,
    options: &ClientOptions,
    recorder: &Arc<Recorder>,
    deadline: Instant,
    started: &(dyn Fn(i32) + Send + Sync),
) -> Result<(), String> {
    if axis.transport == Transport::Stdio {
        return spawned::play(scenario, axis, options, recorder, deadline, started).await;
    }
    let server = ActingServer::start(scenario, axis.revision, recorder.clone(), &options.document_hosts, Beyond::Own);
    let server = server.await.map_err(|e| e.to_string())?;
    let env = told(scenario, axis, &server.context);
    let command = format!("{} {}", options.command, SentTo::url(server.url(), axis.transport).word());
    recorder.append(CLIENT, None, What::Opened { target: command.clone(), instance: 1 });
    let program = Program::start(&Spawn { command, env, directory: None }, recorder.clone(), CLIENT);
    let program = program.map_err(|e| e.to_string())?;
    program.group().into_iter().for_each(started);
    if !program.end_by(deadline).await {
        note(recorder, OUTLIVED);
    }
    if recorder.look(|index| index.streams.is_empty()) {
        note(recorder, CAME_NOT);
    }
    Ok(())
}

/// What it is told besides where the server is.
pub(super) fn told(scenario: &Scenario, axis: &Axis, context: &Map<String, Value>) -> Vec<(String, String)> {
    // The official suite's names tell the clients that exist what to do.
    let told = scenario.also_known_as.first().unwrap_or(&scenario.scenario);
    let mut env = vec![
        (SCENARIO.to_owned(), told.clone()),
        (OWN_SCENARIO.to_owned(), scenario.scenario.clone()),
        (VERSION.to_owned(), axis.revision.to_string()),
        (TRANSPORT.to_owned(), axis.transport.as_str().to_owned()),
    ];
    if !context.is_empty() {
        env.push((CONTEXT.to_owned(), Value::Object(context.clone()).to_string()));
    }
    env
}

/// That the client was still there at its deadline.
pub(super) const OUTLIVED: &str =
    "the client had not ended at its deadline, and was killed with all that it had started";
/// That it never came.
pub(super) const CAME_NOT: &str = "the client ended without having connected";

/// Say something in the transcript.
pub(super) fn note(recorder: &Recorder, text: &str) {
    recorder.append(CLIENT, None, What::Note { text: text.to_owned() });
}
