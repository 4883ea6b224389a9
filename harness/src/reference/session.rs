//! Sessions of the revisions up to 2025-11-25: what the handshake agreed on, and what is open.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::core::lock;
use super::event_log::{Event, EventLog};
use super::logging::Level;
use super::outbox::Outbox;
use super::rpc::{Object, notification};
use super::seal::random;
use super::tasks::Tasks;
use crate::revision::Revision;

/// Streams kept in one session for resuming.
const MAX_STREAMS: usize = 64;
/// Resources one session may subscribe to.
const MAX_SUBSCRIPTIONS: usize = 256;

/// One client's session; on stdio the whole connection is one.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: String,
    /// What the handshake agreed on.
    pub(super) revision: Revision,
    /// What the client declared in `initialize`.
    pub(super) capabilities: Object,
    /// The least severe log message that the client wants.
    pub(super) level: Mutex<Level>,
    /// Ends with the session, and everything at work in it.
    pub(super) ended: CancellationToken,
    pub(super) tasks: Tasks,
    initialized: AtomicBool,
    subscriptions: Mutex<BTreeSet<String>>,
    pending: Mutex<HashMap<String, oneshot::Sender<Result<Value, Value>>>>,
    in_flight: Mutex<HashMap<String, CancellationToken>>,
    streams: Mutex<VecDeque<Arc<EventLog>>>,
    listeners: Mutex<Vec<Arc<EventLog>>>,
    counter: AtomicU64,
    touched: Mutex<Instant>,
    line: Option<mpsc::Sender<String>>,
}

impl Session {
    /// A new session. `line` is standard output when the session is a stdio connection.
    pub(super) fn new(
        revision: Revision,
        capabilities: Object,
        line: Option<mpsc::Sender<String>>,
    ) -> io::Result<Arc<Self>> {
        let id = random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Arc::new(Self {
            id,
            revision,
            capabilities,
            level: Mutex::new(Level::Info),
            ended: CancellationToken::new(),
            tasks: Tasks::default(),
            initialized: AtomicBool::new(false),
            subscriptions: Mutex::default(),
            pending: Mutex::default(),
            in_flight: Mutex::default(),
            streams: Mutex::default(),
            listeners: Mutex::default(),
            counter: AtomicU64::new(0),
            touched: Mutex::new(Instant::now()),
            line,
        }))
    }

    pub(super) fn initialized(&self) -> bool {
        self.initialized.load(Ordering::SeqCst)
    }

    pub(super) fn set_initialized(&self) {
        self.initialized.store(true, Ordering::SeqCst);
    }

    /// Subscribes to a resource; false when there are too many.
    pub(super) fn subscribe(&self, uri: &str) -> bool {
        let mut all = lock(&self.subscriptions);
        if !all.contains(uri) && all.len() >= MAX_SUBSCRIPTIONS {
            return false;
        }
        all.insert(uri.to_owned());
        true
    }

    pub(super) fn unsubscribe(&self, uri: &str) {
        lock(&self.subscriptions).remove(uri);
    }

    pub(super) fn subscribed(&self, uri: &str) -> bool {
        lock(&self.subscriptions).contains(uri)
    }

    /// A token for a request that begins; `None` when its id is in use.
    pub(super) fn begin(&self, id: &Value) -> Option<CancellationToken> {
        let mut all = lock(&self.in_flight);
        let key = id.to_string();
        if all.contains_key(&key) {
            return None;
        }
        let token = self.ended.child_token();
        all.insert(key, token.clone());
        Some(token)
    }

    pub(super) fn end(&self, id: &Value) {
        lock(&self.in_flight).remove(&id.to_string());
    }

    /// Cancels a request if it is still at work.
    pub(super) fn cancel(&self, id: &Value) {
        if let Some(token) = lock(&self.in_flight).get(&id.to_string()) {
            token.cancel();
        }
    }

    /// Asks the client through `outbox` and waits for its response. `Err` says why there is none. Whoever gives up before,
    /// because the call behind it was cancelled or took too long, cancels the question too.
    pub(super) async fn ask(
        &self,
        outbox: &Outbox,
        method: &str,
        params: Value,
        deadline: Duration,
    ) -> Result<Value, String> {
        let asked = self.put(outbox, self.next_id(), method, Some(params), deadline).await?;
        asked.map_err(|error| format!("the client answered {method} with an error: {error}"))
    }

    /// An id for a request to the client that no other has.
    pub(super) fn next_id(&self) -> String {
        format!("server-{}", self.next())
    }

    /// The same under a given id: the result or the error that the client answers with.
    pub(super) async fn put(
        &self,
        outbox: &Outbox,
        id: String,
        method: &str,
        params: Option<Value>,
        deadline: Duration,
    ) -> Result<Result<Value, Value>, String> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.pending).insert(id.clone(), sender);
        let mut request = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if let (Some(request), Some(params)) = (request.as_object_mut(), params) {
            request.insert("params".to_owned(), params);
        }
        let mut question = Question { session: self, outbox, id, open: false };
        question.open = outbox.send(&request).await;
        if !question.open {
            return Err(format!("{method} cannot be sent: the answer to this request is not a stream"));
        }
        let answer = tokio::time::timeout(deadline, receiver).await;
        question.open = answer.is_err();
        outbox.answered().await;
        match answer {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) => Err(format!("the session ended before the client answered {method}")),
            Err(_) => Err(format!("the client did not answer {method} within {deadline:?}")),
        }
    }

    /// Hands the client's response to whoever asked; false if nobody did.
    pub(super) fn answered(&self, id: &Value, outcome: Result<Value, Value>) -> bool {
        let waiting = id.as_str().and_then(|id| lock(&self.pending).remove(id));
        waiting.is_some_and(|waiting| waiting.send(outcome).is_ok())
    }

    /// The log of a new stream; its number is unique in the session.
    pub(super) fn new_stream(&self) -> Arc<EventLog> {
        EventLog::new(self.next())
    }

    /// Keeps a stream so that it can be resumed. The oldest finished one makes room.
    pub(super) fn keep(&self, log: &Arc<EventLog>) {
        let mut streams = lock(&self.streams);
        if streams.len() >= MAX_STREAMS {
            let oldest = streams.iter().position(|log| log.ended() || !log.connected()).unwrap_or(0);
            streams.remove(oldest);
        }
        streams.push_back(Arc::clone(log));
    }

    /// Opens a stream for messages that belong to no request.
    pub(super) fn listen(&self) -> Arc<EventLog> {
        let log = self.new_stream();
        let mut listeners = lock(&self.listeners);
        listeners.retain(|old| old.connected());
        if listeners.len() >= MAX_STREAMS {
            listeners.remove(0);
        }
        listeners.push(Arc::clone(&log));
        drop(listeners);
        self.keep(&log);
        log
    }

    /// The stream with this number.
    pub(super) fn stream(&self, number: u64) -> Option<Arc<EventLog>> {
        lock(&self.streams).iter().find(|log| log.number == number).cloned()
    }

    /// All kept streams, oldest first.
    pub(super) fn streams(&self) -> Vec<Arc<EventLog>> {
        lock(&self.streams).iter().cloned().collect()
    }

    /// Sends a message that belongs to no request: on one listening stream, or on all (`everywhere`, a defect).
    pub(super) async fn notify(&self, message: &Value, everywhere: bool) {
        if let Some(line) = &self.line {
            // A closed pipe ends the connection elsewhere.
            let _ = line.send(message.to_string()).await;
            return;
        }
        let listeners = lock(&self.listeners);
        let newest = listeners.iter().rev().find(|log| log.connected()).or(listeners.last());
        for log in listeners.iter().filter(|log| everywhere || newest.is_some_and(|newest| Arc::ptr_eq(newest, log))) {
            log.push(Event::Message(message.to_string()));
        }
    }

    /// Ends the connections, not the streams, on which the client listens; it should come back after so many milliseconds.
    pub(super) fn hang_up(&self, retry: u64) {
        for log in lock(&self.listeners).iter().filter(|log| log.connected()) {
            log.push(Event::HangUp(retry));
        }
    }

    /// Ends the session: its work is cancelled, its streams close.
    pub(super) fn close(&self) {
        self.ended.cancel();
        lock(&self.pending).clear();
        for log in lock(&self.listeners).iter() {
            log.finish(None);
        }
    }

    fn next(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// A request to the client that waits for its response.
struct Question<'a> {
    session: &'a Session,
    outbox: &'a Outbox,
    id: String,
    /// Sent and not answered.
    open: bool,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        lock(&self.session.pending).remove(&self.id);
        if self.open {
            let params = json!({ "requestId": self.id, "reason": "the answer is no longer wanted" });
            self.outbox.offer(&notification("notifications/cancelled", Some(params)));
        }
    }
}

/// The sessions of a server.
#[derive(Debug)]
pub(super) struct Sessions {
    all: Mutex<IndexMap<String, Arc<Session>>>,
    max: usize,
    idle: Duration,
}

impl Sessions {
    pub(super) fn new(max: usize, idle: Duration) -> Self {
        Self { all: Mutex::default(), max: max.max(1), idle }
    }

    /// Adds a session; those idle too long go, and the longest idle one if there are still too many.
    pub(super) fn add(&self, session: &Arc<Session>) {
        let mut all = lock(&self.all);
        let mut gone: Vec<_> = all.values().filter(|old| self.stale(old)).cloned().collect();
        if all.len() - gone.len() >= self.max {
            gone.extend(all.values().min_by_key(|old| *lock(&old.touched)).cloned());
        }
        for old in gone {
            old.close();
            all.shift_remove(&old.id);
        }
        all.insert(session.id.clone(), Arc::clone(session));
    }

    /// The session with this id, if it lives.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Session>> {
        let session = lock(&self.all).get(id).cloned()?;
        if self.stale(&session) {
            self.remove(id);
            return None;
        }
        *lock(&session.touched) = Instant::now();
        Some(session)
    }

    /// Ends a session; false if there is none.
    pub(super) fn remove(&self, id: &str) -> bool {
        let removed = lock(&self.all).swap_remove(id);
        removed.is_some_and(|session| {
            session.close();
            true
        })
    }

    /// Every session.
    pub(super) fn all(&self) -> Vec<Arc<Session>> {
        lock(&self.all).values().cloned().collect()
    }

    fn stale(&self, session: &Session) -> bool {
        // A session with an open stream is in use though nothing is sent.
        let listening = lock(&session.streams).iter().any(|log| log.connected());
        session.line.is_none() && !listening && lock(&session.touched).elapsed() > self.idle
    }
}
