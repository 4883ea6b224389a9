//! What instances of the server share: maps whose keys expire, logs that wake their reader, and signals to everyone.
//!
//! All else is written once over these. In memory it is one process's own; on Redis any number of processes share it.

mod hub;
mod log;
mod memory;
mod redis;
mod redis_log;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::rpc::{Failure, INTERNAL};
use super::seal::random;
pub(super) use log::{Event, Log, POLL};
use memory::Memory;
use redis::Redis;

/// Signals that wait to be heard by one instance; further ones are lost to it.
const MAX_SIGNALS: usize = 8192;
/// How long what has no time of its own is kept after its last use.
pub(super) const LONG: Duration = Duration::from_secs(24 * 3600);

/// Where a server keeps what outlives one request. Clones share everything: give clones of one to several instances and
/// they serve one another's clients.
#[derive(Clone, Debug)]
pub struct Store(Backend);

#[derive(Clone, Debug)]
enum Backend {
    Memory(Arc<Memory>),
    Redis(Arc<Redis>),
}

impl Default for Store {
    /// Memory of this process.
    fn default() -> Self {
        Self(Backend::Memory(Arc::default()))
    }
}

/// The shared store does not answer as it should.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not an address of Redis.
    #[error("{url:?} is not the URL of a Redis server ({why}); write redis://HOST:PORT, with /NUMBER for a database")]
    Url {
        /// As given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody there.
    #[error("Redis at {address} cannot be reached: {why}; start it there (redis-server --port ...) or name another")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What happened.
        why: String,
    },
    /// A command failed.
    #[error("the shared store did not {what}: {why}")]
    Failed {
        /// What it was asked.
        what: &'static str,
        /// What happened.
        why: String,
    },
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(INTERNAL, error.to_string()).status(503)
    }
}

type Done<T> = Result<T, StoreError>;

/// One instance among those that share a store, until this is dropped.
pub(super) struct Member {
    /// Its number; none is given twice.
    pub(super) number: u64,
    /// What the others say.
    pub(super) heard: mpsc::Receiver<String>,
    _leaves: Box<dyn std::any::Any + Send>,
}

/// The same operation of either back end.
macro_rules! either {
    ($store:expr, $method:ident ( $($argument:expr),* )) => {
        match &$store.0 {
            Backend::Memory(memory) => Ok(memory.$method($($argument),*)),
            Backend::Redis(redis) => redis.$method($($argument),*).await,
        }
    };
}

impl Store {
    /// The store of a Redis server (7.0 or later), such as `redis://127.0.0.1:6379/0`.
    ///
    /// # Errors
    /// If the URL is none, or nobody answers there.
    pub async fn redis(url: &str) -> Result<Self, StoreError> {
        Ok(Self(Backend::Redis(Redis::connect(url).await?)))
    }

    /// Joins those who share it.
    pub(super) async fn join(&self) -> Done<Member> {
        match &self.0 {
            Backend::Memory(memory) => Ok(Memory::join(memory)),
            Backend::Redis(redis) => Redis::join(redis).await,
        }
    }

    /// Whether an instance is still there.
    pub(super) async fn lives(&self, member: u64) -> Done<bool> {
        either!(self, lives(member))
    }

    /// Says something to all other instances.
    pub(super) async fn signal(&self, from: u64, text: &str) -> Done<()> {
        either!(self, signal(from, text))
    }

    /// All fields of a map.
    pub(super) async fn fields(&self, key: &str) -> Done<BTreeMap<String, String>> {
        either!(self, fields(key))
    }

    /// One field of a map.
    pub(super) async fn field(&self, key: &str, field: &str) -> Done<Option<String>> {
        either!(self, field(key, field))
    }

    /// How many fields a map has.
    pub(super) async fn size(&self, key: &str) -> Done<usize> {
        either!(self, size(key))
    }

    /// Sets a field; the map is kept for so long from now on.
    pub(super) async fn set(&self, key: &str, field: &str, value: &str, life: Duration) -> Done<()> {
        either!(self, set(key, field, value, life))
    }

    /// Sets a field that is not there; false if it is.
    pub(super) async fn add(&self, key: &str, field: &str, value: &str, life: Duration) -> Done<bool> {
        either!(self, add(key, field, value, life))
    }

    /// Sets a field that has the value `old`; false if it has another or is not there.
    pub(super) async fn swap(&self, key: &str, field: &str, old: &str, new: &str) -> Done<bool> {
        either!(self, swap(key, field, old, new))
    }

    /// Adds to a number, which begins at 0; gives the sum.
    pub(super) async fn count(&self, key: &str, field: &str, by: u64, life: Duration) -> Done<u64> {
        either!(self, count(key, field, by, life))
    }

    /// Takes a field away; false if it was not there.
    pub(super) async fn unset(&self, key: &str, field: &str) -> Done<bool> {
        either!(self, unset(key, field))
    }

    /// Takes a map away; false if it was not there.
    pub(super) async fn remove(&self, key: &str) -> Done<bool> {
        either!(self, remove(key))
    }

    /// Keeps a map for so long from now on.
    pub(super) async fn touch(&self, key: &str, life: Duration) -> Done<()> {
        either!(self, touch(key, life))
    }

    /// The log under a key; it is made by the first entry. It is kept for so long after its latest use.
    pub(super) fn log(&self, key: &str, life: Duration) -> Log {
        match &self.0 {
            Backend::Memory(memory) => Log::memory(memory.log(key, life)),
            Backend::Redis(redis) => Log::redis(redis, key, life),
        }
    }

    /// Takes a log away.
    pub(super) async fn remove_log(&self, key: &str) -> Done<()> {
        either!(self, remove_log(key))
    }

    /// Changes whenever the key is woken. Wakes can be lost: look again after [`POLL`] all the same.
    pub(super) fn watch(&self, key: &str) -> watch::Receiver<()> {
        match &self.0 {
            Backend::Memory(memory) => memory.hub.watch(key),
            Backend::Redis(redis) => redis.hub.watch(key),
        }
    }

    /// Wakes all who watch a key, on any instance.
    pub(super) async fn wake(&self, key: &str) -> Done<()> {
        either!(self, wake(key))
    }

    /// The key that protects what clients carry for the instances.
    pub(super) async fn key(&self) -> Result<[u8; 32], StoreError> {
        let failed = |why: String| StoreError::Failed { what: "give a key", why };
        let drawn: [u8; 32] = random().map_err(|error| failed(error.to_string()))?;
        let text: String = drawn.iter().map(|byte| format!("{byte:02x}")).collect();
        self.add("key", "", &text, LONG).await?;
        let text = self.field("key", "").await?.unwrap_or_default();
        self.touch("key", LONG).await?;
        let bytes: Option<Vec<u8>> = (0..text.len())
            .step_by(2)
            .map(|at| text.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()))
            .collect();
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| failed(format!("{text:?} is none")))
    }
}

#[cfg(test)]
mod tests;
