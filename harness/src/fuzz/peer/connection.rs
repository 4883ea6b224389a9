//! A connection to the target, as one or more clients of ours.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use super::heard::Heard;
use super::http::{Http, Request};
use super::process::Process;
use super::session::Session;
use super::starts::Starts;
use super::streams::Streams;
use super::target::Peer;
use crate::deployment::Deployment;
use crate::fuzz::{Act, Case};
use crate::scenario::Actor;

/// Batches of what was heard that may wait.
const BACKLOG: usize = 1024;
/// Ids of earlier rounds that are known, so that a second answer is.
const KNOWN_IDS: usize = 8192;
/// Bytes of lines that go at once.
const AT_ONCE: usize = 16 * 1024;

#[derive(Debug)]
pub(super) enum Wire {
    Process(Process),
    /// One for each instance.
    Http(Vec<Http>),
    /// Over HTTP+SSE.
    Sse(Streams),
}

/// What the server says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offer {
    /// Name and version.
    pub name: String,
    /// What it declares.
    pub capabilities: Value,
    /// What it lists: `tools`, `resources`, `resourceTemplates`, `prompts`.
    pub lists: BTreeMap<&'static str, Vec<Value>>,
    /// The version that it settled on.
    pub version: String,
}

impl Offer {
    /// The items of a list.
    pub fn list(&self, name: &str) -> &[Value] {
        self.lists.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

/// A request of an earlier round.
#[derive(Debug)]
pub(super) struct Known {
    pub id: String,
    pub case: Arc<Case>,
    pub act: usize,
    /// Its answer came.
    pub answered: bool,
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    pub(super) wire: Wire,
    pub(super) heard: mpsc::Receiver<Vec<Heard>>,
    pub(super) sessions: Vec<Session>,
    pub(super) next: u64,
    pub(super) exchanges: u64,
    /// Lines that are to go at once, over stdio.
    lines: Vec<u8>,
    pub(super) known: VecDeque<Known>,
    pub(super) limit: Duration,
    pub(super) tools: Arc<Vec<Value>>,
    /// What has started the server, over HTTP, if we have.
    pub(super) deployment: Option<Arc<Deployment>>,
    /// How our clients answer what they are asked, where they can be asked anything.
    pub(super) actor: Option<Actor>,
    /// Others of the server that are being started.
    pub(super) starts: Arc<Starts>,
    /// What the server offers.
    pub offer: Arc<Offer>,
}

impl Connection {
    /// Of a client of this server.
    pub(super) fn new(wire: Wire, heard: mpsc::Receiver<Vec<Heard>>, peer: &Peer) -> Self {
        Self {
            wire,
            heard,
            sessions: vec![Session::new(peer.revision, 0)],
            next: 1,
            exchanges: 0,
            lines: Vec::new(),
            known: VecDeque::new(),
            limit: peer.limit,
            tools: Arc::default(),
            deployment: None,
            actor: None,
            starts: peer.starts.clone(),
            offer: Arc::default(),
        }
    }

    pub(super) fn channel() -> (mpsc::Sender<Vec<Heard>>, mpsc::Receiver<Vec<Heard>>) {
        mpsc::channel(BACKLOG)
    }

    /// Whether it is over HTTP, be it Streamable HTTP or HTTP+SSE.
    pub fn is_http(&self) -> bool {
        !matches!(self.wire, Wire::Process(_))
    }

    /// The clients' event streams, over HTTP+SSE.
    pub(super) fn streams(&self) -> Option<&Streams> {
        match &self.wire {
            Wire::Sse(streams) => Some(streams),
            Wire::Process(_) | Wire::Http(_) => None,
        }
    }

    /// The process group of the server, where this connection has started it.
    pub fn group(&self) -> Option<i32> {
        match &self.wire {
            Wire::Process(process) => process.group(),
            Wire::Http(_) | Wire::Sse(_) => None,
        }
    }

    /// The end of what a process said on its standard error stream.
    pub fn last_words(&self) -> String {
        match &self.wire {
            Wire::Process(process) => process.last_words(),
            Wire::Http(_) | Wire::Sse(_) => String::new(),
        }
    }

    /// A request of one of our clients, without id.
    pub fn request(&self, client: usize, method: &str, params: Option<Value>) -> Value {
        self.sessions.get(client).map(|session| session.request(method, params)).unwrap_or_default()
    }

    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// What comes next, after everything that is to be sent is on its way. Nothing when no more can come.
    pub(super) async fn listen(&mut self, until: Instant) -> Result<Option<Vec<Heard>>, Elapsed> {
        self.flush().await;
        timeout_at(until, self.heard.recv()).await
    }

    /// What is to be sent is on its way.
    pub(super) async fn flush(&mut self) {
        if let Wire::Process(process) = &self.wire
            && !self.lines.is_empty()
        {
            process.write(vec![std::mem::take(&mut self.lines).into()]).await;
        }
    }

    /// Put an act onto the wire; its exchange, over HTTP. Lines may wait until it is listened for what comes.
    pub(super) async fn send(&mut self, client: usize, act: &Act, mut bytes: Vec<u8>) -> Option<u64> {
        let http = match &self.wire {
            Wire::Process(process) => {
                bytes.push(b'\n');
                if act.chunks.is_whole() {
                    self.lines.extend_from_slice(&bytes);
                    if self.lines.len() >= AT_ONCE {
                        self.flush().await;
                    }
                } else {
                    let pieces = act.chunks.split(&bytes).into_iter().map(Bytes::copy_from_slice).collect();
                    let before = std::mem::take(&mut self.lines);
                    process.write(vec![before.into()]).await;
                    process.write(pieces).await;
                }
                return None;
            }
            Wire::Http(all) => all.get(self.instance_of(client, act))?,
            Wire::Sse(streams) => streams.of(client)?,
        };
        self.exchanges += 1;
        let exchange = self.exchanges;
        let headers = self.headers(http.target(), client, act, &bytes).await;
        let verb = act.verb.clone().unwrap_or_else(|| "POST".to_owned());
        http.send(Request { exchange, verb, headers, body: bytes.into(), chunks: act.chunks.clone() });
        Some(exchange)
    }

    /// Remember the ids of a round, so that a late answer is known for what it is.
    pub(super) fn remember(&mut self, id: String, case: &Arc<Case>, act: usize, answered: bool) {
        if self.known.len() >= KNOWN_IDS {
            self.known.pop_front();
        }
        self.known.push_back(Known { id, case: case.clone(), act, answered });
    }
}
