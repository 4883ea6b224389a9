//! What slow calls are doing, so that a client can see whether cancelling one stopped its work, on whatever instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::rpc::Failure;
use super::store::{LONG, Store};

/// The map of what each instance is at.
const KEY: &str = "activity";

/// Counts of slow calls by state.
#[derive(Debug)]
pub(super) struct Activity {
    store: Store,
    member: u64,
    running: AtomicU64,
    completed: AtomicU64,
    cancelled: AtomicU64,
}

impl Activity {
    /// Nothing yet, on one instance.
    pub(super) fn new(store: Store, member: u64) -> Arc<Self> {
        let zero = || AtomicU64::new(0);
        Arc::new(Self { store, member, running: zero(), completed: zero(), cancelled: zero() })
    }

    /// Counts a call as running until the guard is dropped.
    pub(super) async fn begin(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::SeqCst);
        let running = Running { activity: Arc::clone(self), finished: false };
        self.note().await;
        running
    }

    /// The counts of all instances as a JSON object. Nothing runs on an instance that has died.
    pub(super) async fn read(&self) -> Result<Value, Failure> {
        let mut sums = [0; 3];
        for (member, counts) in self.store.fields(KEY).await? {
            let member = member.parse().unwrap_or_default();
            let mut counts: [u64; 3] = serde_json::from_str(&counts).unwrap_or_default();
            if member == self.member {
                counts = self.counts();
            } else if !self.store.lives(member).await? {
                counts[2] += std::mem::take(&mut counts[0]);
            }
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        let [running, completed, cancelled] = sums;
        Ok(json!({ "running": running, "completed": completed, "cancelled": cancelled }))
    }

    fn counts(&self) -> [u64; 3] {
        [&self.running, &self.completed, &self.cancelled].map(|count| count.load(Ordering::SeqCst))
    }

    /// Tells the others.
    async fn note(&self) {
        let [running, completed, cancelled] = self.counts();
        let text = format!("[{running},{completed},{cancelled}]");
        // It shows in the next note, or not at all where there is no store any more.
        let _ = self.store.set(KEY, &self.member.to_string(), &text, LONG).await;
    }
}

/// A slow call at work; dropping it unfinished counts it as cancelled.
#[derive(Debug)]
pub(super) struct Running {
    activity: Arc<Activity>,
    finished: bool,
}

impl Running {
    pub(super) fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.activity.running.fetch_sub(1, Ordering::SeqCst);
        let end = if self.finished { &self.activity.completed } else { &self.activity.cancelled };
        end.fetch_add(1, Ordering::SeqCst);
        let activity = Arc::clone(&self.activity);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { activity.note().await });
        }
    }
}
