//! What changes while the server runs, and who is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::{LoggingLevel, ResourceUpdatedNotificationParam};
use rmcp::service::{SubscriptionContext, SubscriptionSink};
use rmcp::{Peer, RoleServer};
use tokio::sync::Notify;

pub const WATCHED: &str = "test://watched-resource";

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a client of the handshake revisions has asked for.
#[derive(Default)]
pub struct Session {
    watching: Mutex<BTreeSet<String>>,
    level: Mutex<Option<LoggingLevel>>,
}

impl Session {
    pub fn watch(&self, uri: &str, on: bool) {
        let mut watching = lock(&self.watching);
        if on {
            watching.insert(uri.to_owned())
        } else {
            watching.remove(uri)
        };
    }

    pub fn set_level(&self, level: LoggingLevel) {
        *lock(&self.level) = Some(level);
    }

    pub fn level(&self) -> LoggingLevel {
        lock(&self.level).unwrap_or(LoggingLevel::Debug)
    }
}

#[derive(Clone, Copy, PartialEq)]
pub enum Change {
    Tools,
    Prompts,
    Resources,
    Update,
}

#[derive(Default)]
pub struct Changes {
    /// Whether this is one of several instances: then nothing changes, since the others would not know.
    pub replica: bool,
    /// Whether the lists have one more entry than at first.
    pub tools: AtomicBool,
    pub prompts: AtomicBool,
    pub resources: AtomicBool,
    /// How often the watched resource has changed, and how many calls were cancelled.
    pub updates: AtomicU64,
    pub cancelled: AtomicU64,
    sessions: Mutex<Vec<(Peer<RoleServer>, Arc<Session>)>>,
    listening: Mutex<BTreeMap<u64, SubscriptionSink>>,
    next: AtomicU64,
    closing: Notify,
}

impl Changes {
    /// Of a server on its own, or of a replica.
    pub fn of(replica: bool) -> Self {
        Self { replica, ..Self::default() }
    }

    pub fn opened(&self, peer: Peer<RoleServer>, session: Arc<Session>) {
        let mut sessions = lock(&self.sessions);
        sessions.retain(|(peer, _)| !peer.is_transport_closed());
        sessions.push((peer, session));
    }

    /// Returns when the client, or the tool for that, closes the subscription.
    pub async fn listen(&self, context: SubscriptionContext) {
        let key = self.next.fetch_add(1, SeqCst);
        lock(&self.listening).insert(key, context.sink().clone());
        tokio::select! {
            () = context.cancelled() => {}
            () = self.closing.notified() => {}
        }
        lock(&self.listening).remove(&key);
    }

    /// Ends every subscription.
    pub fn close(&self) {
        self.closing.notify_waiters();
    }

    pub fn make(&self, change: Change) {
        match change {
            Change::Tools => drop(self.tools.fetch_xor(true, SeqCst)),
            Change::Prompts => drop(self.prompts.fetch_xor(true, SeqCst)),
            Change::Resources => drop(self.resources.fetch_xor(true, SeqCst)),
            Change::Update => drop(self.updates.fetch_add(1, SeqCst)),
        }
        for (peer, session) in lock(&self.sessions).iter().cloned() {
            tokio::spawn(async move {
                match change {
                    Change::Tools => drop(peer.notify_tool_list_changed().await),
                    Change::Prompts => drop(peer.notify_prompt_list_changed().await),
                    Change::Resources => drop(peer.notify_resource_list_changed().await),
                    Change::Update if !lock(&session.watching).contains(WATCHED) => {}
                    Change::Update => {
                        drop(peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(WATCHED)).await)
                    }
                }
            });
        }
        for sink in lock(&self.listening).values().cloned() {
            tokio::spawn(async move {
                match change {
                    Change::Tools => drop(sink.notify_tool_list_changed().await),
                    Change::Prompts => drop(sink.notify_prompt_list_changed().await),
                    Change::Resources => drop(sink.notify_resource_list_changed().await),
                    Change::Update => drop(sink.notify_resource_updated(WATCHED).await),
                }
            });
        }
    }
}
