//! Asking first: does the IUT speak a revision, what does it declare, what does it list? The plan is made from that.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::case::{CaseSpec, Recording, Sharing};
use super::patience::Patience;
use super::run::Run;
use super::target::Target;
use crate::action::{Action, DEFAULT_ACTOR, Follow, Send, Until};
use crate::context::LISTINGS;
use crate::plan::Axis;
use crate::requirement::Role;
use crate::revision::{Era, Revision};
use crate::router::Faults;
use crate::scenario::{Applies, Needs, Scenario, Transport};
use crate::transcript::{FORMAT_VERSION, Header, Recorder, View, What};

/// Error code of params that are wrong (JSON-RPC 2.0).
const INVALID_PARAMS: i64 = -32602;

/// Name of the probe among the scenarios.
pub const PROBE: &str = "probe";

/// Does the IUT speak the revision?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// It does.
    Yes,
    /// It answers, but not in this revision; in words.
    No(String),
    /// It wants to see a token, and there is none that it takes; in words.
    Guarded(String),
    /// It does not answer as any server would; in words.
    Silent(String),
    /// There is nothing to talk to; in words.
    Unreachable(String),
}

/// What asking gave.
#[derive(Debug)]
pub struct Probe {
    /// Whether the revision is spoken.
    pub spoken: Spoken,
    /// The revision that the IUT named in its answer to `initialize`, if it is one that can be tested.
    pub answered: Option<Revision>,
    /// What the IUT offers: `capabilities`, `name`, `version`, `instructions`, `versions`, `session`, `completes`,
    /// `tools`, `resources`, `templates`, `prompts`.
    pub server: Value,
    /// How long it took to the first answer.
    pub first_answer: Duration,
    /// Its transcript, judged like any other.
    pub recording: Recording,
}

/// The lists that a server may offer: capability, method, member of the result, name in [`Probe::server`].
const LISTS: [(&str, &str, &str, &str); 4] = [
    ("tools", "tools/list", "tools", "tools"),
    ("resources", "resources/list", "resources", "resources"),
    ("resources", "resources/templates/list", "resourceTemplates", "templates"),
    ("prompts", "prompts/list", "prompts", "prompts"),
];

/// Most pages of a list that are turned over.
const MAX_PAGES: usize = 20;

/// Ask on one axis. A process that was started for it can be handed on to cases.
pub async fn probe(
    axis: &Axis,
    target: &Target,
    patience: Patience,
    file: Option<PathBuf>,
    sharing: Option<Sharing>,
) -> Probe {
    let started = Instant::now();
    let spec = CaseSpec {
        scenario: Arc::new(scenario()),
        revision: axis.revision,
        transport: axis.transport,
        routing: axis.routing.clone(),
        facts: Arc::new(json!({})),
        seed: 0,
        faults: Faults::default(),
        breaks: Arc::default(),
        file: file.clone(),
    };
    let header = Header {
        transcript: FORMAT_VERSION,
        scenario: PROBE.to_owned(),
        role: Role::Server,
        revision: axis.revision,
        transport: axis.transport.as_str().to_owned(),
        routing: axis.routing.clone(),
        facts: Arc::new(json!({})),
    };
    let recorder = match Recorder::new(&header, file.as_deref()) {
        Ok(recorder) => Arc::new(recorder),
        Err(e) => {
            let recording = Recording::unwritten(header, e.to_string());
            return Probe {
                spoken: Spoken::Unreachable(e.to_string()),
                answered: None,
                server: json!({}),
                first_answer: Duration::ZERO,
                recording,
            };
        }
    };
    let mut run = Run::new(&spec, target, recorder.clone(), patience, sharing);
    let (spoken, server) = ask(&mut run, axis.revision).await;
    let answered = answered(&run.view_of(&first_stream(axis.revision)));
    let ended = run.end().await;
    let events = recorder.finish(None);
    let problem = recorder.take_failure().map(|e| e.to_string());
    let (smooth, in_vain, leaving) = (ended.handed_on, ended.in_vain, ended.leave());
    let recording =
        Recording { header, events, duration: started.elapsed(), problem, leaving, borrowed: false, smooth, in_vain };
    let first = recording.events.iter().find(|event| matches!(event.what, What::Received { .. } | What::Head { .. }));
    let first_answer = first.map_or(recording.duration, |event| Duration::from_micros(event.t_us));
    Probe { spoken, answered, server, first_answer, recording }
}

fn scenario() -> Scenario {
    Scenario {
        acting: Vec::new(),
        speaks: Default::default(),
        authorization: Vec::new(),
        process: Default::default(),
        delivers: None,
        context: Map::new(),
        scenario: PROBE.to_owned(),
        title: "What the server declares and lists".to_owned(),
        also_known_as: Vec::new(),
        applies: Applies::default(),
        needs: Needs::default(),
        draft: false,
        alone: false,
        deadline: None,
        actors: Default::default(),
        steps: Vec::new(),
        checks: Vec::new(),
        defects: Vec::new(),
    }
}

/// Whether the transcript of a probe shows that the revision is spoken.
pub fn speaks(revision: Revision, view: &View<'_>) -> bool {
    verdict(revision, &view.stream(&first_stream(revision)).unwrap_or_default()) == Spoken::Yes
}

/// The stream of the request that a probe begins with.
fn first_stream(revision: Revision) -> String {
    match revision.era() {
        Era::Handshake => format!("{DEFAULT_ACTOR}_open"),
        Era::Stateless => "discovered".to_owned(),
    }
}

async fn ask(run: &mut Run<'_>, revision: Revision) -> (Spoken, Value) {
    let stream = first_stream(revision);
    let outcome = match revision.era() {
        Era::Handshake => run.actor(DEFAULT_ACTOR).await.map(|_| ()),
        Era::Stateless => {
            let send = Send {
                stream: Some(stream.clone()),
                by: DEFAULT_ACTOR.to_owned(),
                method: Some("server/discover".to_owned()),
                ..Send::default()
            };
            run.step(&Action::Request(send)).await
        }
    };
    let answer = run.view_of(&stream);
    let spoken = match verdict(revision, &answer) {
        Spoken::Silent(why) => match outcome {
            Err(stop) if answer.get("failure").is_none_or(|f| !f.is_null()) => {
                Spoken::Unreachable(format!("{stop}{}", run.last_words(DEFAULT_ACTOR)))
            }
            Err(stop) => Spoken::Silent(stop.to_string()),
            Ok(()) => Spoken::Silent(why),
        },
        other => other,
    };
    let mut protection = protection(run.target, &spoken);
    if run.spec.transport == Transport::Http {
        protection.extend(instances(run.target));
    }
    if spoken != Spoken::Yes {
        return (spoken, Value::Object(protection));
    }
    let result = answer.get("result").cloned().unwrap_or_default();
    let mut server = describe(revision, &answer, &result);
    server.extend(protection);
    for (capability, method, member, name) in LISTS {
        let declared = result.pointer(&format!("/capabilities/{capability}")).is_some();
        let items = if declared { list(run, method, member, &listed(name)).await } else { Vec::new() };
        server.insert(name.to_owned(), json!(items));
    }
    if server.get("tools").and_then(Value::as_array).is_some_and(|tools| !tools.is_empty()) {
        // Whether the order is the same each time is a fact that `context` tells.
        follow(run, "tools/list", LISTINGS[1]).await;
    }
    if revision == Revision::V2024_11_05 {
        server.insert("completes".to_owned(), json!(completes(run).await));
    }
    (Spoken::Yes, Value::Object(server))
}

/// Whether completion is answered: 2024-11-05 has no capability that says so. A server that knows the method has a
/// result or finds the prompt unknown.
async fn completes(run: &mut Run<'_>) -> bool {
    let params =
        json!({ "ref": { "type": "ref/prompt", "name": "mcp-assay" }, "argument": { "name": "any", "value": "" } });
    let stream = "completed".to_owned();
    let send = Send {
        stream: Some(stream.clone()),
        by: DEFAULT_ACTOR.to_owned(),
        method: Some("completion/complete".to_owned()),
        params: Some(params),
        ..Send::default()
    };
    // A server that does not answer is the subject of scenarios; here it only offers nothing.
    let _ = run.step(&Action::Request(send)).await;
    let answer = run.view_of(&stream);
    let part = |pointer: &str| answer.pointer(pointer).filter(|v| !v.is_null());
    part("/result").is_some() || part("/error/code").and_then(Value::as_i64) == Some(INVALID_PARAMS)
}

/// Turn over the pages of a list. One that fails is the subject of scenarios; here it only offers nothing.
async fn follow(run: &mut Run<'_>, method: &str, stream: &str) {
    let follow = Follow {
        stream: stream.to_owned(),
        by: DEFAULT_ACTOR.to_owned(),
        method: method.to_owned(),
        params: Map::new(),
        pages: MAX_PAGES,
        within: None,
    };
    let _ = run.follow(&follow).await;
    let _ = run.wait_stream(&format!("{stream}_1"), &Until::Sent, None).await;
}

/// The stream of a list, as [`LISTINGS`] has it for the tools.
fn listed(name: &str) -> String {
    format!("listed_{name}")
}

/// All items of a list; none when it could not be had.
async fn list(run: &mut Run<'_>, method: &str, member: &str, stream: &str) -> Vec<Value> {
    follow(run, method, stream).await;
    let mut items = Vec::new();
    for page in 1.. {
        let view = run.view_of(&format!("{stream}_{page}"));
        let Some(page) = view.pointer(&format!("/result/{member}")).and_then(Value::as_array) else { break };
        items.extend(page.iter().cloned());
    }
    items
}

/// What the handshake settled on, where that can be tested.
fn answered(answer: &Value) -> Option<Revision> {
    let version = answer.pointer("/result/protocolVersion")?.as_str()?;
    version.parse().ok().filter(|revision: &Revision| revision.era() == Era::Handshake)
}

/// Whether the server wants to see tokens, and which there are for it.
fn protection(target: &Target, spoken: &Spoken) -> Map<String, Value> {
    let http = target.http.first();
    let guarded = matches!(spoken, Spoken::Guarded(_));
    let protected = guarded || http.is_some_and(|http| http.protected);
    let kinds = http.filter(|_| protected).map(|http| http.wallet.kinds()).unwrap_or_default();
    // A token that the server does not take leads nowhere.
    let kinds = kinds.into_iter().filter(|kind| !guarded || kind.needs_nobody());
    let mut facts = Map::new();
    facts.insert("protected".to_owned(), json!(protected));
    facts.insert("tokens".to_owned(), json!(kinds.map(crate::token::Kind::word).collect::<Vec<_>>()));
    facts
}

/// How many instances there are, and whether we can stop and start them.
fn instances(target: &Target) -> [(String, Value); 2] {
    // Behind a balancer nobody knows whose request meets the instance that was stopped.
    let control = target.deployment.as_ref().is_some_and(|deployment| !deployment.is_behind_a_balancer());
    let count = target.http.len();
    [("instances".to_owned(), json!(count)), ("control".to_owned(), json!(control))]
}

fn verdict(revision: Revision, answer: &Value) -> Spoken {
    let part = |pointer: &str| answer.pointer(pointer).filter(|v| !v.is_null());
    if part("/status").and_then(Value::as_u64) == Some(401) {
        return Spoken::Guarded("it wants to see a token that it takes: HTTP status 401".to_owned());
    }
    if let Some(error) = part("/error") {
        let status = part("/status").map(|s| format!(" with HTTP status {s}")).unwrap_or_default();
        return Spoken::No(format!("it refuses {revision}{status}: error {error}"));
    }
    let Some(result) = part("/result") else {
        return match part("/status") {
            Some(status) if status.as_u64() >= Some(400) => {
                Spoken::No(format!("it refuses {revision}: HTTP status {status}"))
            }
            Some(status) => Spoken::Silent(format!("HTTP status {status} and no answer to the first request")),
            None => Spoken::Silent("no answer to the first request".to_owned()),
        };
    };
    let wanted = revision.to_string();
    match revision.era() {
        Era::Handshake => match result.get("protocolVersion").and_then(Value::as_str) {
            Some(version) if version == wanted => Spoken::Yes,
            Some(version) => Spoken::No(format!("it answers {wanted} with {version}")),
            None => Spoken::No("its answer to `initialize` names no protocol version".to_owned()),
        },
        Era::Stateless => {
            let versions = result.get("supportedVersions").and_then(Value::as_array);
            match versions {
                Some(versions) if versions.iter().any(|v| v.as_str() == Some(&wanted)) => Spoken::Yes,
                Some(versions) => Spoken::No(format!("it supports {}", json!(versions))),
                None => Spoken::No("its answer to `server/discover` names no supported versions".to_owned()),
            }
        }
    }
}

fn describe(revision: Revision, answer: &Value, result: &Value) -> Map<String, Value> {
    let info = match revision.era() {
        Era::Handshake => result.get("serverInfo"),
        Era::Stateless => result.get("_meta").and_then(|meta| meta.get("io.modelcontextprotocol/serverInfo")),
    };
    let of_info = |key: &str| info.and_then(|info| info.get(key)).cloned();
    let mut server = Map::new();
    let mut put = |key: &str, value: Option<Value>| server.insert(key.to_owned(), value.unwrap_or_default());
    put("name", of_info("name"));
    put("version", of_info("version"));
    put("capabilities", result.get("capabilities").cloned());
    put("instructions", result.get("instructions").cloned());
    put("versions", result.get("supportedVersions").cloned());
    put("completes", Some(json!(result.pointer("/capabilities/completions").is_some())));
    put("session", Some(json!(answer.pointer("/headers/mcp-session-id").is_some())));
    server
}
