//! One actor: a client of one revision, with its connection and its session.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::CLIENT_NAME;
use super::channel::Channel;
use super::envelope::{change_headers, client_info, default_capabilities, derived_headers};
use super::outgoing::Outgoing;
use super::stage::Stage;
use super::target::Target;
use crate::action::{SignalName, TokenPlace, TokenUse};
use crate::mutate::stand_between;
use crate::revision::{Era, Revision};
use crate::scenario::{Actor as Config, Transport};
use crate::token;
use crate::transcript::{Recorder, SentKind, What};
use crate::transport::{Child, Exchange, HttpRequest, HttpTarget};

/// The connection of an actor.
#[derive(Debug)]
pub(super) enum Line {
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

/// What goes to whom, with which token.
pub(super) struct Shown<'a> {
    pub target: &'a HttpTarget,
    pub outgoing: &'a Outgoing,
    pub used: &'a TokenUse,
    pub token: Option<&'a str>,
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
    pub(super) stage: Arc<Stage>,
    pub(super) line: Line,
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
        let number = self.stage.next_exchange();
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
        let shown = Shown { target: &target, outgoing: &outgoing, used: &used, token: token.as_deref() };
        let mut headers = self.headers(&shown);
        headers.extend(self.proofs(&shown));
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
        match outgoing.kind {
            SentKind::Metadata => TokenUse::of(token::Kind::None),
            _ => {
                let own = || TokenUse::of(self.config.token.unwrap_or(token::Kind::Valid));
                outgoing.token.clone().unwrap_or_else(own)
            }
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
                self.fail(problem);
                None
            }
        }
    }

    /// Something went wrong on our side.
    pub(super) fn fail(&self, problem: String) {
        *self.stage.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(problem);
    }

    /// The transcript.
    pub(super) fn recorder(&self) -> &Recorder {
        &self.stage.recorder
    }

    fn headers(&self, shown: &Shown<'_>) -> Vec<(String, String)> {
        let Shown { target, outgoing, used, token } = *shown;
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
            (TokenPlace::Header, Some(token)) => {
                let usual = if target.wallet.binds(used.kind) { token::Scheme::Dpop } else { token::Scheme::Bearer };
                Some(json!(format!("{} {token}", used.scheme.unwrap_or(usual).name())))
            }
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
