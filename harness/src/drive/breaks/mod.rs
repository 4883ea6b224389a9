//! Faults as they are found in clients, for a fuzzer to find: each breaks the reference client for some answer that is not
//! far away. No scenario has to know them.

mod fault;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use fault::ClientFault;
use serde_json::{Value, json};

use crate::transcript::{End, Event, What};
use crate::wire::message::{self, Kind, Message};

/// How often it is looked for news.
pub(super) const EVERY: Duration = Duration::from_millis(5);
/// Levels that are too deep.
const DEEP: usize = 500;
/// Characters that are too many.
const LONG: usize = 50_000;
/// Bytes that are taken for nothing.
const MUCH: usize = 400 << 20;
/// How long it takes until they have been seen to be taken.
const SEEN: Duration = Duration::from_millis(600);
/// What is known of what servers send by themselves.
const KNOWN: [&str; 9] = [
    "notifications/message",
    "notifications/progress",
    "notifications/cancelled",
    "notifications/tools/list_changed",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
    "notifications/resources/updated",
    "notifications/elicitation/complete",
    "notifications/tasks/status",
];

/// The faults of one client, and what they have done.
#[derive(Debug, Default)]
pub struct Breaks {
    on: BTreeSet<ClientFault>,
    hangs: AtomicBool,
    taken: Mutex<Vec<u8>>,
}

impl Breaks {
    /// A client with these.
    pub fn new(on: BTreeSet<ClientFault>) -> Self {
        Self { on, ..Self::default() }
    }

    /// Whether there is any: a conforming client does nothing in here.
    pub(super) fn any(&self) -> bool {
        !self.on.is_empty()
    }

    /// Whether it never ends.
    pub fn hangs(&self) -> bool {
        self.hangs.load(Ordering::Relaxed)
    }

    fn has(&self, fault: ClientFault) -> bool {
        self.on.contains(&fault)
    }

    fn hang_if(&self, fault: ClientFault, met: bool) {
        if self.has(fault) && met {
            self.hangs.store(true, Ordering::Relaxed);
        }
    }

    /// The id with which a request is answered.
    pub(super) fn id(&self, id: Value) -> Value {
        match id.as_i64() {
            Some(number) if self.has(ClientFault::LosesLargeIds) => json!(number & i64::from(u32::MAX)),
            _ => id,
        }
    }

    /// Whether a request is not answered that it would answer.
    pub(super) fn ignores(&self, method: &str) -> bool {
        self.has(ClientFault::IgnoresUnknownRequests) && method.starts_with("assay/")
    }

    /// What an event does to it; what it sends then. `all` are the events up to this one.
    pub(super) fn meet(&self, all: &[Event]) -> Vec<Value> {
        match all.last().map(|event| &event.what) {
            Some(What::Received { bytes, .. }) => self.message(&bytes.0, all),
            Some(What::Head { headers, .. }) => {
                let kind = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
                let known =
                    |kind: &str| kind.contains("json") || kind.contains("event-stream") || kind.contains("text/plain");
                if self.has(ClientFault::DiesOnUnknownContentType) && kind.is_some_and(|(_, kind)| !known(kind)) {
                    panics("no reader for the content type");
                }
                Vec::new()
            }
            Some(What::Ended { exchange, end: End::Complete }) => {
                self.hang_if(ClientFault::HangsOnHalfEvent, is_half(all, *exchange));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn message(&self, bytes: &[u8], all: &[Event]) -> Vec<Value> {
        if self.has(ClientFault::DiesOnInvalidUtf8) && std::str::from_utf8(bytes).is_err() {
            dies("\n\nTypeError: The encoded data was not valid for encoding utf-8\n    at read\n\nNode.js v22.0.0");
        }
        if self.has(ClientFault::DiesOnDeepNesting) && depth(bytes) > DEEP {
            std::process::abort();
        }
        let text = String::from_utf8_lossy(bytes);
        if self.has(ClientFault::DiesOnLoneSurrogate) && (text.contains("\"\\ud800\"") || text.contains("\"\\udc00\""))
        {
            dies("Traceback (most recent call last):\nUnicodeEncodeError: surrogates not allowed");
        }
        let longest = text.split('"').map(str::len).max().unwrap_or(0);
        self.hang_if(ClientFault::HangsOnLongText, longest > LONG);
        message::read(bytes).each().iter().flat_map(|message| self.one(message, &text, all)).collect()
    }

    fn one(&self, message: &Message, text: &str, all: &[Event]) -> Vec<Value> {
        let value = message.value.as_ref();
        if self.has(ClientFault::DiesOnNullMember) && message.result().is_some_and(has_null) {
            panics("called `Option::unwrap()` on a `None` value");
        }
        let unknown = |method: &str| message.id().is_none() && !KNOWN.contains(&method);
        if self.has(ClientFault::DiesOnUnknownNotification) && message.method().is_some_and(unknown) {
            dies("Traceback (most recent call last):\nKeyError: 'notifications'");
        }
        if self.has(ClientFault::SpinsOnErrorWithoutId)
            && message.error().is_some()
            && message.id().is_none_or(|id| id.is_null())
        {
            std::thread::spawn(|| {
                loop {
                    std::hint::spin_loop();
                }
            });
            self.hangs.store(true, Ordering::Relaxed);
        }
        if self.has(ClientFault::TakesMemoryForACursor)
            && message.result().and_then(|result| result.get("nextCursor")).is_some()
        {
            *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = vec![1; MUCH];
            std::thread::sleep(SEEN);
        }
        let mut sent = Vec::new();
        match &message.kind {
            Kind::Request { id, method } if method == "ping" && self.has(ClientFault::AnswersPingsTwice) => {
                sent.push(json!({ "jsonrpc": "2.0", "id": id.to_value(), "result": {} }));
            }
            Kind::Notification { .. } if self.has(ClientFault::AnswersNotifications) => {
                sent.push(json!({ "jsonrpc": "2.0", "id": "notified", "result": {} }));
            }
            Kind::Result { id } if self.has(ClientFault::BelievesAnyAnswer) && !is_asked(all, &id.to_value()) => {
                let name = message.result().and_then(|result| result.pointer("/tools/0/name"));
                let params = json!({ "name": name, "arguments": {} });
                let call = json!({ "jsonrpc": "2.0", "id": "believed", "method": "tools/call", "params": params });
                sent.extend(name.map(|_| call));
            }
            _ => {}
        }
        let first = value.and_then(Value::as_object).and_then(|members| members.keys().next());
        if self.has(ClientFault::DependsOnMemberOrder)
            && text.contains("\"result\"")
            && first.is_some_and(|first| first != "jsonrpc")
        {
            sent.push(json!({ "jsonrpc": "2.0", "id": "order", "method": "ping" }));
        }
        sent
    }
}

/// Whether an exchange had a stream of events with no message in it.
fn is_half(all: &[Event], exchange: u32) -> bool {
    let is_stream = all.iter().any(|event| match &event.what {
        What::Head { exchange: of, headers, .. } => {
            *of == exchange && headers.iter().any(|(_, value)| value.starts_with("text/event-stream"))
        }
        _ => false,
    });
    let came = |event: &Event| matches!(&event.what, What::Received { exchange: of, .. } if *of == Some(exchange));
    is_stream && !all.iter().any(came)
}

/// Whether the client sent a request with that id.
fn is_asked(all: &[Event], id: &Value) -> bool {
    all.iter().any(|event| match &event.what {
        What::Sent { bytes, .. } => message::read(&bytes.0).id().is_some_and(|sent| sent.to_value() == *id),
        _ => false,
    })
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

/// How deep brackets nest, wherever they stand.
fn depth(bytes: &[u8]) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for byte in bytes {
        match byte {
            b'[' | b'{' => now += 1,
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

/// As a program in Rust does.
fn panics(why: &str) -> ! {
    end(&format!("thread 'main' panicked at client.rs:1:1:\n{why}"), 101)
}

/// As programs do whose language tells errors that nobody catches.
fn dies(words: &str) -> ! {
    end(words, 1)
}

fn end(words: &str, code: i32) -> ! {
    // Whoever reads there may have gone.
    let _ = writeln!(std::io::stderr(), "{words}");
    std::process::exit(code)
}
