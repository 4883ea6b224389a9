//! Sessions of the revisions up to 2025-11-25: what the handshake agreed on, and what is at work.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::core::lock;
use super::logging::Level;
use super::rpc::Object;
use super::seal::random;
use super::store::{LONG, Store, StoreError};
use super::{Options, Switch};
use crate::revision::Revision;

/// Resources one session may subscribe to.
const MAX_SUBSCRIPTIONS: usize = 256;
/// The longest time between two notes that a session is in use.
const TOUCH: Duration = Duration::from_secs(1);

/// Where the parts of a session are kept, and by which instance it is worked on.
#[derive(Clone, Debug)]
pub(super) struct Homes {
    pub(super) session: Store,
    pub(super) events: Store,
    pub(super) tasks: Store,
    initialized: Store,
    level: Store,
    subscriptions: Store,
    /// The instance.
    pub(super) member: u64,
    /// How long a session is kept without a request.
    pub(super) idle: Duration,
    /// Counts the streams and questions of the instance.
    counter: Arc<AtomicU64>,
    /// Notifications reach only streams on the instance that causes them.
    pub(super) deaf: bool,
}

impl Homes {
    /// The parts are in the store of the options; those that a switch keeps to one instance are in `private`.
    pub(super) fn new(options: &Options, private: &Store, member: u64) -> Self {
        let home = |switch| {
            let kept_back = options.has(Switch::SessionOnOneInstance) || options.has(switch);
            if kept_back { private.clone() } else { options.store.clone() }
        };
        Self {
            session: home(Switch::SessionOnOneInstance),
            events: home(Switch::SessionOnOneInstance),
            tasks: home(Switch::TasksOnOneInstance),
            initialized: home(Switch::InitializedOnOneInstance),
            level: home(Switch::LogLevelOnOneInstance),
            subscriptions: home(Switch::SubscriptionsOnOneInstance),
            member,
            idle: options.session_idle,
            counter: Arc::default(),
            deaf: options.has(Switch::NotificationsOnOneInstance),
        }
    }

    /// For sessions that live and end with one connection.
    pub(super) fn alone(&self, private: &Store) -> Self {
        let home = || private.clone();
        Self {
            session: home(),
            events: home(),
            tasks: home(),
            initialized: home(),
            level: home(),
            subscriptions: home(),
            idle: LONG,
            ..self.clone()
        }
    }

    /// Whether an instance is still there.
    pub(super) async fn lives(&self, member: u64) -> Result<bool, StoreError> {
        Ok(member == self.member || self.session.lives(member).await?)
    }

    /// A number that this instance gives but once.
    pub(super) fn next(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// One client's session, as one instance sees it; on stdio the whole connection is one.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: String,
    /// What the handshake agreed on.
    pub(super) revision: Revision,
    /// What the client declared in `initialize`.
    pub(super) capabilities: Object,
    /// Ends with the session, and everything that this instance works on in it.
    pub(super) ended: CancellationToken,
    pub(super) homes: Homes,
    pub(super) line: Option<mpsc::Sender<String>>,
    /// Questions of this instance that wait for their answer.
    pub(super) pending: Mutex<HashMap<String, oneshot::Sender<Result<Value, Value>>>>,
    in_flight: Mutex<HashMap<String, CancellationToken>>,
    initialized: AtomicBool,
    touched: Mutex<Option<Instant>>,
}

/// The key of a session's record.
pub(super) fn record(id: &str) -> String {
    format!("session {id}")
}

/// The field of the record with what the handshake agreed on.
pub(super) const AGREED: &str = "agreed";

impl Session {
    /// A new session. `line` is standard output when the session is a stdio connection.
    pub(super) fn new(
        revision: Revision,
        capabilities: Object,
        line: Option<mpsc::Sender<String>>,
        homes: Homes,
    ) -> io::Result<Arc<Self>> {
        let id = random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Arc::new(Self {
            id,
            revision,
            capabilities,
            ended: CancellationToken::new(),
            homes,
            line,
            pending: Mutex::default(),
            in_flight: Mutex::default(),
            initialized: AtomicBool::new(false),
            touched: Mutex::default(),
        }))
    }

    /// The session of a record.
    pub(super) fn restored(id: &str, agreed: &str, homes: Homes) -> Option<Arc<Self>> {
        let agreed: Value = serde_json::from_str(agreed).ok()?;
        let revision = agreed.get("revision")?.as_str()?.parse().ok()?;
        let capabilities = agreed.get("capabilities")?.as_object()?.clone();
        Some(Arc::new(Self {
            id: id.to_owned(),
            revision,
            capabilities,
            ended: CancellationToken::new(),
            homes,
            line: None,
            pending: Mutex::default(),
            in_flight: Mutex::default(),
            initialized: AtomicBool::new(false),
            touched: Mutex::default(),
        }))
    }

    /// Writes its record.
    pub(super) async fn save(&self) -> Result<(), StoreError> {
        let agreed = json!({ "revision": self.revision.as_str(), "capabilities": self.capabilities });
        self.homes.session.set(&record(&self.id), AGREED, &agreed.to_string(), self.homes.idle).await
    }

    /// Notes that it is in use, if that is due.
    pub(super) async fn touch(&self) -> Result<bool, StoreError> {
        {
            let mut touched = lock(&self.touched);
            if touched.is_some_and(|last| last.elapsed() < TOUCH.min(self.homes.idle / 8)) {
                return Ok(false);
            }
            *touched = Some(Instant::now());
        }
        let life = self.homes.idle;
        self.homes.session.touch(&record(&self.id), life).await?;
        self.homes.session.touch(&self.busy(), life).await?;
        self.homes.events.touch(&self.streams_key(), life).await?;
        self.homes.subscriptions.touch(&self.subscriptions(), life).await?;
        Ok(true)
    }

    pub(super) async fn initialized(&self) -> Result<bool, StoreError> {
        // It stays so.
        if !self.initialized.load(Ordering::SeqCst) {
            let known = self.homes.initialized.field(&record(&self.id), "initialized").await?;
            self.initialized.store(known.is_some(), Ordering::SeqCst);
        }
        Ok(self.initialized.load(Ordering::SeqCst))
    }

    pub(super) async fn set_initialized(&self) -> Result<(), StoreError> {
        self.initialized.store(true, Ordering::SeqCst);
        self.homes.initialized.set(&record(&self.id), "initialized", "", self.homes.idle).await
    }

    /// The least severe log message that the client wants.
    pub(super) async fn level(&self) -> Result<Level, StoreError> {
        let level = self.homes.level.field(&record(&self.id), "level").await?;
        Ok(level.and_then(|name| Level::read(&name).ok()).unwrap_or(Level::Info))
    }

    pub(super) async fn set_level(&self, level: Level) -> Result<(), StoreError> {
        self.homes.level.set(&record(&self.id), "level", level.name(), self.homes.idle).await
    }

    /// Subscribes to a resource; false when there are too many.
    pub(super) async fn subscribe(&self, uri: &str) -> Result<bool, StoreError> {
        let (key, home) = (self.subscriptions(), &self.homes.subscriptions);
        if home.size(&key).await? >= MAX_SUBSCRIPTIONS && home.field(&key, uri).await?.is_none() {
            return Ok(false);
        }
        home.set(&key, uri, "", self.homes.idle).await?;
        Ok(true)
    }

    pub(super) async fn unsubscribe(&self, uri: &str) -> Result<(), StoreError> {
        self.homes.subscriptions.unset(&self.subscriptions(), uri).await.map(drop)
    }

    pub(super) async fn subscribed(&self, uri: &str) -> Result<bool, StoreError> {
        Ok(self.homes.subscriptions.field(&self.subscriptions(), uri).await?.is_some())
    }

    fn subscriptions(&self) -> String {
        format!("subscriptions {}", self.id)
    }

    fn busy(&self) -> String {
        format!("busy {}", self.id)
    }

    /// A token for a request that begins; `None` when its id is in use, on any instance.
    pub(super) async fn begin(&self, id: &Value) -> Result<Option<CancellationToken>, StoreError> {
        let id = id.to_string();
        if !self.homes.session.add(&self.busy(), &id, "", self.homes.idle).await? {
            return Ok(None);
        }
        let token = self.ended.child_token();
        lock(&self.in_flight).insert(id, token.clone());
        Ok(Some(token))
    }

    pub(super) async fn end(&self, id: &Value) {
        let id = id.to_string();
        lock(&self.in_flight).remove(&id);
        // Where that fails the id stays in use until the session ends: no client uses it again.
        let _ = self.homes.session.unset(&self.busy(), &id).await;
    }

    /// Cancels a request if this instance is at work on it; false if not.
    pub(super) fn cancel(&self, id: &Value) -> bool {
        let all = lock(&self.in_flight);
        all.get(&id.to_string()).inspect(|token| token.cancel()).is_some()
    }

    /// Ends its work on this instance.
    pub(super) fn close(&self) {
        self.ended.cancel();
        lock(&self.pending).clear();
    }

    /// Takes everything away that is kept of it; what is at work ends by [`close`](Self::close) on each instance.
    pub(super) async fn erase(&self) -> Result<bool, StoreError> {
        let there = self.homes.session.remove(&record(&self.id)).await?;
        self.end_streams().await?;
        let Homes { session, subscriptions, tasks, .. } = &self.homes;
        let rest = [(session, self.busy()), (subscriptions, self.subscriptions()), (tasks, self.tasks_key())];
        for (home, key) in rest {
            home.remove(&key).await?;
        }
        Ok(there)
    }
}
