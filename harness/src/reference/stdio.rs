//! The stdio transport of both eras: one message a line.

mod lines;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, BufWriter};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::core::{Call, Client, Era, Revision, Server, lock};
use super::faults::Taken;
use super::outbox::Outbox;
use super::rpc::{self, Failure, INVALID_REQUEST, Incoming, Object, Received};
use super::session::Session;
use super::{Options, Switch, handshake, stateless};
use lines::Line;

/// Messages waiting to be written; whoever sends more waits.
const MAX_WAITING: usize = 1024;

/// Serves MCP on a pair of pipes, one client for all revisions. Returns when `reader` ends, after calls still at work
/// had `options.drain` to finish. A line of greeting goes to `stderr`.
///
/// # Errors
/// If reading or writing fails, or the system gives no random bytes for keys.
pub async fn serve_stdio<R, W, E>(reader: R, writer: W, mut stderr: E, options: Options) -> io::Result<()>
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
    E: AsyncWrite + Unpin + Send + 'static,
{
    let server = Server::new(options).await?;
    let _stop = server.stop.clone().drop_guard();
    // Nobody needs to read this; a closed stderr is no reason to stop.
    let _ = stderr.write_all(format!("{} serves MCP on stdio\n", handshake::NAME).as_bytes()).await;
    let _ = stderr.flush().await;
    let (line, waiting) = mpsc::channel(MAX_WAITING);
    let mut writing = tokio::spawn(write(writer, waiting));
    let mut connection = Connection::new(&server, line);
    let read = tokio::select! {
        read = connection.read(BufReader::new(reader)) => read,
        written = &mut writing => return written.map_err(io::Error::other)?,
    };
    if server.has(Switch::IgnoresStdinClose) {
        std::future::pending::<()>().await;
    }
    connection.close(server.options.drain).await;
    read?;
    match timeout(server.options.drain, writing).await {
        Ok(written) => written.map_err(io::Error::other)?,
        // The client reads no more; what is left is lost.
        Err(_) => Ok(()),
    }
}

async fn write<W: AsyncWrite + Unpin>(writer: W, mut waiting: mpsc::Receiver<String>) -> io::Result<()> {
    let mut writer = BufWriter::new(writer);
    while let Some(line) = waiting.recv().await {
        writer.write_all(line.as_bytes()).await?;
        writer.write_all(b"\n").await?;
        if waiting.is_empty() {
            writer.flush().await?;
        }
    }
    writer.flush().await
}

/// One client whose messages all go the same two ways: standard input and output, or those of HTTP+SSE.
pub(super) struct Connection {
    server: Arc<Server>,
    line: mpsc::Sender<String>,
    /// Where responses go: standard output, or while a batch is taken in, to be gathered.
    answers: mpsc::Sender<String>,
    session: Option<Arc<Session>>,
    /// Stateless requests at work.
    in_flight: Arc<Mutex<HashMap<String, CancellationToken>>>,
    closing: CancellationToken,
    work: JoinSet<()>,
    /// When the latest request is answered, where one waits for the other.
    latest: Option<oneshot::Receiver<()>>,
}

impl Connection {
    /// A connection to a client that gets its messages from the other end of `line`.
    pub(super) fn new(server: &Arc<Server>, line: mpsc::Sender<String>) -> Self {
        Self {
            answers: line.clone(),
            line,
            session: None,
            in_flight: Arc::default(),
            closing: server.options.shutdown.child_token(),
            work: JoinSet::new(),
            latest: None,
            server: Arc::clone(server),
        }
    }

    /// Takes in what came as one body.
    ///
    /// # Errors
    /// The refusal, where it is no JSON-RPC message.
    pub(super) async fn receive(&mut self, bytes: &[u8]) -> Result<(), Value> {
        while self.work.try_join_next().is_some() {}
        match rpc::read(bytes) {
            Ok(Received::One(message)) => self.take(message).await,
            Ok(Received::Batch(members)) => self.take_batch(members).await,
            Err(rejected) => return Err(rejected.response(self.revision())),
        }
        Ok(())
    }

    async fn read<R: AsyncRead + Unpin>(&mut self, mut reader: BufReader<R>) -> io::Result<()> {
        loop {
            while self.work.try_join_next().is_some() {}
            let line = tokio::select! {
                line = lines::next(&mut reader, self.server.options.max_message) => line?,
                () = self.server.options.shutdown.cancelled() => return Ok(()),
            };
            let message = match line {
                Line::End => return Ok(()),
                Line::Text { bytes, .. } if bytes.trim_ascii().is_empty() => continue,
                Line::Text { bytes, pieces } => match self.server.faults.line(bytes, pieces) {
                    Taken::Read(bytes) => rpc::read(&bytes),
                    Taken::Refused(failure) => Err(Box::new(rpc::Rejected { id: None, failure })),
                    Taken::Waits => continue,
                    Taken::Never => std::future::pending().await,
                },
                Line::TooLong => {
                    let message = format!("a message has at most {} bytes", self.server.options.max_message);
                    Err(Box::new(rpc::Rejected { id: None, failure: Failure::new(INVALID_REQUEST, message) }))
                }
            };
            match message {
                Ok(Received::One(message)) => self.take(message).await,
                Ok(Received::Batch(members)) => self.take_batch(members).await,
                Err(rejected) if rejected.failure.code == rpc::PARSE && self.server.has(Switch::DiesOnInvalidJson) => {
                    return Ok(());
                }
                Err(rejected) => self.send(&rejected.response(self.revision())).await,
            }
        }
    }

    /// What the handshake agreed on; the newest before it.
    fn revision(&self) -> Revision {
        self.session.as_ref().map_or(Revision::NEWEST_HANDSHAKE, |session| session.revision)
    }

    /// A batch: notifications and responses take effect, requests are answered together, in one line.
    async fn take_batch(&mut self, members: Vec<Value>) {
        if let Err(failure) = rpc::admit_batch(self.revision(), &members) {
            return self.send(&failure.nameless(self.revision())).await;
        }
        let (answers, mut gathered) = mpsc::channel(MAX_WAITING);
        let line = self.line.clone();
        self.work.spawn(async move {
            let mut replies: Vec<String> = Vec::new();
            // Ends when all that may answer are done.
            while let Some(reply) = gathered.recv().await {
                replies.push(reply);
            }
            if !replies.is_empty() {
                // A closed pipe ends the connection elsewhere.
                let _ = line.send(format!("[{}]", replies.join(","))).await;
            }
        });
        self.answers = answers;
        for member in members {
            match rpc::read_one(member) {
                Ok(message) => self.take(message).await,
                Err(rejected) => self.send(&rejected.response(self.revision())).await,
            }
        }
        self.answers = self.line.clone();
    }

    async fn take(&mut self, message: Incoming) {
        match message {
            Incoming::Request { id, method, params } => {
                if let Err(failure) = self.request(&id, method, params).await {
                    self.send(&failure.response(Some(&id))).await;
                }
            }
            Incoming::Notification { method, params } => {
                if method == "notifications/cancelled"
                    && let Some(id) = params.as_ref().and_then(|params| params.get("requestId"))
                    && let Some(token) = lock(&self.in_flight).get(&id.to_string())
                {
                    token.cancel();
                }
                // All that is kept of such a session is in this process.
                let _ = self.server.notified(self.session.as_deref(), &method, params.as_ref()).await;
                if let Some(message) = self.server.faults.notified(&method, params.as_ref()) {
                    self.send(&message).await;
                }
                if self.server.has(Switch::AnswersNotifications) {
                    self.send(&json!({ "jsonrpc": "2.0", "id": null, "result": {} })).await;
                }
            }
            Incoming::Response { id, outcome } => {
                if let Some(session) = &self.session {
                    self.server.answered(session, id, outcome).await;
                }
            }
        }
    }

    async fn request(&mut self, id: &Value, method: String, params: Option<Value>) -> Result<(), Failure> {
        let marked =
            stateless::is_marked(params.as_ref()) || matches!(&*method, "server/discover" | "subscriptions/listen");
        if self.server.only_era().map_or(marked, |only| only == Era::Stateless && method != "initialize") {
            if !self.server.has(Switch::AcceptsMissingMeta) {
                stateless::version(params.as_ref())?;
            }
            let params = handshake::params(&method, params)?;
            let client = stateless::client(&self.server, &params)?;
            let cancelled = CancellationToken::new();
            self.reserve(id, cancelled.clone())?;
            self.start(stateless::REVISION, id, method, params, client, cancelled);
            return Ok(());
        }
        let again = self.session.is_none() || self.server.has(Switch::AcceptsSecondInitialize);
        if method == "initialize" && again {
            let (session, result) =
                handshake::initialize(&self.server, params.as_ref(), Some(self.line.clone())).await?;
            self.session = Some(session);
            self.send(&rpc::success(id, result)).await;
            return Ok(());
        }
        if self.session.is_none() && method != "ping" {
            if !self.server.has(Switch::AcceptsWithoutHandshake) {
                handshake::too_early(&method)?;
            }
            let revision = handshake::newest(&self.server).unwrap_or(Revision::NEWEST_HANDSHAKE);
            let homes = self.server.homes.alone(&self.server.private);
            let session = Session::new(revision, Object::new(), Some(self.line.clone()), homes);
            self.session = session.ok();
        }
        let Some(session) = self.session.clone() else {
            self.send(&rpc::success(id, json!({}))).await;
            return Ok(());
        };
        let params = handshake::params(&method, params)?;
        let client = handshake::client(&session, &params)?;
        let cancelled = session.ended.child_token();
        self.reserve(id, cancelled.clone())?;
        self.start(session.revision, id, method, params, client, cancelled);
        Ok(())
    }

    fn reserve(&self, id: &Value, token: CancellationToken) -> Result<(), Failure> {
        let mut all = lock(&self.in_flight);
        if all.contains_key(&id.to_string()) {
            return Err(Failure::new(INVALID_REQUEST, "a request with this id is being worked on; use another id"));
        }
        all.insert(id.to_string(), token);
        Ok(())
    }

    fn start(
        &mut self,
        revision: Revision,
        id: &Value,
        method: String,
        params: Object,
        client: Client,
        cancelled: CancellationToken,
    ) {
        let call = Call {
            server: Arc::clone(&self.server),
            revision,
            id: id.clone(),
            method,
            params,
            client,
            caller: None,
            session: if revision.era() == Era::Handshake { self.session.clone() } else { None },
            outbox: Outbox::Line(self.line.clone()),
            cancelled,
            closing: self.closing.clone(),
        };
        let (line, in_flight, id) = (self.answers.clone(), Arc::clone(&self.in_flight), id.to_string());
        let (server, work) = (Arc::clone(&self.server), Arc::clone(&self.server).respond(call));
        let (answered, latest) = oneshot::channel();
        let before = if self.server.has(Switch::OneAtATime) { self.latest.replace(latest) } else { None };
        self.work.spawn(async move {
            let _answered = answered;
            if let Some(before) = before {
                // It ends without a word.
                let _ = before.await;
            }
            let reply = work.await;
            lock(&in_flight).remove(&id);
            if let Some((message, _)) = reply {
                if let Some(said) = server.faults.talk(&message) {
                    let _ = line.send(said).await;
                }
                // A closed pipe ends the connection elsewhere.
                let _ = line.send(message.to_string()).await;
            }
        });
    }

    async fn send(&self, message: &Value) {
        // As above.
        let _ = self.answers.send(message.to_string()).await;
    }

    /// Ends subscriptions with their result, lets running calls finish for a while and drops the rest.
    pub(super) async fn close(mut self, drain: std::time::Duration) {
        self.closing.cancel();
        let finished = async { while self.work.join_next().await.is_some() {} };
        let _ = timeout(drain, finished).await;
        self.work.shutdown().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            self.server.sessions.close(&session.id);
        }
    }
}
