//! One task: its record, which every instance reads and changes, and the messages on their way to the client.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::reference::clock::{micros, rfc3339};
use crate::reference::outbox::Outbox;
use crate::reference::rpc::{Answer, Failure, INTERNAL};
use crate::reference::session::Session;
use crate::reference::store::{Event, LONG, Log, POLL, Store, StoreError};

/// Where a task stands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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

/// What is kept of a task.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::reference) struct Record {
    /// When it began (RFC 3339).
    pub(in crate::reference) created: String,
    /// The same, in microseconds since 1970.
    pub(super) born: u64,
    /// How long it is kept from then on, in milliseconds.
    pub(in crate::reference) ttl: u64,
    /// The instance that works on it.
    member: u64,
    pub(in crate::reference) status: Status,
    /// What there is to say about the status.
    pub(in crate::reference) message: Option<String>,
    /// When the status last changed (RFC 3339).
    pub(in crate::reference) updated: String,
    outcome: Option<Answer>,
}

impl Record {
    /// A task that begins now.
    pub(super) fn new(ttl: Duration, member: u64) -> Self {
        let now = rfc3339(SystemTime::now());
        Self {
            created: now.clone(),
            born: micros(),
            ttl: u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX),
            member,
            status: Status::Working,
            message: None,
            updated: now,
            outcome: None,
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn write(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// How long it is kept from now on; nothing when it may be deleted.
    pub(super) fn left(&self) -> Option<Duration> {
        let end = self.born.saturating_add(self.ttl.saturating_mul(1000));
        end.checked_sub(micros()).filter(|left| *left > 0).map(Duration::from_micros)
    }

    /// What the request came to, once the task has ended.
    fn outcome(self) -> Option<Answer> {
        let cancelled = || Err(Failure::new(INTERNAL, "the task was cancelled before it came to a result"));
        let outcome = self.outcome.filter(|_| self.status != Status::Cancelled);
        self.status.is_terminal().then(|| outcome.unwrap_or_else(cancelled))
    }
}

/// A task of a session.
#[derive(Clone, Debug)]
pub(in crate::reference) struct Task {
    pub(in crate::reference) id: String,
    pub(in crate::reference) session: Arc<Session>,
    /// Messages for whoever waits for the result. Questions wait there until someone does.
    post: Log,
}

/// Someone waits for the result of a task, until this is dropped.
struct Attached<'t> {
    post: &'t Log,
    turn: u64,
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        self.post.detach(self.turn);
    }
}

impl Task {
    pub(in crate::reference) fn new(id: &str, session: &Arc<Session>) -> Self {
        let post = session.homes.tasks.log(&format!("post {} {id}", session.id), LONG);
        Self { id: id.to_owned(), session: Arc::clone(session), post }
    }

    fn store(&self) -> &Store {
        &self.session.homes.tasks
    }

    /// Its record, unless it has expired or was forgotten.
    pub(in crate::reference) async fn record(&self) -> Result<Option<Record>, StoreError> {
        let text = self.store().field(&self.session.tasks_key(), &self.id).await?;
        let record = text.and_then(|text| Record::read(&text)).filter(|record| record.left().is_some());
        if let Some(record) = &record
            && !record.status.is_terminal()
            && !self.session.homes.lives(record.member).await?
        {
            let gone = Failure::new(INTERNAL, "the instance that worked on the task is gone");
            let message = gone.message.clone();
            self.change(Status::Failed, &message, Some(Err(gone)), false).await?;
            return Box::pin(self.record()).await;
        }
        Ok(record)
    }

    /// Moves to another status; false for a task that has ended, which stays as it is.
    pub(in crate::reference) async fn turn(&self, status: Status, message: &str) -> Result<bool, StoreError> {
        self.change(status, message, None, false).await
    }

    /// The same with what the request came to, and on request also out of a terminal status, which is a defect.
    pub(in crate::reference) async fn change(
        &self,
        status: Status,
        message: &str,
        outcome: Option<Answer>,
        revive: bool,
    ) -> Result<bool, StoreError> {
        let key = self.session.tasks_key();
        loop {
            let Some(old) = self.store().field(&key, &self.id).await? else { return Ok(false) };
            let Some(mut record) = Record::read(&old) else { return Ok(false) };
            if record.status.is_terminal() && !revive {
                return Ok(false);
            }
            record.status = status;
            record.message = Some(message.to_owned());
            record.updated = rfc3339(SystemTime::now());
            record.outcome = outcome.clone().or(record.outcome);
            if self.store().swap(&key, &self.id, &old, &record.write()).await? {
                self.wake().await?;
                return Ok(true);
            }
        }
    }

    /// It is no longer kept.
    pub(in crate::reference) async fn forget(&self) -> Result<(), StoreError> {
        self.store().unset(&self.session.tasks_key(), &self.id).await?;
        self.wake().await
    }

    async fn wake(&self) -> Result<(), StoreError> {
        self.store().wake(&self.place()).await
    }

    fn place(&self) -> String {
        format!("task {}", self.id)
    }

    /// Changes with the record.
    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.store().watch(&self.place())
    }

    /// Waits until the record has changed, or its time is over; not for long, since word of it can be lost.
    pub(super) async fn changed(&self, seen: &mut watch::Receiver<()>, record: &Record) {
        let _ = timeout(record.left().unwrap_or_default().min(POLL), seen.changed()).await;
    }

    /// Waits until it has ended and gives what the request came to; `None` if the task was forgotten. Meanwhile its
    /// messages go out there, unless someone comes later and waits too.
    pub(in crate::reference) async fn ended(&self, outlet: Option<&Outbox>) -> Result<Option<Answer>, StoreError> {
        let mut seen = self.watch();
        match self.record().await? {
            Some(record) if record.status.is_terminal() => return Ok(record.outcome()),
            Some(_) => {}
            None => return Ok(None),
        }
        let mut written = self.post.watch();
        let attached = match outlet {
            Some(_) => {
                let turn = self.post.attach(self.session.homes.member).await?;
                Some(Attached { post: &self.post, turn })
            }
            None => None,
        };
        loop {
            seen.borrow_and_update();
            written.borrow_and_update();
            // The record before the messages: all of these come before the end.
            let record = self.record().await?;
            if let (Some(outlet), Some(attached)) = (outlet, &attached) {
                self.deliver(outlet, attached.turn).await?;
            }
            let Some(record) = record else { return Ok(None) };
            if record.status.is_terminal() {
                return Ok(record.outcome());
            }
            tokio::select! {
                () = self.changed(&mut seen, &record) => {}
                () = self.post.changed(&mut written) => {}
            }
        }
    }

    /// Sends what has been written and not sent.
    async fn deliver(&self, outlet: &Outbox, turn: u64) -> Result<(), StoreError> {
        let sent = format!("sent {}", self.session.id);
        let position = self.store().field(&sent, &self.id).await?;
        let mut position = position.and_then(|position| position.parse().ok()).unwrap_or_default();
        loop {
            let page = self.post.read(position, Some(turn)).await?;
            let (true, Some((next, Event::Message(text)))) = (page.current, page.event) else { return Ok(()) };
            let message = serde_json::from_str(&text).unwrap_or_default();
            if !Box::pin(outlet.send(&message)).await {
                return Ok(());
            }
            position = next;
            self.store().set(&sent, &self.id, &position.to_string(), LONG).await?;
        }
    }

    /// Whether someone waits for the result.
    pub(super) async fn is_awaited(&self) -> Result<bool, StoreError> {
        match self.post.reader().await? {
            Some(member) => self.session.homes.lives(member).await,
            None => Ok(false),
        }
    }

    /// Lets a message go to whoever waits for the result, or will.
    pub(super) async fn write(&self, message: String) {
        self.post.append(Event::Message(message)).await;
    }

    /// The same without waiting until it is written.
    pub(super) fn offer(&self, message: String) {
        self.post.offer(Event::Message(message));
    }
}
