//! A transcript as checks see it: JSON values under names, for CEL expressions, patterns and references.
//!
//! Members are always present; what did not come is null, an empty list or `false`. The reference page
//! `docs/writing-scenarios.md` lists them for authors.

mod actors;
mod auth;
mod exchanges;
mod messages;
mod streams;

use std::collections::BTreeMap;

use exchanges::Raw;
use serde_json::Value;

use super::conduct;
use super::index::Index;
use super::shown::{header, members, read_sent};
use super::{Event, SentKind, tasks};
use crate::revision::Revision;
use crate::wire::message::Message;

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

    /// The messages of a received item.
    fn members_of(&self, received: usize) -> &[Value] {
        self.members.get(received).and_then(|range| self.messages.get(range.clone())).unwrap_or_default()
    }
}

fn speaks_in(thing: &Value, revision: Revision) -> bool {
    thing.get("request").is_none_or(|sent| conduct::speaks(sent, revision))
}

/// How the stream ends in name on which an actor gives up its session when its case is over.
pub const GOODBYE: &str = "_goodbye";
/// What a wait for the end of a process is called in [`What::TimedOut`].
pub const EXIT: &str = "the process to end";
