//! What a client under test did, as monitors see it: its messages, each with what went before, in the revision under
//! test alone. A client may look for other revisions first; what it says in those is not judged by the rules of this one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::index::Seen;
use super::shown::{fold, header, members, show_message};
use super::{Event, HttpSent, SentKind, View, What};
use crate::revision::{Era, Revision};
use crate::wire::message::{self, Message};

/// Where a request says which version it speaks (2026-07-28, basic).
const VERSION: &str = "/params/_meta/io.modelcontextprotocol~1protocolVersion";
/// What only a client of the handshake era says.
const OF_THE_HANDSHAKE: [&str; 2] = ["initialize", "notifications/initialized"];

/// What the latest handshake, or the latest discovery, came to.
#[derive(Clone, Debug, Default)]
struct Settled {
    n: u64,
    actor: String,
    version: Option<String>,
    capabilities: Value,
}

/// Whether something that was sent speaks a revision, given it as checks see it.
pub(super) fn speaks(sent: &Value, revision: Revision) -> bool {
    let method = sent.get("method").and_then(Value::as_str).unwrap_or_default();
    match (sent.pointer(VERSION).and_then(Value::as_str), revision.era()) {
        (Some(version), _) => version == revision.as_str(),
        (None, Era::Handshake) => method != "server/discover",
        (None, Era::Stateless) => !OF_THE_HANDSHAKE.contains(&method),
    }
}

/// Whether a handshake settled on another revision than this one, known or not: then the rest is that one's affair.
pub(super) fn settled_elsewhere(view: &View<'_>, revision: Revision) -> bool {
    settled(view).iter().any(|settled| settled.version.as_deref().is_some_and(|version| version != revision.as_str()))
}

/// Every message that the client sent in a revision, in order, batches taken apart.
pub(super) fn messages(view: &View<'_>, events: &[Event], revision: Revision) -> Vec<Value> {
    let asked = view.asked();
    let settled = settled(view);
    let mut answers: BTreeMap<(u64, String), &Value> = BTreeMap::new();
    for request in &asked {
        for answer in request.get("answers").and_then(Value::as_array).into_iter().flatten() {
            let (n, id) = (answer.get("n").and_then(Value::as_u64), answer.get("id").map(Value::to_string));
            if let (Some(n), Some(id)) = (n, id) {
                answers.insert((n, id), request);
            }
        }
    }
    let endpoints = endpoints(events);
    let mut all = Vec::new();
    for event in events {
        let What::Sent { kind, http, bytes, exchange, .. } = &event.what else { continue };
        let broken = || !bytes.0.is_empty() && http.as_ref().is_none_or(|http| endpoints.contains(path(http)));
        let meant = is_message(*kind) || *kind == SentKind::Raw && broken();
        if !meant {
            continue;
        }
        let message = message::read(&bytes.0);
        let batched = message.each().len() != 1 || matches!(message.kind, message::Kind::Batch(_));
        let session = http.as_ref().and_then(|http| header(&http.headers, "mcp-session-id")).map(str::to_owned);
        let session = session.or_else(|| view.session_opened_by(*exchange));
        // Over stdio a process is a session.
        let session = session.or_else(|| http.is_none().then(|| event.actor.clone()));
        let before = settled.iter().rfind(|settled| settled.n < event.n && settled.actor == event.actor);
        for one in message.each() {
            let seen =
                Seen { n: event.n, actor: event.actor.clone(), exchange: *exchange, message: Message::clone(one) };
            let mut shown = show_message(&seen, one);
            let id = one.value.as_ref().and_then(|value| value.get("id")).map(Value::to_string);
            let of = id.filter(|_| one.method().is_none()).and_then(|id| answers.get(&(event.n, id)));
            let headers = http.as_ref().map(|http| fold(&http.headers)).unwrap_or_default();
            shown.extend(members! {
                "at": event.t_us / 1000,
                "batched": batched,
                "verb": http.as_ref().map(|http| http.verb.as_str()),
                "target": http.as_ref().map(|http| http.target.as_str()),
                "headers": headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect::<Map<_, _>>(),
                "session": session.clone(),
                "agreed": before.and_then(|settled| settled.version.clone()),
                "server": before.map(|settled| settled.capabilities.clone()),
                "of": of.map(|of| (*of).clone()),
            });
            let shown = Value::Object(shown);
            if speaks(&shown, revision) {
                all.push(shown);
            }
        }
    }
    all
}

/// Every request of the server's with what the client answered, and after them what the results of round trips asked
/// (2026-07-28), answered by the request that was made again: the same members, and the `key` of each.
pub(super) fn asked(view: &View<'_>, events: &[Event], revision: Revision) -> Vec<Value> {
    let mut all = view.asked();
    let asks = view.asks();
    for retried in messages(view, events, revision) {
        let responses = retried.pointer("/params/inputResponses").and_then(Value::as_object);
        for (key, result) in responses.into_iter().flatten() {
            let n = |thing: &Value| thing.get("n").and_then(Value::as_u64);
            let before = asks.iter().rfind(|ask| {
                ask.get("key").and_then(Value::as_str) == Some(key) && n(ask).is_some_and(|at| Some(at) < n(&retried))
            });
            let Some(ask) = before else { continue };
            let part = |from: &Value, name: &str| from.get(name).cloned().unwrap_or_default();
            let answer = Value::Object(members! { "n": part(&retried, "n"), "result": result.clone() });
            all.push(Value::Object(members! {
                "n": part(ask, "n"), "key": key.as_str(), "method": part(ask, "method"), "params": part(ask, "params"),
                "client": part(ask, "client"), "answered": true, "result": result.clone(), "error": Value::Null,
                "answers": vec![answer],
            }));
        }
    }
    all
}

/// Whether these bytes were meant to be a message and are one.
fn is_message(kind: SentKind) -> bool {
    matches!(kind, SentKind::Request | SentKind::Notification | SentKind::Response | SentKind::Batch)
}

/// Where messages go: what else is sent there with a body is one that is broken.
fn endpoints(events: &[Event]) -> BTreeSet<&str> {
    let sent = events.iter().filter_map(|event| match &event.what {
        What::Sent { kind, http: Some(http), .. } if is_message(*kind) => Some(path(http)),
        _ => None,
    });
    sent.collect()
}

fn path(http: &HttpSent) -> &str {
    http.target.split('?').next().unwrap_or_default()
}

/// The client as an actor of this name, or over stdio what it has as the client of `processes`, with its messages as
/// above and the ids of its sessions.
pub(super) fn client(view: &View<'_>, events: &[Event], revision: Revision, name: &str, processes: &str) -> Value {
    let mut client = view.actor_with(name, processes);
    let sent = messages(view, events, revision);
    let mut sessions: Vec<&Value> = Vec::new();
    for session in sent.iter().filter_map(|message| message.get("session")).filter(|id| !id.is_null()) {
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }
    let sessions: Value = sessions.into_iter().cloned().collect();
    if let Some(members) = client.as_object_mut() {
        members.insert("sent".to_owned(), Value::Array(sent));
        members.insert("sessions".to_owned(), sessions);
    }
    client
}

/// The results of `initialize` and `server/discover`, in order.
fn settled(view: &View<'_>) -> Vec<Settled> {
    let answers =
        view.messages().iter().filter(|message| message.get("kind").and_then(Value::as_str) == Some("result"));
    let read = |answer: &Value| {
        let capabilities = answer.pointer("/result/capabilities").cloned().unwrap_or_default();
        let version = match answer.pointer("/of/method").and_then(Value::as_str)? {
            "initialize" => answer.pointer("/result/protocolVersion").and_then(Value::as_str).map(str::to_owned),
            "server/discover" => None,
            _ => return None,
        };
        let actor = answer.get("actor").and_then(Value::as_str)?.to_owned();
        Some(Settled { n: answer.get("n").and_then(Value::as_u64)?, actor, version, capabilities })
    };
    answers.filter_map(read).collect()
}
