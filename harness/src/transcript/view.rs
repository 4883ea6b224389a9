//! A transcript as checks see it: JSON values under names, for CEL expressions, patterns and references.
//!
//! Members are always present; what did not come is null, an empty list or `false`. The reference page
//! `docs/writing-scenarios.md` lists them for authors.

mod auth;
mod exchanges;

use std::collections::{BTreeMap, BTreeSet};

use exchanges::Raw;
use serde_json::{Map, Value, json};

use super::conduct;
use super::index::{Index, StreamStatus, answers};
use super::shown::{
    copies, end_word, header, members, read_sent, same_id, show_message, show_process_end, taken_apart,
};
use super::{Event, SentKind, What, tasks};
use crate::revision::Revision;
use crate::wire::message::{Id, Kind, Message};

/// The views of one transcript.
#[derive(Debug)]
pub struct View<'a> {
    events: &'a [Event],
    index: Index,
    /// What was sent, by event number: the message as JSON, and how checks see it.
    sent: BTreeMap<u64, (Message, Value)>,
    /// Messages the IUT sent, batches taken apart, in order.
    messages: Vec<Value>,
    /// Position in `messages` of the members of each received item.
    members: Vec<std::ops::Range<usize>>,
    exchanges: BTreeMap<u32, Raw<'a>>,
}

impl<'a> View<'a> {
    /// Read a transcript.
    pub fn of(events: &'a [Event]) -> Self {
        let index = Index::of(events);
        let sent = events.iter().filter_map(|event| Some((event.n, read_sent(event)?))).collect();
        let (messages, members, exchanges) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut view = Self { events, index, sent, messages, members, exchanges };
        view.read_exchanges();
        view.read_messages();
        view
    }

    /// The index beneath.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Names of the streams that were opened.
    pub fn stream_names(&self) -> impl Iterator<Item = &str> {
        self.index.streams.keys().map(String::as_str)
    }

    /// Every message the IUT sent.
    pub fn messages(&self) -> &[Value] {
        &self.messages
    }

    /// Everything that the IUT asked of the client, each with the message around it as `message` and its `client`.
    pub fn asks(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for message in &self.messages {
            for asked in message.get("asks").and_then(Value::as_array).into_iter().flatten() {
                let part = |from: &Value, name: &str| from.get(name).cloned().unwrap_or_default();
                all.push(Value::Object(members! {
                    "n": part(message, "n"), "key": part(asked, "key"), "method": part(asked, "method"),
                    "params": part(asked, "params"), "client": part(message, "client"), "message": message.clone(),
                }));
            }
        }
        all
    }

    /// Every task of this case, with each message that shows it.
    pub fn tasks(&self) -> Vec<Value> {
        tasks::tasks(&self.messages)
    }

    /// Every message that a client under test sent in a revision, each with what went before.
    pub fn sent_in(&self, revision: Revision) -> Vec<Value> {
        conduct::messages(self, self.events, revision)
    }

    /// A client under test of this name as an actor, with the same as `sent`, and the ids of its `sessions`.
    pub fn client_in(&self, revision: Revision, name: &str, processes: &str) -> Value {
        conduct::client(self, self.events, revision, name, processes)
    }

    /// Everything that a client under test was asked, in requests and in results, with what it answered.
    pub fn asked_in(&self, revision: Revision) -> Vec<Value> {
        conduct::asked(self, self.events, revision)
    }

    /// Every request of a client under test in a revision, as its stream.
    pub fn requests_in(&self, revision: Revision) -> Vec<Value> {
        self.requests().into_iter().filter(|request| speaks_in(request, revision)).collect()
    }

    /// Every HTTP exchange of a client under test in a revision.
    pub fn exchanges_in(&self, revision: Revision) -> Vec<Value> {
        self.exchanges().into_iter().filter(|exchange| speaks_in(exchange, revision)).collect()
    }

    /// Whether a handshake settled on another revision than this one.
    pub fn settled_elsewhere(&self, revision: Revision) -> bool {
        conduct::settled_elsewhere(self, revision)
    }

    /// The session that the answer in an exchange opens.
    pub(super) fn session_opened_by(&self, exchange: Option<u32>) -> Option<String> {
        let raw = self.exchanges.get(&exchange?)?;
        let (message, _) = self.sent.get(&raw.sent?.0)?;
        let opens = message.method() == Some("initialize");
        header(raw.headers, "mcp-session-id").filter(|_| opens).map(str::to_owned)
    }

    /// Every request of the server's, with what the client answered.
    pub fn asked(&self) -> Vec<Value> {
        super::asked::asked(self, self.events)
    }

    /// One named stream.
    pub fn stream(&self, name: &str) -> Option<Value> {
        let status = self.index.streams.get(name)?;
        Some(self.show_stream(name, status))
    }

    /// Pages that a `follow` step opened under a name: `name_1`, `name_2`, ...
    pub fn pages(&self, name: &str) -> Vec<Value> {
        (1..).map_while(|page| self.stream(&format!("{name}_{page}"))).collect()
    }

    /// Every request of ours that was sent, as its stream.
    pub fn requests(&self) -> Vec<Value> {
        let named = self.index.streams.iter();
        named.filter(|(_, status)| status.id.is_some()).map(|(name, status)| self.show_stream(name, status)).collect()
    }

    /// Every HTTP exchange, but not those for documents about the server.
    pub fn exchanges(&self) -> Vec<Value> {
        let ours = self.exchanges.iter().filter(|(_, raw)| raw.sent.is_none_or(|sent| sent.1 != SentKind::Metadata));
        ours.map(|(number, raw)| self.show_exchange(*number, raw)).collect()
    }

    /// Every actor.
    pub fn actors(&self) -> Vec<(String, Value)> {
        self.index.actors.keys().map(|name| (name.clone(), self.actor(name))).collect()
    }

    /// Every actor whose name begins like that.
    pub fn actors_called(&self, prefix: &str) -> Vec<Value> {
        let names: Vec<&String> = self.index.actors.keys().filter(|name| name.starts_with(prefix)).collect();
        let number = |name: &str| name.get(prefix.len()..).and_then(|rest| rest.parse::<u32>().ok());
        let mut numbered: Vec<_> = names.into_iter().map(|name| (number(name), name)).collect();
        numbered.sort();
        numbered.into_iter().map(|(_, name)| self.actor(name)).collect()
    }

    /// One actor, with all that was said on its own connection and on those of actors whose names begin like `others`.
    pub fn actor_with(&self, name: &str, others: &str) -> Value {
        let mut shown = self.actor(name);
        let Value::Object(members) = &mut shown else { return shown };
        for other in self.actors_called(others) {
            for list in ["sent", "messages", "strays"] {
                let more = other.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
                if let Some(Value::Array(all)) = members.get_mut(list) {
                    all.extend(more);
                    all.sort_by_key(|item| item.get("n").and_then(Value::as_u64));
                }
            }
        }
        shown
    }

    /// One actor.
    pub fn actor(&self, name: &str) -> Value {
        let status = self.index.actors.get(name);
        let mine = || self.events.iter().filter(|event| event.actor == name);
        let (mut stderr, mut ending) = (Vec::new(), Vec::new());
        let (mut stdin_closed, mut signals, mut notes, mut url) = (false, Vec::new(), Vec::new(), None);
        for event in mine() {
            match &event.what {
                What::Stderr { bytes } => stderr.extend_from_slice(&bytes.0),
                What::StdinClosed => {
                    stdin_closed = true;
                    ending.push(json!({ "what": "stdin", "at": event.t_us / 1000 }));
                }
                What::Signalled { signal } => {
                    signals.push(signal.clone());
                    ending.push(json!({ "what": signal, "at": event.t_us / 1000 }));
                }
                What::Exited { .. } => ending.push(json!({ "what": "exit", "at": event.t_us / 1000 })),
                What::Opened { target, .. } => url = Some(target.clone()),
                What::Note { text } => notes.push(text.clone()),
                _ => {}
            }
        }
        let messages: Vec<&Value> =
            self.messages.iter().filter(|m| m.get("actor").and_then(Value::as_str) == Some(name)).collect();
        let attached: BTreeSet<usize> =
            self.index.streams.values().filter(|s| !s.channel).flat_map(|s| s.messages.iter().copied()).collect();
        let strays: Vec<&Value> = self
            .index
            .received
            .iter()
            .enumerate()
            .filter(|(at, seen)| seen.actor == name && !attached.contains(at))
            .flat_map(|(at, _)| self.members_of(at))
            .collect();
        let session = self
            .exchanges
            .values()
            .filter(|raw| raw.actor == name)
            .find_map(|raw| header(raw.headers, "mcp-session-id"));
        let sent: Vec<Value> =
            mine().filter_map(|event| self.sent.get(&event.n)).flat_map(|(_, shown)| taken_apart(shown)).collect();
        let outlived =
            mine().any(|event| matches!(&event.what, What::TimedOut { waited_for, .. } if waited_for == EXIT));
        Value::Object(members! {
            "name": name,
            "session": session,
            "url": url,
            "exited": status.and_then(|s| s.exited.as_ref()).map(show_process_end),
            "exit_awaited_in_vain": outlived,
            "failure": status.and_then(|s| s.failure.as_deref()),
            "stdin_closed": stdin_closed,
            "signals": signals,
            "ending": ending,
            "stderr": String::from_utf8_lossy(&stderr),
            "messages": copies(&messages),
            "strays": copies(&strays),
            "sent": sent,
            "notes": notes,
        })
    }

    fn members_of(&self, received: usize) -> &[Value] {
        self.members.get(received).and_then(|range| self.messages.get(range.clone())).unwrap_or_default()
    }

    fn read_messages(&mut self) {
        let mut streams_of: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
        for (name, stream) in &self.index.streams {
            for at in &stream.messages {
                streams_of.entry(*at).or_default().push(name);
            }
        }
        let greeted = self.declared_in_handshake();
        for at in 0..self.index.received.len() {
            let Some(seen) = self.index.received.get(at) else { break };
            let start = self.messages.len();
            let names = streams_of.get(&at).map(Vec::as_slice).unwrap_or_default();
            let streams: Vec<(&String, &StreamStatus)> =
                names.iter().filter_map(|name| self.index.streams.get_key_value(*name)).collect();
            // A channel only carries what is for others, or for nobody.
            let streams: Vec<_> = streams.into_iter().filter(|(_, stream)| !stream.channel).collect();
            let batched = matches!(seen.message.kind, Kind::Batch(_));
            let verb = seen
                .exchange
                .and_then(|number| self.exchanges.get(&number))
                .and_then(|raw| raw.sent)
                .map(|sent| sent.2.verb.clone());
            let moment = self.at(seen.n);
            let context = |message: &Message| {
                let answered =
                    streams.iter().find(|(_, stream)| stream.id.as_ref().is_some_and(|id| answers(message, id)));
                // Of what came for a batch, a response is its request's, and the rest everybody's.
                let owner = match (answered, streams.iter().find(|(_, stream)| stream.batch)) {
                    (Some(answered), Some(_)) => Some(answered),
                    (None, Some(batch)) => Some(batch),
                    (_, None) => streams.first().filter(|_| streams.len() == 1),
                };
                let after_answer = owner.is_some_and(|(_, stream)| stream.answer.is_some_and(|answer| answer < at));
                let of = answered.map_or(Value::Null, |(_, stream)| self.show_request(stream));
                let during = owner.map_or(Value::Null, |(_, stream)| self.show_request(stream));
                let request = if of.is_null() { &during } else { &of };
                let client = request.pointer("/params/_meta/io.modelcontextprotocol~1clientCapabilities");
                let client = client.or_else(|| greeted.get(&seen.actor)).cloned();
                let mut shown = show_message(seen, message);
                shown.extend(members! {
                    "at": moment,
                    "stream": owner.map(|(name, _)| name.as_str()),
                    "after_answer": after_answer,
                    "batched": batched,
                    "client": client,
                    "of": of,
                    "during": during,
                    "verb": verb.as_deref(),
                });
                Value::Object(shown)
            };
            let shown: Vec<Value> = match &seen.message.kind {
                Kind::Batch(members) => members.iter().map(context).collect(),
                _ => vec![context(&seen.message)],
            };
            self.messages.extend(shown);
            self.members.push(start..self.messages.len());
        }
    }

    /// When an event was recorded, in whole milliseconds since the case began.
    fn at(&self, n: u64) -> u64 {
        let event = usize::try_from(n).ok().and_then(|n| n.checked_sub(1)).and_then(|at| self.events.get(at));
        event.map_or(0, |event| event.t_us / 1000)
    }

    /// Capabilities that each actor declared in its handshake.
    fn declared_in_handshake(&self) -> BTreeMap<String, Value> {
        let mut declared = BTreeMap::new();
        for event in self.events {
            let What::Sent { kind: SentKind::Request, .. } = &event.what else { continue };
            let Some((message, _)) = self.sent.get(&event.n) else { continue };
            if message.method() == Some("initialize") && !declared.contains_key(&event.actor) {
                let capabilities = message.params().and_then(|params| params.get("capabilities")).cloned();
                declared.insert(event.actor.clone(), capabilities.unwrap_or_default());
            }
        }
        declared
    }

    fn show_request(&self, status: &StreamStatus) -> Value {
        let sent = self.sent.get(&status.sent).map(|(_, shown)| shown);
        let shown = match &status.part {
            None => sent,
            Some((_, place)) => sent.and_then(|sent| sent.pointer(&format!("/batch/{place}"))),
        };
        shown.cloned().unwrap_or_default()
    }

    fn show_stream(&self, name: &str, status: &StreamStatus) -> Value {
        // Responses to others that came in the same array are not among them.
        let shares = status.part.is_some() || (status.exchange.is_none() || status.on_channel) && !status.batch;
        let is_response = |m: &Value| matches!(m.get("kind").and_then(Value::as_str), Some("result" | "error"));
        let mine = |m: &&Value| {
            let alone = m.get("batched") != Some(&Value::Bool(true));
            !shares || alone || !is_response(m) || same_id(m, status.id.as_ref())
        };
        let messages: Vec<&Value> = status.messages.iter().flat_map(|at| self.members_of(*at)).filter(mine).collect();
        let of_kind = |kind: &str| -> Vec<&Value> {
            messages.iter().copied().filter(|m| m.get("kind").and_then(Value::as_str) == Some(kind)).collect()
        };
        let responses: Vec<&Value> = messages
            .iter()
            .copied()
            .filter(|m| is_response(m))
            // Over HTTP+SSE what stands in the response to a POST is about that.
            .filter(|m| {
                let own = status.on_channel && m.get("verb").and_then(Value::as_str) == Some("POST");
                !shares || own || same_id(m, status.id.as_ref())
            })
            .collect();
        let answer = status.answer.and_then(|at| {
            let members = self.members_of(at);
            members.iter().find(|m| same_id(m, status.id.as_ref())).or(members.first())
        });
        let part = |key: &str| answer.and_then(|m| m.get(key)).cloned().unwrap_or(Value::Null);
        let raw = status.exchange.and_then(|number| self.exchanges.get(&number));
        let timed_out = self.events.iter().any(|e| e.stream.as_deref() == Some(name) && e.waited_long());
        let traced = self.events.iter().rev().find_map(|event| match &event.what {
            What::Traced { exported, spans } if event.stream.as_deref() == Some(name) => {
                Some(json!({ "exported": exported, "spans": spans }))
            }
            _ => None,
        });
        let token = self.show_request(status).pointer("/params/_meta/progressToken").cloned().unwrap_or(Value::Null);
        let progress: Vec<Value> = of_kind("notification")
            .iter()
            .filter(|m| m.get("method").and_then(Value::as_str) == Some("notifications/progress"))
            .filter(|m| token.is_null() || m.pointer("/params/progressToken") == Some(&token))
            .filter_map(|m| m.pointer("/params/progress").cloned())
            .collect();
        let mut shown = self.show_http(raw);
        shown.extend(members! {
            "name": name,
            "actor": status.actor.as_str(),
            "batch": status.part.as_ref().map(|(batch, _)| batch.as_str()),
            "request": self.show_request(status),
            "messages": copies(&messages),
            "notifications": copies(&of_kind("notification")),
            "requests": copies(&of_kind("request")),
            "invalid": copies(&of_kind("invalid")),
            "responses": copies(&responses),
            "answer": answer.cloned(),
            "answered": answer.is_some(),
            "result": part("result"),
            "error": part("error"),
            "refused": !part("error").is_null() || status.status.is_some_and(|s| s >= 400),
            "progress": progress,
            "ended": show_end(status, raw),
            "failure": status.failure.as_deref(),
            "timed_out": timed_out,
            "traced": traced,
            "cancelled": self.was_cancelled(status),
        });
        if let Some(raw) = raw {
            shown.extend(auth::show_dealings(raw));
        }
        Value::Object(shown)
    }

    /// Did its actor, or another in the same session, send `notifications/cancelled` for the request of a stream?
    fn was_cancelled(&self, status: &StreamStatus) -> bool {
        let Some(id) = &status.id else { return false };
        let shares = |actor: &str| {
            actor == status.actor || !self.sessions_named_by(&status.actor).is_disjoint(&self.sessions_named_by(actor))
        };
        self.events.iter().any(|event| {
            let What::Sent { kind: SentKind::Notification | SentKind::Batch, .. } = &event.what else { return false };
            let sent = self.sent.get(&event.n).map(|(message, _)| message.each());
            sent.unwrap_or_default().iter().any(|message| {
                let named = message.params().and_then(|params| params.get("requestId")).and_then(Id::from_value);
                message.method() == Some("notifications/cancelled") && named.is_some_and(|named| named.same_value(id))
            }) && shares(&event.actor)
        })
    }

    /// The session ids that the requests of an actor carry.
    fn sessions_named_by(&self, actor: &str) -> BTreeSet<&str> {
        let sent = self.exchanges.values().filter(|raw| raw.actor == actor).filter_map(|raw| raw.sent);
        sent.filter_map(|(_, _, http, _, _)| header(&http.headers, "mcp-session-id")).collect()
    }
}

fn speaks_in(thing: &Value, revision: Revision) -> bool {
    thing.get("request").is_none_or(|sent| conduct::speaks(sent, revision))
}

/// How the stream ends in name on which an actor gives up its session when its case is over.
pub const GOODBYE: &str = "_goodbye";
/// What a wait for the end of a process is called in [`What::TimedOut`].
pub const EXIT: &str = "the process to end";

fn show_end(status: &StreamStatus, raw: Option<&Raw<'_>>) -> &'static str {
    match (&status.failure, raw.and_then(|raw| raw.end)) {
        (Some(_), _) => "failed",
        // Its own response only acknowledges.
        (None, _) if status.on_channel && status.id.is_some() && !status.is_over() => "open",
        (None, Some(end)) => end_word(end),
        (None, None) if status.exchange.is_none() && status.answer.is_some() => "complete",
        (None, None) => "open",
    }
}
