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
    /// It is that of a whole batch.
    pub batch: bool,
    /// Everything comes on it (HTTP+SSE).
    pub channel: bool,
    /// What is for it comes on the actor's channel; its own HTTP response only acknowledges.
    pub on_channel: bool,
    /// Where messages are to be sent, as the channel says first.
    pub endpoint: Option<String>,
    /// The batch it was part of: the stream of that, and the place in it.
    pub part: Option<(String, usize)>,
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
        let refused = self.status.is_some_and(|status| status >= 400);
        match (self.exchange, self.on_channel && self.id.is_some()) {
            (None, _) => self.failure.is_some() || self.answer.is_some(),
            (_, true) => self.failure.is_some() || self.answer.is_some() || refused && self.end.is_some(),
            (_, false) => self.end.is_some() || self.failure.is_some(),
        }
    }
}

/// What is known of one actor's connection.
#[derive(Clone, Debug, Default)]
pub struct ActorStatus {
    /// How its process ended; none while it runs, or for HTTP.
    pub exited: Option<ProcessEnd>,
    /// Why no connection came about.
    pub failure: Option<String>,
    /// Its channel, once it has opened one.
    pub channel: Option<String>,
}

impl ActorStatus {
    /// Whether its process is over.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.exited.is_some()
    }
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

    /// Whether a stream's request is answered: of a batch, each of its requests, or the whole as one.
    pub fn is_answered(&self, name: &str) -> bool {
        let Some(stream) = self.streams.get(name) else { return false };
        let is_part = |part: &&StreamStatus| part.part.as_ref().is_some_and(|(batch, _)| batch == name);
        let mut parts = self.streams.values().filter(is_part).filter(|part| part.id.is_some()).peekable();
        stream.answer.is_some() || parts.peek().is_some() && parts.all(|part| part.answer.is_some())
    }

    /// Take in the next event.
    pub fn add(&mut self, event: &Event) {
        if matches!(event.what, What::Over { .. }) {
            return;
        }
        let actor = self.actors.entry(event.actor.clone()).or_default();
        match &event.what {
            What::Sent { kind, exchange, bytes, parts, .. } => {
                let Some(name) = &event.stream else { return };
                if *kind == SentKind::Response || self.streams.contains_key(name) {
                    return;
                }
                let sent = message::read(&bytes.0);
                let gone = actor.exited.as_ref().filter(|_| exchange.is_none()).map(end_in_words);
                let status = StreamStatus {
                    actor: event.actor.clone(),
                    sent: event.n,
                    id: sent.id().filter(|_| *kind != SentKind::Notification).cloned(),
                    exchange: *exchange,
                    failure: gone,
                    batch: *kind == SentKind::Batch,
                    channel: *kind == SentKind::Channel,
                    on_channel: actor.channel.is_some() && *kind != SentKind::Channel,
                    ..StreamStatus::default()
                };
                if *kind == SentKind::Channel {
                    actor.channel = Some(name.clone());
                }
                self.streams.insert(name.clone(), status.clone());
                for (place, (part, member)) in parts.iter().zip(sent.each()).enumerate() {
                    let Some(own) = part.as_ref().filter(|own| !self.streams.contains_key(*own)) else { continue };
                    let id = member.id().cloned();
                    let part = Some((name.clone(), place));
                    let status = StreamStatus { id, batch: false, part, ..status.clone() };
                    self.streams.insert(own.clone(), status);
                }
            }
            What::Head { status, headers, .. } => {
                let event_stream = headers.iter().any(|(name, value)| {
                    name.eq_ignore_ascii_case("content-type")
                        && value.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
                });
                for stream in self.named(event) {
                    stream.status = Some(*status);
                    stream.event_stream = event_stream;
                }
            }
            What::Received { exchange, bytes } => self.receive(event, *exchange, message::read(&bytes.0)),
            What::Ended { end, .. } => {
                for stream in self.named(event) {
                    stream.end = Some(end.clone());
                }
                // At the end of a case it is we who end it.
                if *end != End::CutByUs {
                    self.channel_ended(event, "the event stream on which everything comes has ended");
                }
            }
            What::ConnectionFailed { problem, exchange } => {
                if exchange.is_none() {
                    actor.failure = Some(problem.clone());
                }
                for stream in self.named(event) {
                    stream.failure = Some(problem.clone());
                }
                self.channel_ended(event, problem);
            }
            What::Sse { name: Some(name), data: Some(data), .. } if name == "endpoint" => {
                for stream in self.named(event).filter(|stream| stream.channel) {
                    stream.endpoint.get_or_insert_with(|| data.clone());
                }
            }
            What::Exited { end } => {
                actor.exited = Some(end.clone());
                self.fail_open_streams(&event.actor, end);
            }
            _ => {}
        }
    }

    /// The stream of an event, and those of the requests that were sent with it in a batch.
    fn named<'i>(&'i mut self, event: &'i Event) -> impl Iterator<Item = &'i mut StreamStatus> {
        let name = event.stream.as_deref();
        let shares = move |own: &str, status: &StreamStatus| {
            name.is_some_and(|name| own == name || status.part.as_ref().is_some_and(|(batch, _)| batch == name))
        };
        self.streams.iter_mut().filter(move |(own, status)| shares(own, status)).map(|(_, status)| status)
    }

    /// Nothing more can come for whoever waits on a channel that is over.
    fn channel_ended(&mut self, event: &Event, problem: &str) {
        if self.named(event).any(|stream| stream.channel) {
            for stream in self.streams.values_mut().filter(|stream| stream.actor == event.actor && stream.on_channel) {
                if stream.id.is_some() && !stream.is_over() {
                    stream.failure = Some(problem.to_owned());
                }
            }
        }
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
                let mut shared = Shared::Batch(name);
                if let Some(stream) = self.streams.get_mut(name) {
                    attach(stream, at, &message);
                    if stream.channel {
                        shared = Shared::Channel;
                    }
                }
                self.attach_by_content(&event.actor, shared, at, &message);
            }
            (None, None) => self.attach_by_content(&event.actor, Shared::Pipe, at, &message),
            (None, Some(_)) => {}
        }
        self.received.push(Seen { n: event.n, actor: event.actor.clone(), exchange, message });
    }

    /// On stdio everything shares one pipe, over HTTP+SSE one event stream, and the answer to a batch is shared by its
    /// requests: an answer belongs to the request with its id, a subscription notification to the one it names, and
    /// whatever names nobody to every request still open.
    fn attach_by_content(&mut self, actor: &str, shared: Shared<'_>, at: usize, message: &Message) {
        for member in message.each() {
            let owner = owner_of(&self.streams, actor, member);
            if !matches!(shared, Shared::Batch(_)) {
                self.attach_to_batch(actor, owner, at, member);
            }
            for (position, stream) in self.streams.values_mut().enumerate() {
                let shares = match shared {
                    Shared::Batch(name) => stream.part.as_ref().is_some_and(|(own, _)| own == name),
                    Shared::Channel => stream.on_channel,
                    Shared::Pipe => stream.exchange.is_none(),
                };
                let mine = stream.actor == actor && shares;
                // Whether such an error is about one member or the whole, nobody can tell.
                let unclear = stream.part.is_some() && is_nameless(member);
                let takes = match owner {
                    Owner::Stream(wanted) => position == wanted,
                    Owner::Nobody => false,
                    Owner::Open => mine && stream.id.is_some() && !stream.is_over() && !unclear,
                };
                if takes && mine && stream.messages.last() != Some(&at) {
                    attach(stream, at, member);
                }
            }
        }
    }

    /// On stdio: a batch gets what its requests get. An error that names no request refuses the last batch that nothing
    /// has come for yet.
    fn attach_to_batch(&mut self, actor: &str, owner: Owner, at: usize, member: &Message) {
        let batch = match owner {
            Owner::Stream(position) => {
                let part = self.streams.get_index(position).and_then(|(_, stream)| stream.part.clone());
                part.map(|(batch, _)| batch)
            }
            _ if is_nameless(member) => {
                let waits = |stream: &StreamStatus| stream.batch && stream.actor == actor && stream.messages.is_empty();
                self.streams.iter().rev().find(|(_, stream)| waits(stream)).map(|(name, _)| name.clone())
            }
            _ => None,
        };
        if let Some(stream) = batch.and_then(|batch| self.streams.get_mut(&batch))
            && stream.messages.last() != Some(&at)
        {
            stream.messages.push(at);
            stream.answer = stream.answer.or(is_nameless(member).then_some(at));
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

/// What several requests share.
#[derive(Clone, Copy)]
enum Shared<'n> {
    Pipe,
    Channel,
    /// The answer to the batch of that stream.
    Batch(&'n str),
}

#[derive(Clone, Copy)]
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

/// An error that does not say what it answers.
fn is_nameless(message: &Message) -> bool {
    matches!(&message.kind, Kind::Error { id, .. } if id.as_ref().is_none_or(Id::is_null))
}

fn attach(stream: &mut StreamStatus, at: usize, message: &Message) {
    stream.messages.push(at);
    if stream.answer.is_none() {
        // An error without a usable id answers the only request of its exchange, as JSON-RPC says of parse errors.
        let anonymous = stream.exchange.is_some() && !stream.channel && is_nameless(message);
        if anonymous || stream.id.as_ref().is_some_and(|id| answers(message, id)) {
            stream.answer = Some(at);
        }
    }
}
