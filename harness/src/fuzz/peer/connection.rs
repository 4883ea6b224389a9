//! A connection to the target, as one or more clients of ours.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use super::heard::Heard;
use super::http::{Http, Request};
use super::process::Process;
use super::session::Session;
use crate::deployment::Deployment;
use crate::fuzz::{Act, Case};
use crate::revision::{Era, Revision};
use crate::wire::message::read_shared;
use crate::wire::{Limits, Message, Shape};

/// Batches of what was heard that may wait.
const BACKLOG: usize = 1024;
/// Ids of earlier rounds that are known, so that a second answer is.
const KNOWN_IDS: usize = 8192;
/// Bytes of lines that go at once.
const AT_ONCE: usize = 16 * 1024;
/// Pages of a list that are turned over.
const MAX_PAGES: usize = 20;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing is there, or it ended.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// It calls itself by another name than before.
    #[error("the server calls itself {now:?} now, no longer {before:?}: it is another")]
    Another {
        /// Its name now.
        now: String,
        /// The name that it had.
        before: String,
    },
    /// It cannot be followed which places of its code it reaches.
    #[error("--coverage: {0}")]
    Unfollowed(String),
    /// It answers, but not as a server of the revision.
    #[error("it does not speak {0}: {1}")]
    Refused(Revision, String),
}

#[derive(Debug)]
pub(super) enum Wire {
    Process(Process),
    /// One for each instance.
    Http(Vec<Http>),
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

/// The lists: capability, method, member.
const LISTS: [(&str, &str, &str); 4] = [
    ("tools", "tools/list", "tools"),
    ("resources", "resources/list", "resources"),
    ("resources", "resources/templates/list", "resourceTemplates"),
    ("prompts", "prompts/list", "prompts"),
];

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
    /// What the server offers.
    pub offer: Arc<Offer>,
}

impl Connection {
    /// Over the standard streams of this process, which is new.
    pub(super) fn new(wire: Wire, heard: mpsc::Receiver<Vec<Heard>>, revision: Revision, limit: Duration) -> Self {
        Self {
            wire,
            heard,
            sessions: vec![Session::new(revision, 0)],
            next: 1,
            exchanges: 0,
            lines: Vec::new(),
            known: VecDeque::new(),
            limit,
            tools: Arc::default(),
            deployment: None,
            offer: Arc::default(),
        }
    }

    pub(super) fn channel() -> (mpsc::Sender<Vec<Heard>>, mpsc::Receiver<Vec<Heard>>) {
        mpsc::channel(BACKLOG)
    }

    /// Whether it is over HTTP.
    pub fn is_http(&self) -> bool {
        matches!(self.wire, Wire::Http(_))
    }

    /// The process group of the server, where this connection has started it.
    pub fn group(&self) -> Option<i32> {
        match &self.wire {
            Wire::Process(process) => process.group(),
            Wire::Http(_) => None,
        }
    }

    /// The end of what a process said on its standard error stream.
    pub fn last_words(&self) -> String {
        match &self.wire {
            Wire::Process(process) => process.last_words(),
            Wire::Http(_) => String::new(),
        }
    }

    /// Take up contact as a client of the revision.
    pub(super) async fn open(&mut self, client: usize, startup: Duration) -> Result<(), ConnectError> {
        let Some(mut session) = self.sessions.get(client).cloned() else { return Ok(()) };
        let revision = session.revision;
        let (answer, headers) = self.ask(client, &session.first(), startup).await?;
        let Some(result) = answer.result() else {
            let why = answer.error().map_or_else(|| "no answer that is one".to_owned(), Value::to_string);
            return Err(ConnectError::Refused(revision, why));
        };
        let version = match revision.era() {
            Era::Handshake => result.get("protocolVersion").and_then(Value::as_str) == Some(revision.as_str()),
            Era::Stateless => result
                .get("supportedVersions")
                .and_then(Value::as_array)
                .is_some_and(|all| all.iter().any(|one| one == revision.as_str())),
        };
        if !version {
            let named = result.get("protocolVersion").or_else(|| result.get("supportedVersions"));
            return Err(ConnectError::Refused(revision, format!("it offers {}", named.unwrap_or(&Value::Null))));
        }
        let info = match revision.era() {
            Era::Handshake => result.get("serverInfo"),
            Era::Stateless => result.get("_meta").and_then(|meta| meta.get("io.modelcontextprotocol/serverInfo")),
        };
        let of = |key: &str| info.and_then(|info| info.get(key)).and_then(Value::as_str).unwrap_or_default();
        let name = format!("{} {}", of("name"), of("version")).trim().to_owned();
        let capabilities = result.get("capabilities").cloned().unwrap_or_default();
        let mut offer = Offer { name, capabilities, version: revision.to_string(), ..(*self.offer).clone() };
        if client > 0 {
            offer = (*self.offer).clone();
        }
        self.offer = Arc::new(offer);
        session.id =
            headers.into_iter().find(|(n, _)| n.eq_ignore_ascii_case("mcp-session-id")).map(|(_, value)| value);
        if let Some(place) = self.sessions.get_mut(client) {
            *place = session.clone();
        }
        if revision.era() == Era::Handshake {
            let ready = session.request("notifications/initialized", None);
            self.tell(client, &ready).await;
        }
        Ok(())
    }

    /// Ask for everything that the server lists.
    pub(super) async fn look_around(&mut self) -> Result<(), ConnectError> {
        let mut offer = (*self.offer).clone();
        for (capability, method, member) in LISTS {
            if offer.capabilities.get(capability).is_none() {
                continue;
            }
            let mut items = Vec::new();
            let mut cursor: Option<Value> = None;
            for _ in 0..MAX_PAGES {
                let params = cursor.take().map(|cursor| serde_json::json!({ "cursor": cursor }));
                let message = self.request(0, method, params);
                let (answer, _) = self.ask(0, &message, self.limit).await?;
                let Some(result) = answer.result() else { break };
                items.extend(result.get(member).and_then(Value::as_array).into_iter().flatten().cloned());
                cursor = result.get("nextCursor").filter(|cursor| cursor.is_string()).cloned();
                if cursor.is_none() {
                    break;
                }
            }
            offer.lists.insert(member, items);
        }
        self.tools = Arc::new(offer.list("tools").to_vec());
        self.offer = Arc::new(offer);
        Ok(())
    }

    /// What another connection has learnt already.
    pub(super) fn knows(&mut self, offer: Arc<Offer>) -> Result<(), ConnectError> {
        if self.offer.name != offer.name {
            return Err(ConnectError::Another { now: self.offer.name.clone(), before: offer.name.clone() });
        }
        self.tools = Arc::new(offer.list("tools").to_vec());
        self.offer = offer;
        Ok(())
    }

    /// A request of one of our clients, without id.
    pub fn request(&self, client: usize, method: &str, params: Option<Value>) -> Value {
        self.sessions.get(client).map(|session| session.request(method, params)).unwrap_or_default()
    }

    /// One request, and its answer with the headers that came with it.
    async fn ask(
        &mut self,
        client: usize,
        message: &Value,
        limit: Duration,
    ) -> Result<(Message, Vec<(String, String)>), ConnectError> {
        let number = self.number();
        let id = number.to_string();
        let act = Act::plain(message.clone());
        let exchange = self.send(client, &act, act.bytes(number, &[])).await;
        let until = Instant::now() + limit;
        let mut headers = Vec::new();
        let unreachable = |why: String| Err(ConnectError::Unreachable(why));
        loop {
            let batch = match self.listen(until).await {
                Ok(Some(batch)) => batch,
                Ok(None) => return unreachable("the connection is gone".to_owned()),
                Err(_) => return unreachable(format!("no answer to its first requests within {limit:?}")),
            };
            for heard in batch {
                match heard {
                    Heard::Message { bytes, .. } => {
                        let message = read_shared(bytes, &Limits::DEFAULT);
                        if message.shape().is_response() && message.id().is_none_or(|found| found.as_str() == id) {
                            return Ok((message, headers));
                        }
                        self.answer(client, &message).await;
                    }
                    Heard::Head { exchange: of, headers: came, status } if Some(of) == exchange => {
                        headers = came;
                        if status == 401 || status == 403 {
                            return unreachable(format!("HTTP status {status}; give a token with --header"));
                        }
                    }
                    Heard::Over { exchange: of, text, failure } if Some(of) == exchange => {
                        // Over HTTP nothing more can come.
                        let why = failure.unwrap_or_else(|| format!("no message in the response {text:?}"));
                        return unreachable(why);
                    }
                    Heard::Exited(how) => {
                        let words = self.last_words();
                        return unreachable(format!("the process ended ({how}) {}", words.trim()));
                    }
                    Heard::Head { .. } | Heard::Over { .. } => {}
                }
            }
        }
    }

    /// Something that is not answered.
    async fn tell(&mut self, client: usize, message: &Value) {
        let act = Act::plain(message.clone());
        let sent = message.to_string().into_bytes();
        let Some(exchange) = self.send(client, &act, sent).await else { return };
        // Over HTTP it must have come before anything else is sent.
        let until = Instant::now() + self.limit;
        while let Ok(Some(batch)) = self.listen(until).await {
            if batch.iter().any(|heard| matches!(heard, Heard::Over { exchange: of, .. } if *of == exchange)) {
                return;
            }
        }
    }

    /// Answer a request of the server's: we live, and can do nothing else.
    pub(super) async fn answer(&mut self, client: usize, message: &Message) {
        let (Shape::Request, Some(id), Some(method)) = (message.shape(), message.id(), message.method()) else {
            return;
        };
        let bytes = if method == "ping" {
            crate::wire::write::result(id.as_str(), &Value::Object(Map::new()))
        } else {
            crate::wire::write::error(Some(id.as_str()), -32601, "this client can do nothing but answer a ping", None)
        };
        let act = Act::plain(Value::Null);
        self.send(client, &act, bytes).await;
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

    async fn flush(&mut self) {
        if let Wire::Process(process) = &self.wire
            && !self.lines.is_empty()
        {
            process.write(vec![std::mem::take(&mut self.lines).into()]).await;
        }
    }

    /// Put an act onto the wire; its exchange, over HTTP. Lines may wait until it is listened for what comes.
    pub(super) async fn send(&mut self, client: usize, act: &Act, mut bytes: Vec<u8>) -> Option<u64> {
        match &self.wire {
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
                None
            }
            Wire::Http(all) => {
                let http = all.get(self.instance_of(client, act))?;
                self.exchanges += 1;
                let exchange = self.exchanges;
                let headers = self.headers(http, client, act, &bytes).await;
                let verb = act.verb.clone().unwrap_or_else(|| "POST".to_owned());
                http.send(Request { exchange, verb, headers, body: bytes.into(), chunks: act.chunks.clone() });
                Some(exchange)
            }
        }
    }

    /// Remember the ids of a round, so that a late answer is known for what it is.
    pub(super) fn remember(&mut self, id: String, case: &Arc<Case>, act: usize, answered: bool) {
        if self.known.len() >= KNOWN_IDS {
            self.known.pop_front();
        }
        self.known.push_back(Known { id, case: case.clone(), act, answered });
    }
}
