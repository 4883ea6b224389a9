//! One task: its state, and who waits for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::reference::clock::rfc3339;
use crate::reference::core::lock;
use crate::reference::outbox::Outbox;
use crate::reference::rpc::{Answer, Failure, INTERNAL};

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::reference) enum Status {
    Working,
    InputRequired,
    Completed,
    Failed,
    Cancelled,
}

impl Status {
    /// The word on the wire.
    pub(in crate::reference) fn name(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::InputRequired => "input_required",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether a task stays so for good.
    pub(in crate::reference) fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// What changes of a task.
#[derive(Clone, Debug)]
pub(in crate::reference) struct Now {
    pub(in crate::reference) status: Status,
    /// What there is to say about it.
    pub(in crate::reference) message: Option<String>,
    /// When the status last changed (RFC 3339).
    pub(in crate::reference) updated: String,
}

/// A task.
#[derive(Debug)]
pub(in crate::reference) struct Task {
    pub(in crate::reference) id: String,
    /// When it began (RFC 3339).
    pub(in crate::reference) created: String,
    /// How long it is kept from then on.
    pub(in crate::reference) ttl: Duration,
    /// Stops its work.
    pub(in crate::reference) cancelled: CancellationToken,
    born: Instant,
    now: Mutex<Now>,
    outcome: Mutex<Option<Answer>>,
    gone: CancellationToken,
    changed: watch::Sender<()>,
    post: Mutex<Post>,
}

/// Messages on their way to the client.
#[derive(Debug, Default)]
struct Post {
    /// Questions that wait until the client asks for the result.
    waiting: VecDeque<Value>,
    /// The streams of those who wait for the result, the newest last, each with a number.
    outlets: Vec<(u64, Outbox)>,
    count: u64,
}

/// Someone waits for the result of a task, until this is dropped.
#[derive(Debug)]
pub(in crate::reference) struct Attached<'t> {
    task: &'t Task,
    number: u64,
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        lock(&self.task.post).outlets.retain(|(number, _)| *number != self.number);
    }
}

impl Task {
    /// A task that begins now.
    pub(in crate::reference) fn new(id: String, ttl: Duration, cancelled: CancellationToken) -> Arc<Self> {
        let created = rfc3339(SystemTime::now());
        let now = Now { status: Status::Working, message: None, updated: created.clone() };
        Arc::new(Self {
            id,
            created,
            ttl,
            cancelled,
            born: Instant::now(),
            now: Mutex::new(now),
            outcome: Mutex::default(),
            gone: CancellationToken::new(),
            changed: watch::Sender::new(()),
            post: Mutex::default(),
        })
    }

    /// The moment from which on it may be deleted.
    pub(in crate::reference) fn expiry(&self) -> Instant {
        self.born + self.ttl
    }

    /// How it stands.
    pub(in crate::reference) fn now(&self) -> Now {
        lock(&self.now).clone()
    }

    pub(in crate::reference) fn status(&self) -> Status {
        lock(&self.now).status
    }

    /// Moves to another status; false for a task that has ended, which stays as it is.
    pub(in crate::reference) fn turn(&self, status: Status, message: &str) -> bool {
        self.force(status, message, false)
    }

    /// The same, and on request also out of a terminal status, which is a defect.
    pub(in crate::reference) fn force(&self, status: Status, message: &str, revive: bool) -> bool {
        {
            let mut now = lock(&self.now);
            if now.status.is_terminal() && !revive {
                return false;
            }
            *now = Now { status, message: Some(message.to_owned()), updated: rfc3339(SystemTime::now()) };
        }
        self.changed.send_replace(());
        true
    }

    /// Notes what the request came to; the status tells that it is there.
    pub(in crate::reference) fn keep(&self, outcome: Answer) {
        *lock(&self.outcome) = Some(outcome);
    }

    /// Ends every wait for it: it is no longer kept.
    pub(in crate::reference) fn forget(&self) {
        self.cancelled.cancel();
        self.gone.cancel();
        self.changed.send_replace(());
    }

    /// Waits until it has ended and gives what the request came to; `None` if the task was forgotten.
    pub(in crate::reference) async fn ended(&self) -> Option<Answer> {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            if self.gone.is_cancelled() {
                return None;
            }
            let status = self.status();
            if status.is_terminal() {
                let cancelled = || Err(Failure::new(INTERNAL, "the task was cancelled before it came to a result"));
                let outcome = lock(&self.outcome).clone();
                return Some(outcome.filter(|_| status != Status::Cancelled).unwrap_or_else(cancelled));
            }
            // The sender lives in `self`, so this only ends with a change.
            let _ = changed.changed().await;
        }
    }

    /// From now on messages go out there; those that wait go first.
    pub(in crate::reference) async fn attach(&self, outlet: &Outbox) -> Attached<'_> {
        let (number, waiting) = {
            let mut post = lock(&self.post);
            post.count += 1;
            let number = post.count;
            post.outlets.push((number, outlet.clone()));
            (number, std::mem::take(&mut post.waiting))
        };
        let attached = Attached { task: self, number };
        // Nobody needs the answer of a task that has ended.
        for message in waiting.into_iter().filter(|_| !self.status().is_terminal()) {
            if !outlet.send(&message).await {
                lock(&self.post).waiting.push_back(message);
            }
        }
        attached
    }

    /// The stream of the newest who waits for the result.
    pub(in crate::reference) fn outlet(&self) -> Option<Outbox> {
        lock(&self.post).outlets.last().map(|(_, outlet)| outlet.clone())
    }

    /// Lets a question wait until the client asks for the result.
    pub(in crate::reference) fn hold(&self, message: Value) {
        lock(&self.post).waiting.push_back(message);
    }
}
