//! An event stream on its way through the rules: event by event, every byte that no rule touches as it came.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::HeaderValue;
use indexmap::IndexMap;
use serde_json::Value;

use super::body::{Body, BoxError};
use super::connect::Connection;
use super::exchange::{HELD, Proxy};
use crate::mutate::select::is_response;
use crate::mutate::{Outgoing, Selection};
use crate::scenario::Answering;
use crate::wire::Limits;
use crate::wire::sse::{Decoder, Event, Item};

/// Most bytes of an unfinished event that are held; then the event goes on as it comes, without rules.
const MAX_HELD: usize = 2 * Limits::DEFAULT.event_bytes;

/// The event that names where to send messages (2024-11-05, basic/transports#http-with-sse).
const ENDPOINT: &str = "endpoint";

/// What goes next.
enum Ready {
    Bytes(Bytes),
    Wait(Duration),
}

/// The stream.
pub(super) struct Events {
    proxy: Arc<Proxy>,
    selection: Arc<Selection>,
    session: Option<HeaderValue>,
    upstream: Option<(Incoming, Connection)>,
    decoder: Decoder,
    /// Bytes that came and did not go yet.
    held: BytesMut,
    /// Where in the stream they start.
    offset: u64,
    ready: VecDeque<Ready>,
    /// What to send when the server has ended the stream.
    last: Vec<Vec<u8>>,
    /// Everything comes on it: it named the address to send to (HTTP+SSE).
    channel: bool,
    /// The connection breaks when all is sent that is ready.
    breaks: bool,
}

impl Events {
    /// The stream that answers a request. `around` is what goes before and after all of it.
    pub(super) fn new(
        proxy: Arc<Proxy>,
        upstream: (Incoming, Connection),
        selection: Arc<Selection>,
        session: Option<HeaderValue>,
        around: Outgoing,
    ) -> Self {
        Self {
            proxy,
            selection,
            session,
            upstream: Some(upstream),
            decoder: Decoder::new(Limits::DEFAULT),
            held: BytesMut::new(),
            offset: 0,
            ready: around.before.iter().map(|data| ready(alone(data))).collect(),
            last: around.after,
            channel: false,
            breaks: false,
        }
    }

    /// As a response body.
    pub(super) fn into_body(self) -> Body {
        let chunks = stream::unfold(self, |mut events| async move { events.next().await.map(|chunk| (chunk, events)) });
        StreamBody::new(chunks).boxed_unsync()
    }

    async fn next(&mut self) -> Option<Result<Frame<Bytes>, BoxError>> {
        loop {
            match self.ready.pop_front() {
                Some(Ready::Bytes(bytes)) => return Some(Ok(Frame::data(bytes))),
                Some(Ready::Wait(delay)) => {
                    tokio::time::sleep(delay).await;
                    continue;
                }
                None => {}
            }
            if std::mem::take(&mut self.breaks) {
                return Some(Err("the connection was closed instead of a message".into()));
            }
            let (body, _) = self.upstream.as_mut()?;
            match body.frame().await {
                Some(Ok(frame)) => frame.data_ref().into_iter().for_each(|bytes| self.take(bytes)),
                Some(Err(error)) => {
                    self.upstream = None;
                    return Some(Err(error.into()));
                }
                None => {
                    self.upstream = None;
                    self.pass(usize::MAX);
                    self.ready.extend(self.last.drain(..).map(|data| ready(alone(&data))));
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let end = self.offset + (self.held.len() + bytes.len()) as u64;
        self.held.extend_from_slice(bytes);
        for item in self.decoder.push(bytes) {
            let Item::Event(event) = item else { continue };
            self.pass_to(event.span.start);
            let length = event.span.end.saturating_sub(self.offset);
            if event.name.as_deref() == Some(ENDPOINT) && self.session.is_none() {
                self.session = HeaderValue::from_str(event.data.trim()).ok();
                self.channel = true;
            }
            match self.change(&event).filter(|out| *out != Outgoing::default()) {
                None => self.pass_to(event.span.end),
                Some(out) => {
                    let came = self.cut(length as usize);
                    self.send(&event, came, &out);
                }
            }
            if self.breaks {
                self.upstream = None;
                self.held.clear();
                return;
            }
        }
        self.pass_to(end - self.decoder.pending());
        if self.held.len() > MAX_HELD {
            self.pass(usize::MAX);
        }
    }

    /// What the rules make of an event; none where it concerns none.
    fn change(&self, event: &Event) -> Option<Outgoing> {
        if event.truncated || event.span.start < self.offset {
            return None;
        }
        let mutator = &self.proxy.mutator;
        if event.data.is_empty() {
            return Some(mutator.message(&[&self.selection], None));
        }
        if self.channel && event.name.as_deref() == Some(ENDPOINT) {
            return Some(mutator.event(ENDPOINT));
        }
        let message: Value = serde_json::from_str(&event.data).ok()?;
        if message.get("method").is_some() {
            let asked = if self.channel { self.proxy.asked.of(self.session.as_ref()) } else { Vec::new() };
            let open: Vec<&Selection> = asked.iter().chain([&self.selection]).map(Arc::as_ref).collect();
            return Some(mutator.message(&open, Some(&message)));
        }
        let answers_batch = self.selection.is_batch() && message.is_array();
        if !answers_batch && !is_response(&message) {
            return None;
        }
        let id = message.get("id");
        if self.selection.wants_response() && self.selection.is_answered_by(id) {
            return Some(mutator.answer(&self.selection, Some(&message)));
        }
        let asked = self.proxy.asked.find(self.session.as_ref(), id?)?;
        Some(mutator.answer(&asked, Some(&message)))
    }

    fn send(&mut self, event: &Event, came: Bytes, out: &Outgoing) {
        self.ready.extend(out.before.iter().map(|data| ready(alone(data))));
        self.ready.extend(out.delay.map(Ready::Wait));
        let times = match out.answering {
            Answering::Once | Answering::Cut | Answering::Stall => 1,
            Answering::Twice => 2,
            Answering::Never => 0,
            Answering::Close => {
                self.breaks = true;
                return;
            }
        };
        let is_same = out.body.is_none() && out.event.is_empty();
        let made = if is_same { came } else { change(event, out.body.as_deref(), &out.event).into() };
        match out.answering {
            Answering::Cut | Answering::Stall => {
                let half = made.len() / 2;
                self.ready.push_back(Ready::Bytes(made.slice(..half)));
                self.breaks = out.answering == Answering::Cut;
                self.ready.extend((!self.breaks).then_some(Ready::Wait(HELD)));
                return;
            }
            _ => self.ready.extend(std::iter::repeat_n(made, times).map(Ready::Bytes)),
        }
        self.ready.extend(out.after.iter().map(|data| ready(alone(data))));
    }

    /// Sends what is held up to that place in the stream as it came.
    fn pass_to(&mut self, place: u64) {
        self.pass(place.saturating_sub(self.offset) as usize);
    }

    fn pass(&mut self, length: usize) {
        let bytes = self.cut(length);
        if !bytes.is_empty() {
            self.ready.push_back(Ready::Bytes(bytes));
        }
    }

    fn cut(&mut self, length: usize) -> Bytes {
        let bytes = self.held.split_to(length.min(self.held.len())).freeze();
        self.offset += bytes.len() as u64;
        bytes
    }
}

fn ready(bytes: Vec<u8>) -> Ready {
    Ready::Bytes(bytes.into())
}

/// An event with other data, and fields set or taken away: what SSE does not know, or not with that value, too.
pub(super) fn change(event: &Event, data: Option<&[u8]>, changes: &IndexMap<String, Option<String>>) -> Vec<u8> {
    let mut fields: IndexMap<&str, Vec<u8>> = IndexMap::new();
    let retry = event.retry.map(|retry| retry.to_string());
    for (name, value) in [("event", &event.name), ("id", &event.id), ("retry", &retry)] {
        fields.extend(value.as_ref().map(|value| (name, value.clone().into_bytes())));
    }
    let data = data.or(event.has_data.then_some(event.data.as_bytes()));
    fields.extend(data.map(|data| ("data", data.to_vec())));
    for (name, value) in changes {
        match value {
            Some(value) => drop(fields.insert(name, value.clone().into_bytes())),
            None => drop(fields.shift_remove(name.as_str())),
        }
    }
    encode(fields.iter().map(|(name, value)| (*name, value.as_slice())))
}

/// An event with that data and nothing else.
pub(super) fn alone(data: &[u8]) -> Vec<u8> {
    encode([("data", data)])
}

/// An event without data whose id no server gives.
pub(super) fn priming(number: u64) -> Vec<u8> {
    encode([("id", format!("mutator-{number}").as_bytes()), ("data", b"".as_slice())])
}

fn encode<'a>(fields: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in fields {
        for line in value.split(|byte| matches!(byte, b'\n' | b'\r')) {
            bytes.extend([name.as_bytes(), b": ", line, b"\n"].concat());
        }
    }
    bytes.push(b'\n');
    bytes
}
