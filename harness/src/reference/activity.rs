//! What slow calls are doing, so that a client can see whether cancelling one stopped its work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// Counts of slow calls by state.
#[derive(Debug, Default)]
pub(super) struct Activity {
    running: AtomicU64,
    completed: AtomicU64,
    cancelled: AtomicU64,
}

impl Activity {
    /// Counts a call as running until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::SeqCst);
        Running { activity: Arc::clone(self), finished: false }
    }

    /// The counts as a JSON object.
    pub(super) fn read(&self) -> Value {
        json!({
            "running": self.running.load(Ordering::SeqCst),
            "completed": self.completed.load(Ordering::SeqCst),
            "cancelled": self.cancelled.load(Ordering::SeqCst),
        })
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
    }
}
