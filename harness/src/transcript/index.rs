//! What is known of each named stream so far: which request opened it, what came, whether it is answered or over.
//!
//! One incremental reading of the events serves the driver, which waits on it, and the views that checks read.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{End, Event, ProcessEnd, SentKind, What};
use crate::wire::message::{self, Id, Kind, Message};

/// A message as the index read it, with the position of its event.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Event number.
    pub n: u64,
    /// Actor on whose connection it crossed.
    pub actor: String,
    /// HTTP exchange it crossed on.
    pub exchange: Option<u32>,
    /// The message; of a batch, the batch.
    pub message: Message,
}

/// What is known of one named stream.
#[derive(Clone, Debug, Default)]
pub struct StreamStatus {
    /// Actor that opened it.
    pub actor: String,
    /// Event number of the bytes that opened it.
    pub sent: u64,
    /// Id of the request that opened it.
    pub id: Option<Id>,
    /// HTTP exchange.
    pub exchange: Option<u32>,
    /// HTTP status, once there is a response head.
    pub status: Option<u16>,
    /// True for a server-sent-events response.
    pub event_stream: bool,
    /// Positions in [`Index::received`] of the messages that came on it.
    pub messages: Vec<usize>,
    /// Position in [`Index::received`] of the answer to its request.
    pub answer: Option<usize>,
    /// How it ended; none while it is open.
    pub end: Option<End>,
    /// Why no connection came about, or how it broke.
    pub failure: Option<String>,
}

impl StreamStatus {
    /// Nothing more can come on it.
    pub fn is_over(&self) -> bool {
        self.end.is_some() || self.failure.is_some() || (self.exchange.is_none() && self.answer.is_some())
    }
}

/// What is known of one actor's connection.
#[derive(Clone, Debug, Default)]
pub struct ActorStatus {
    /// How its process ended; none while it runs, or for HTTP.
    pub exited: Option<ProcessEnd>,
    /// Why no connection came about.
    pub failure: Option<String>,
}

/// Incremental reading of a transcript.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Named streams in order of opening.
    pub streams: IndexMap<String, StreamStatus>,
    /// Messages received, in order, batches whole.
    pub received: Vec<Seen>,
    /// Actors.
    pub actors: BTreeMap<String, ActorStatus>,
}

impl Index {
    /// Read a whole list of events.
    pub fn of(events: &[Event]) -> Self {
        let mut index = Self::default();
        for event in events {
            index.add(event);
        }
        index
    }

    /// Take in the next event.
    pub fn add(&mut self, event: &Event) {
        if matches!(event.what, What::Over { .. }) {
            return;
        }
        let actor = self.actors.entry(event.actor.clone()).or_default();
        match &event.what {
            What::Sent { kind, exchange, bytes, .. } => {
                let Some(name) = &event.stream else { return };
                if *kind == SentKind::Response || self.streams.contains_key(name) {
                    return;
                }
                let id = match *kind {
                    SentKind::Notification => None,
                    _ => message::read(&bytes.0).id().cloned(),
                };
                let gone = actor.exited.as_ref().filter(|_| exchange.is_none()).map(end_in_words);
                let status = StreamStatus {
                    actor: event.actor.clone(),
                    sent: event.n,
                    id,
                    exchange: *exchange,
                    failure: gone,
                    ..StreamStatus::default()
                };
                self.streams.insert(name.clone(), status);
            }
            What::Head { status, headers, .. } => {
                if let Some(stream) = self.named(event) {
                    stream.status = Some(*status);
                    stream.event_stream = headers.iter().any(|(name, value)| {
                        name.eq_ignore_ascii_case("content-type")
                            && value.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
                    });
                }
            }
            What::Received { exchange, bytes } => self.receive(event, *exchange, message::read(&bytes.0)),
            What::Ended { end, .. } => {
                if let Some(stream) = self.named(event) {
                    stream.end = Some(end.clone());
                }
            }
            What::ConnectionFailed { problem, exchange } => {
                if exchange.is_none() {
                    actor.failure = Some(problem.clone());
                }
                if let Some(stream) = self.named(event) {
                    stream.failure = Some(problem.clone());
                }
            }
            What::Exited { end } => {
                actor.exited = Some(end.clone());
                self.fail_open_streams(&event.actor, end);
            }
            _ => {}
        }
    }

    fn named(&mut self, event: &Event) -> Option<&mut StreamStatus> {
        self.streams.get_mut(event.stream.as_ref()?)
    }

    fn fail_open_streams(&mut self, actor: &str, end: &ProcessEnd) {
        let problem = end_in_words(end);
        for stream in self.streams.values_mut() {
            if stream.actor == actor && stream.exchange.is_none() && !stream.is_over() {
                stream.failure = Some(problem.clone());
            }
        }
    }

    fn receive(&mut self, event: &Event, exchange: Option<u32>, message: Message) {
        let at = self.received.len();
        match (&event.stream, exchange) {
            (Some(name), _) => {
                if let Some(stream) = self.streams.get_mut(name) {
                    attach(stream, at, &message);
                }
            }
            (None, None) => self.attach_by_content(&event.actor, at, &message),
            (None, Some(_)) => {}
        }
        self.received.push(Seen { n: event.n, actor: event.actor.clone(), exchange, message });
    }

    /// On stdio everything shares one pipe: an answer belongs to the request with its id, a progress or subscription
    /// notification to the one it names, and whatever names nobody to every request still open.
    fn attach_by_content(&mut self, actor: &str, at: usize, message: &Message) {
        let members: Vec<&Message> = match &message.kind {
            Kind::Batch(members) => members.iter().collect(),
            _ => vec![message],
        };
        for member in members {
            let owner = owner_of(&self.streams, actor, member);
            for (position, stream) in self.streams.values_mut().enumerate() {
                let mine = stream.actor == actor && stream.exchange.is_none();
                let takes = match owner {
                    Owner::Stream(wanted) => position == wanted,
                    Owner::Nobody => false,
                    Owner::Open => mine && stream.id.is_some() && !stream.is_over(),
                };
                if takes && mine && stream.messages.last() != Some(&at) {
                    attach(stream, at, member);
                }
            }
        }
    }
}

/// How a process ended, in words.
pub fn end_in_words(end: &ProcessEnd) -> String {
    match end {
        ProcessEnd::Code(code) => format!("the process ended with exit code {code}"),
        ProcessEnd::Signal(signal) => format!("the process was ended by signal {signal}"),
        ProcessEnd::OutputClosed => "the process closed its standard output".to_owned(),
        ProcessEnd::Killed => "the process was killed by the harness".to_owned(),
    }
}

enum Owner {
    Stream(usize),
    Open,
    Nobody,
}

fn owner_of(streams: &IndexMap<String, StreamStatus>, actor: &str, message: &Message) -> Owner {
    let by_id = |id: &Id| {
        let found = streams
            .values()
            .position(|stream| stream.actor == actor && stream.id.as_ref().is_some_and(|own| own.same_value(id)));
        found.map_or(Owner::Nobody, Owner::Stream)
    };
    let named_id = |pointer: &str| {
        message.value.as_ref().and_then(|value| value.pointer(pointer)).and_then(Id::from_value).map(|id| by_id(&id))
    };
    match &message.kind {
        Kind::Result { id } | Kind::Error { id: Some(id), .. } => by_id(id),
        Kind::Notification { method } if method == "notifications/cancelled" => {
            named_id("/params/requestId").unwrap_or(Owner::Open)
        }
        Kind::Notification { .. } => {
            named_id("/params/_meta/io.modelcontextprotocol~1subscriptionId").unwrap_or(Owner::Open)
        }
        _ => Owner::Open,
    }
}

/// Does this message, or a member of this batch, answer a request with this id?
pub(super) fn answers(message: &Message, id: &Id) -> bool {
    match &message.kind {
        Kind::Result { id: got } => got.same_value(id),
        Kind::Error { id: got, .. } => got.as_ref().is_some_and(|got| got.same_value(id)),
        Kind::Batch(members) => members.iter().any(|member| answers(member, id)),
        _ => false,
    }
}

fn attach(stream: &mut StreamStatus, at: usize, message: &Message) {
    stream.messages.push(at);
    if stream.answer.is_none() {
        // An error without a usable id answers the only request of its exchange, as JSON-RPC says of parse errors.
        let anonymous = stream.exchange.is_some()
            && matches!(&message.kind, Kind::Error { id, .. } if id.as_ref().is_none_or(Id::is_null));
        if anonymous || stream.id.as_ref().is_some_and(|id| answers(message, id)) {
            stream.answer = Some(at);
        }
    }
}
