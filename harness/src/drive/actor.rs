//! One actor: a client of one revision, with its connection, its session, and its manner of answering the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::envelope::{Meta, add_meta, change_headers, client_info, default_capabilities, derived_headers, message};
use super::lending::{Lent, is_quiet, is_settled, repeat};
use super::target::Target;
use super::{CLIENT_NAME, answers};
use crate::action::{Chunks, CutAfter, SignalName, Token, TokenPlace, TokenUse};
use crate::mutate::stand_between;
use crate::revision::{Era, Revision};
use crate::scenario::{Actor as Config, Transport};
use crate::token;
use crate::transcript::{Event, Index, Recorder, SentKind, What};
use crate::transport::{Child, Exchange, HttpRequest, HttpTarget, Sockets};
use crate::wire::message::Kind;

/// Longest wait for the answer that shows the line of a process to be quiet.
const QUIET_WITHIN: Duration = Duration::from_secs(3);
/// The stream of the request that asks for it.
const LAST: &str = "last";

/// What all actors of a case share.
#[derive(Debug)]
pub struct Stage {
    /// The transcript.
    pub recorder: Arc<Recorder>,
    /// Revision under test.
    pub revision: Revision,
    /// What the plan found out: `server` and `needs`.
    pub facts: Arc<Value>,
    /// Running exchanges and answering tasks.
    pub tasks: Mutex<JoinSet<()>>,
    /// Ends everything that is still open.
    pub curtain: CancellationToken,
    /// What went wrong on our side, if anything did.
    pub trouble: std::sync::Mutex<Option<String>>,
    /// Which exchange has which connection.
    pub sockets: Arc<Sockets>,
    exchanges: AtomicU32,
    ids: AtomicU32,
}

impl Stage {
    /// An empty stage, whose requests have ids beyond `ids_after`.
    pub fn new(recorder: Arc<Recorder>, revision: Revision, facts: Arc<Value>, ids_after: u32) -> Self {
        Self {
            recorder,
            revision,
            facts,
            tasks: Mutex::default(),
            curtain: CancellationToken::new(),
            trouble: std::sync::Mutex::default(),
            sockets: Arc::default(),
            exchanges: AtomicU32::new(0),
            ids: AtomicU32::new(ids_after),
        }
    }

    /// Tools that the server listed, for headers drawn from annotated arguments.
    pub fn tools(&self) -> &[Value] {
        self.facts.pointer("/server/tools").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The next request id of the case: 1, 2, ... unless it shares a process with others.
    pub fn next_id(&self) -> Value {
        json!(self.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// A message or bare HTTP request on its way out.
#[derive(Debug)]
pub struct Outgoing {
    /// Stream it opens.
    pub stream: Option<String>,
    /// What it is meant to be.
    pub kind: SentKind,
    /// The bytes.
    pub body: Bytes,
    /// In which pieces they are sent.
    pub chunks: Chunks,
    /// Of a batch: for each member in order, the stream that it opens.
    pub parts: Vec<Option<String>>,
    /// The message in the bytes, where it is one; headers are drawn from it.
    pub message: Option<Value>,
    /// The token that goes with it; that of the actor where none is said.
    pub token: Option<TokenUse>,
    /// HTTP verb.
    pub verb: &'static str,
    /// Path in place of the target's own.
    pub path: Option<String>,
    /// Changes to the headers.
    pub headers: IndexMap<String, Value>,
    /// Breaks a rule on purpose.
    pub wrong: bool,
    /// When to cut the response.
    pub cut: Option<CutAfter>,
}

impl Outgoing {
    /// A message over the usual verb with nothing special.
    pub fn message(stream: Option<String>, kind: SentKind, message: Value) -> Self {
        Self {
            stream,
            kind,
            body: message.to_string().into_bytes().into(),
            chunks: Chunks::default(),
            parts: Vec::new(),
            message: Some(message),
            token: None,
            verb: "POST",
            path: None,
            headers: IndexMap::new(),
            wrong: false,
            cut: None,
        }
    }
}

/// The connection of an actor.
#[derive(Debug)]
enum Line {
    Http(HttpTarget),
    Stdio(Child),
    Sse(Channel),
}

/// What an actor has learnt; shared with the task that answers the server.
#[derive(Clone, Debug, Default)]
pub struct Learnt {
    /// Session id.
    pub session: Option<String>,
    /// Version that the handshake settled on.
    pub version: Option<String>,
}

/// A connected actor.
#[derive(Debug)]
pub struct Actor {
    /// Its name in the scenario.
    pub name: String,
    /// What the scenario says of it.
    pub config: Config,
    /// What it has learnt.
    pub learnt: std::sync::Mutex<Learnt>,
    stage: Arc<Stage>,
    line: Line,
}

impl Actor {
    /// Take up contact: start the process, or get ready to use the URL, which may be that of a line through the router.
    ///
    /// # Errors
    /// In words, when the process cannot be started or the scenario asks for an instance there is not.
    pub fn connect(
        name: &str,
        config: &Config,
        transport: Transport,
        target: &Target,
        routed: Option<HttpTarget>,
        stage: &Arc<Stage>,
    ) -> Result<Arc<Self>, String> {
        let instance = config.instance.unwrap_or(1);
        let opened = |target: String| {
            stage.recorder.append(name, None, What::Opened { target, instance });
        };
        let line = match transport {
            Transport::Http => {
                let found = instance.checked_sub(1).and_then(|at| target.http.get(at));
                let http = found.ok_or_else(|| format!("there is no instance {instance} over HTTP"))?;
                opened(http.shown());
                Line::Http(routed.unwrap_or_else(|| http.clone()))
            }
            Transport::Sse => {
                let all = if target.sse.is_empty() { &target.http } else { &target.sse };
                let found = instance.checked_sub(1).and_then(|at| all.get(at));
                let sse = found.ok_or_else(|| format!("there is no instance {instance} over HTTP+SSE"))?;
                opened(sse.shown());
                Line::Sse(Channel::new(sse.clone()))
            }
            Transport::Stdio => {
                let stdio = target.stdio.as_ref().ok_or("there is no target over stdio")?;
                opened(stdio.spawn.command.clone());
                let mutator = stdio.mutator.clone();
                let between = move |streams| match mutator {
                    Some(mutator) => stand_between(streams, mutator),
                    None => streams,
                };
                let recorder = stage.recorder.clone();
                Line::Stdio(match &stdio.within {
                    Some(starter) => Child::attach((starter.0)(), recorder, name, between),
                    None => Child::start(&stdio.spawn, recorder, name, between).map_err(|e| e.to_string())?,
                })
            }
        };
        Ok(Arc::new(Self {
            name: name.to_owned(),
            config: config.clone(),
            learnt: Default::default(),
            stage: stage.clone(),
            line,
        }))
    }

    /// Go on with a process that an earlier case used.
    pub(super) fn borrow(name: &str, config: &Config, lent: Lent, stage: &Arc<Stage>) -> Arc<Self> {
        repeat(&lent.greeting, &stage.recorder, name);
        lent.child.record_in(stage.recorder.clone(), name);
        Arc::new(Self {
            name: name.to_owned(),
            config: config.clone(),
            learnt: std::sync::Mutex::new(lent.learnt),
            stage: stage.clone(),
            line: Line::Stdio(lent.child),
        })
    }

    /// Answer what the server asks from now on, until the curtain falls.
    pub async fn attend(self: &Arc<Self>) {
        let this = self.clone();
        let before = self.stage.recorder.look(|index| index.received.len());
        let curtain = self.stage.curtain.clone();
        self.stage.tasks.lock().await.spawn(async move {
            tokio::select! {
                () = curtain.cancelled() => {}
                () = this.answer_requests(before) => {}
            }
        });
    }

    async fn answer_requests(self: Arc<Self>, before: usize) {
        let mut seen = before;
        let far = tokio::time::Instant::now() + Duration::from_secs(24 * 3600);
        loop {
            let from = seen;
            let news = self.stage.recorder.wait(far, |index| {
                let fresh: Vec<_> = index.received.iter().skip(from).cloned().collect();
                (!fresh.is_empty()).then_some(fresh)
            });
            let Some(news) = news.await else { return };
            seen += news.len();
            for item in news.iter().filter(|item| item.actor == self.name) {
                for message in item.message.each() {
                    let Kind::Request { id, method } = &message.kind else { continue };
                    if !self.may_answer(method) {
                        continue;
                    }
                    let Some((member, value)) = answers::answer(&self.config, method, message.params()) else {
                        continue;
                    };
                    let mut response = serde_json::Map::new();
                    response.insert("jsonrpc".to_owned(), json!("2.0"));
                    response.insert("id".to_owned(), id.to_value());
                    response.insert(member.to_owned(), value);
                    self.send(Outgoing::message(None, SentKind::Response, Value::Object(response))).await;
                }
            }
        }
    }

    /// Whether it answers such a request by itself. Without a handshake there are no requests of the server's, and no
    /// responses to them (2026-07-28, basic/transports), so there only the scenario can say so.
    fn may_answer(&self, method: &str) -> bool {
        let era = self.version().parse().map_or(self.stage.revision.era(), Revision::era);
        era == Era::Handshake || self.config.answers.contains_key(method)
    }

    /// The version it names in headers and `_meta`.
    pub fn version(&self) -> String {
        let learnt = self.learnt().version;
        learnt.or_else(|| self.config.version.clone()).unwrap_or_else(|| self.stage.revision.to_string())
    }

    /// A copy of what it has learnt.
    pub fn learnt(&self) -> Learnt {
        self.learnt.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Take over what was learnt.
    pub fn learn(&self, learnt: Learnt) {
        *self.learnt.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = learnt;
    }

    /// The client capabilities it declares.
    pub fn capabilities(&self) -> Value {
        self.config.capabilities.clone().unwrap_or_else(|| default_capabilities(self.stage.revision))
    }

    /// Params of its `initialize`.
    pub fn initialize_params(&self) -> Value {
        let version = self.config.version.clone().unwrap_or_else(|| self.stage.revision.to_string());
        json!({ "protocolVersion": version, "capabilities": self.capabilities(), "clientInfo": client_info() })
    }

    /// Put it on the wire. Over HTTP the exchange goes on by itself; the token cuts it.
    pub async fn send(&self, outgoing: Outgoing) -> CancellationToken {
        let cancel = self.stage.curtain.child_token();
        match &self.line {
            Line::Stdio(child) => {
                let stream = outgoing.stream.as_deref();
                let bytes = outgoing.body.to_vec();
                child.send(stream, outgoing.kind, bytes, &outgoing.chunks, outgoing.parts, outgoing.wrong);
            }
            Line::Sse(channel) => self.send_http(channel.target_for(outgoing.verb), outgoing, &cancel).await,
            Line::Http(target) => self.send_http(target.clone(), outgoing, &cancel).await,
        }
        cancel
    }

    /// Put a request on the wire that is complete as it is, over HTTP.
    pub(super) async fn send_as_is(&self, stream: &str, request: HttpRequest) -> CancellationToken {
        let cancel = self.stage.curtain.child_token();
        if let Line::Http(target) = &self.line {
            let exchange = self.exchange(Some(stream.to_owned()));
            exchange.record_request(&request);
            self.stage.tasks.lock().await.spawn(exchange.run(target.clone(), request, cancel.clone()));
        }
        cancel
    }

    /// An exchange of its own, with the next number of the case.
    pub(super) fn exchange(&self, stream: Option<String>) -> Exchange {
        let number = self.stage.exchanges.fetch_add(1, Ordering::Relaxed) + 1;
        self.stage.sockets.begin(number, &self.name, self.config.instance.unwrap_or(1));
        Exchange {
            recorder: self.stage.recorder.clone(),
            actor: self.name.clone(),
            stream,
            number,
            sockets: Some(self.stage.sockets.clone()),
        }
    }

    async fn send_http(&self, target: HttpTarget, outgoing: Outgoing, cancel: &CancellationToken) {
        let exchange = self.exchange(outgoing.stream.clone());
        let used = self.token_use(&outgoing);
        let token = self.token(&target, &used).await;
        let mut path = outgoing.path.clone().unwrap_or_else(|| target.request_target());
        if let (TokenPlace::Query, Some(token)) = (used.place, &token) {
            path.push_str(if path.contains('?') { "&" } else { "?" });
            path.push_str(&format!("access_token={token}"));
        }
        let headers = self.headers(&target, &outgoing, &used, token.as_deref());
        let request = HttpRequest {
            verb: outgoing.verb.to_owned(),
            target: path,
            token: token.map(|_| used.kind),
            headers,
            party: None,
            private: target.headers.iter().map(|(name, _)| name.clone()).collect(),
            body: outgoing.body,
            chunks: outgoing.chunks,
            parts: outgoing.parts,
            kind: outgoing.kind,
            wrong: outgoing.wrong,
            cut: outgoing.cut,
            onward: None,
        };
        exchange.record_request(&request);
        self.stage.tasks.lock().await.spawn(exchange.run(target, request, cancel.clone()));
    }

    /// Where messages are sent from now on, as the event stream says (HTTP+SSE).
    ///
    /// # Errors
    /// In words, where the address is of no use.
    pub(super) fn address(&self, endpoint: &str) -> Result<(), String> {
        match &self.line {
            Line::Sse(channel) => channel.address(endpoint),
            Line::Http(_) | Line::Stdio(_) => Ok(()),
        }
    }

    fn token_use(&self, outgoing: &Outgoing) -> TokenUse {
        let own = || TokenUse::from(&Token::Kind(self.config.token.unwrap_or(token::Kind::Valid)));
        match outgoing.kind {
            SentKind::Metadata => TokenUse::from(&Token::Kind(token::Kind::None)),
            _ => outgoing.token.clone().unwrap_or_else(own),
        }
    }

    /// The token itself; none where there is none to show. From now on no transcript tells it.
    async fn token(&self, target: &HttpTarget, used: &TokenUse) -> Option<String> {
        let scope = used.scope.as_ref().and_then(Value::as_str).unwrap_or_default();
        match target.wallet.token(used.kind, scope).await {
            Ok(token) => {
                if let Some(token) = &token {
                    self.stage.recorder.keep_secret(token, used.kind.word());
                }
                token
            }
            // Bare of a valid one, the headers that the user gave have to do.
            Err(_) if used.kind == token::Kind::Valid => None,
            Err(problem) => {
                *self.stage.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(problem);
                None
            }
        }
    }

    fn headers(
        &self,
        target: &HttpTarget,
        outgoing: &Outgoing,
        used: &TokenUse,
        token: Option<&str>,
    ) -> Vec<(String, String)> {
        let mut headers = vec![("Host".to_owned(), target.authority())];
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        add("User-Agent", format!("{CLIENT_NAME}/{}", env!("CARGO_PKG_VERSION")));
        if outgoing.kind == SentKind::Metadata {
            add("Accept", "application/json".to_owned());
        } else if outgoing.verb == "GET" {
            add("Accept", "text/event-stream".to_owned());
        } else {
            add("Accept", "application/json, text/event-stream".to_owned());
        }
        if !outgoing.body.is_empty() || outgoing.verb == "POST" {
            add("Content-Type", "application/json".to_owned());
            if outgoing.chunks.is_whole() {
                add("Content-Length", outgoing.body.len().to_string());
            } else {
                add("Transfer-Encoding", "chunked".to_owned());
            }
        }
        let learnt = self.learnt();
        match self.stage.revision.era() {
            Era::Stateless => {
                add("MCP-Protocol-Version", self.version());
                for (name, value) in
                    outgoing.message.iter().flat_map(|message| derived_headers(message, self.stage.tools()))
                {
                    add(&name, value);
                }
            }
            Era::Handshake => {
                if let Some(session) = learnt.session {
                    add("Mcp-Session-Id", session);
                }
                // A version that the harness does not know is the server's, so it goes back to it.
                let early = |version: &String| version.parse().is_ok_and(|v: Revision| !v.has_version_header());
                if let Some(version) = learnt.version.filter(|version| !early(version)) {
                    add("MCP-Protocol-Version", version);
                }
            }
        }
        let own: IndexMap<String, Value> =
            target.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        if outgoing.kind == SentKind::Metadata {
            headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("mcp-"));
        }
        change_headers(&mut headers, &own);
        let authorization = match (used.place, token) {
            (TokenPlace::Header, Some(token)) => Some(json!(format!("Bearer {token}"))),
            (TokenPlace::Query, _) => Some(Value::Null),
            (TokenPlace::Header, None) => (used.kind != token::Kind::Valid).then_some(Value::Null),
        };
        if let Some(authorization) = authorization {
            change_headers(&mut headers, &IndexMap::from([("Authorization".to_owned(), authorization)]));
        }
        change_headers(&mut headers, &self.config.headers);
        change_headers(&mut headers, &outgoing.headers);
        headers
    }

    /// Where it connects to over HTTP.
    pub fn http(&self) -> Option<&HttpTarget> {
        match &self.line {
            Line::Http(target) => Some(target),
            Line::Stdio(_) | Line::Sse(_) => None,
        }
    }

    /// True over HTTP, be it Streamable HTTP or HTTP+SSE.
    pub fn is_http(&self) -> bool {
        matches!(self.line, Line::Http(_) | Line::Sse(_))
    }

    /// Close the standard input of its process.
    pub fn close_stdin(&self) {
        if let Line::Stdio(child) = &self.line {
            child.close_stdin();
        }
    }

    /// Send its process a signal.
    pub fn signal(&self, signal: SignalName) {
        if let Line::Stdio(child) = &self.line {
            child.signal(signal);
        }
    }

    /// Give its process up for the next case, where its line is quiet: nothing is owed, and one more request is answered
    /// and brings nothing else. That request is in no transcript.
    ///
    /// # Errors
    /// Gives the actor back where its process cannot be handed on.
    pub(super) async fn give_up(self, greeting: Vec<Event>) -> Result<Lent, Self> {
        let Line::Stdio(child) = &self.line else { return Err(self) };
        let between = Arc::new(Recorder::unkept());
        child.record_in(between.clone(), &self.name);
        let events = self.stage.recorder.events();
        let settled = self.stage.recorder.look(|index| is_settled(&events, index, &self.name));
        if !settled || self.stage.recorder.is_full() {
            return Err(self);
        }
        let capabilities = default_capabilities(self.stage.revision);
        let revision = self.stage.revision.to_string();
        let meta = Meta { version: &revision, capabilities: &capabilities, extra: &IndexMap::new() };
        let method = match self.stage.revision.era() {
            Era::Handshake => "ping",
            Era::Stateless => "server/discover",
        };
        let last = message(Some(&self.stage.next_id()), method, add_meta(self.stage.revision, None, &meta));
        child.send(Some(LAST), SentKind::Request, last.to_string().into_bytes(), &Chunks::default(), Vec::new(), false);
        let answered = |index: &Index| index.streams.get(LAST).filter(|stream| stream.is_over()).map(|s| s.answer);
        let answer = between.wait(tokio::time::Instant::now() + QUIET_WITHIN, answered).await.flatten();
        let served = between.look(|index| {
            let answer = answer.and_then(|at| index.received.get(at));
            is_quiet(index) && answer.is_some_and(|seen| matches!(seen.message.kind, Kind::Result { .. }))
        });
        let learnt = self.learnt();
        match self.line {
            Line::Stdio(child) if served => Ok(Lent { child, greeting, learnt, between }),
            line => Err(Self { line, ..self }),
        }
    }

    /// End its process, if it has one.
    pub async fn leave(self) {
        if let Line::Stdio(child) = self.line {
            if self.config.abandons {
                child.abandon();
            } else {
                child.shut_down().await;
            }
        }
    }
}
