//! What all actors of a case share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Breaks;
use crate::revision::Revision;
use crate::transcript::Recorder;
use crate::transport::Sockets;

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
    /// What is wrong with this client, for a fuzzer to find.
    pub breaks: Arc<Breaks>,
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
            breaks: Arc::default(),
            exchanges: AtomicU32::new(0),
            ids: AtomicU32::new(ids_after),
        }
    }

    /// The same for a client with these faults.
    pub fn breaking(self, breaks: Arc<Breaks>) -> Self {
        Self { breaks, ..self }
    }

    /// Tools that the server listed, for headers drawn from annotated arguments.
    pub fn tools(&self) -> &[Value] {
        self.facts.pointer("/server/tools").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The next number of an exchange: 1, 2, ...
    pub fn next_exchange(&self) -> u32 {
        self.exchanges.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The next request id of the case: 1, 2, ... unless it shares a process with others.
    pub fn next_id(&self) -> Value {
        json!(self.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
