//! What a caller can choose about the reference server.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Fault, Protection, Store, Switch};
use crate::revision::{Era, Revision};

/// How the server answers a POST that carries a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// JSON when the response is all there is to send, an event stream otherwise.
    #[default]
    Auto,
    /// Always one JSON document; notifications that belong to the request are left out.
    Json,
    /// Always an event stream, except for a failure that has an HTTP status of its own.
    Sse,
}

/// A page size at which every list of the server takes several pages.
pub const SMALL_PAGE: usize = 3;

/// The settings of one reference server. Every limit has a usable default.
#[derive(Clone, Debug)]
pub struct Options {
    /// Declared defects; empty means conforming.
    pub switches: BTreeSet<Switch>,
    /// Faults for a fuzzer to find; some end the process.
    pub faults: BTreeSet<Fault>,
    /// Has the tool `converse`, which says to the client whatever its arguments list (2024-11-05 to 2025-11-25).
    pub converses: bool,
    /// Overlooks a version header that names another revision with a handshake than the one agreed on. A client that sends
    /// one is judged by checks, and can show what else it does.
    pub overlooks_version: bool,
    /// Revisions that it speaks; to those of an era that is not among them it is a server of the other era alone.
    pub revisions: BTreeSet<Revision>,
    /// JSON or event stream.
    pub answers: Answers,
    /// Items on one page of a list, at least 1; more where the list would otherwise take more than 8 pages.
    pub page_size: usize,
    /// The freshness hint of cacheable results (2026-07-28).
    pub ttl: Duration,
    /// Where clients find it over HTTP, for its card; without it, where each request says.
    pub url: Option<String>,
    /// Whose tokens are needed over HTTP; none for an open server.
    pub protection: Option<Protection>,
    /// The collector to which a span for each tool call goes (OTLP over http), without the path of traces; none gets any.
    pub traces: Option<Url>,
    /// How long a `requestState` is accepted after it was issued.
    pub state_ttl: Duration,
    /// What outlives a request is here. Give clones of one store to several instances, and they serve one another's
    /// clients; a clone of these options shares it too.
    pub store: Store,
    /// The key that protects cursors and `requestState`; without it, that of the store.
    pub key: Option<[u8; 32]>,
    /// Host names, besides the loopback ones, that `Host` and `Origin` may carry (no port).
    pub hosts: BTreeSet<String>,
    /// Sessions kept in the store; the longest idle one is dropped for a new one.
    pub max_sessions: usize,
    /// A session without a request for so long is dropped.
    pub session_idle: Duration,
    /// Bytes of one message, and of one HTTP body.
    pub max_message: usize,
    /// Open connections; further ones wait.
    pub max_connections: usize,
    /// Requests worked on at the same time by the whole server.
    pub max_in_flight: usize,
    /// Open `subscriptions/listen` streams of the whole server.
    pub max_listens: usize,
    /// Tool calls and completions answered in one second; more are refused.
    pub max_calls_per_second: u64,
    /// How long the client may take to answer a request of the server (2025-11-25).
    pub client_deadline: Duration,
    /// How long a client may take to send one request.
    pub read_deadline: Duration,
    /// Idle time after which a comment is sent on an open stream.
    pub keep_alive: Duration,
    /// How long a running call may go on after standard input is closed.
    pub drain: Duration,
    /// Cancel this to shut the server down in an orderly way.
    pub shutdown: CancellationToken,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            switches: BTreeSet::new(),
            faults: BTreeSet::new(),
            converses: false,
            overlooks_version: false,
            revisions: Revision::SUPPORTED.into(),
            answers: Answers::Auto,
            page_size: 100,
            ttl: Duration::from_secs(1),
            url: None,
            protection: None,
            traces: None,
            state_ttl: Duration::from_secs(600),
            store: Store::default(),
            key: None,
            hosts: BTreeSet::new(),
            max_sessions: 16_384,
            session_idle: Duration::from_secs(1800),
            max_message: 4 << 20,
            max_connections: 1024,
            max_in_flight: 4096,
            max_listens: 256,
            max_calls_per_second: 50_000,
            client_deadline: Duration::from_secs(60),
            read_deadline: Duration::from_secs(30),
            keep_alive: Duration::from_secs(15),
            drain: Duration::from_secs(1),
            shutdown: CancellationToken::new(),
        }
    }
}

impl Options {
    /// Whether the defect is on.
    pub fn has(&self, switch: Switch) -> bool {
        self.switches.contains(&switch)
    }

    /// Whether it speaks any revision of an era.
    pub fn speaks(&self, era: Era) -> bool {
        self.revisions.iter().any(|revision| revision.era() == era)
    }
}
