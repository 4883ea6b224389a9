//! What is kept of a task, and how it may change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::timeout;

use super::Task;
use crate::reference::Switch;
use crate::reference::clock::{micros, rfc3339};
use crate::reference::core::Server;
use crate::reference::rpc::{Answer, Failure, INTERNAL, Object};
use crate::reference::store::{LONG, POLL, Store, StoreError};
use crate::reference::tasks::Status;

/// How long a task is kept where nothing else is said.
const DEFAULT_TTL: Duration = Duration::from_secs(300);
/// The field of a task's map that holds its record.
const RECORD: &str = "record";

/// For how long a task is to be kept.
#[derive(Clone, Copy, Debug)]
pub(in crate::reference) struct Terms {
    /// From its creation on; without end where there is none.
    pub(in crate::reference) ttl: Option<Duration>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { ttl: Some(DEFAULT_TTL) }
    }
}

/// A question of the task's, and the client's answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Question {
    request: Value,
    response: Option<Value>,
}

/// What is kept of a task.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::reference) struct Record {
    /// Whose it is; nobody's where the server is open.
    pub(super) owner: Option<String>,
    /// When it began (RFC 3339).
    pub(super) created: String,
    /// The same, in microseconds since 1970.
    born: u64,
    /// How long it is kept from then on, in milliseconds.
    pub(super) ttl: Option<u64>,
    /// The instance that works on it.
    member: u64,
    pub(super) status: Status,
    pub(super) message: Option<String>,
    /// When it last changed (RFC 3339).
    pub(super) updated: String,
    pub(super) outcome: Option<Answer>,
    questions: BTreeMap<String, Question>,
}

impl Record {
    /// A task that begins now.
    pub(super) fn new(owner: Option<String>, terms: Terms, member: u64) -> Self {
        let now = rfc3339(SystemTime::now());
        Self {
            owner,
            created: now.clone(),
            born: micros(),
            ttl: terms.ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
            member,
            status: Status::Working,
            message: None,
            updated: now,
            outcome: None,
            questions: BTreeMap::new(),
        }
    }

    /// How long it is kept from now on; nothing when it may be deleted.
    pub(super) fn left(&self) -> Option<Duration> {
        let Some(ttl) = self.ttl else { return Some(LONG) };
        let end = self.born.saturating_add(ttl.saturating_mul(1000));
        end.checked_sub(micros()).filter(|left| *left > 0).map(Duration::from_micros)
    }

    /// Moves to another status; false for a task that has ended.
    pub(super) fn turn(&mut self, status: Status, message: &str) -> bool {
        if self.status.is_terminal() {
            return false;
        }
        self.status = status;
        self.message = Some(message.to_owned());
        true
    }

    /// Ends with what the request came to: failed is for errors of the protocol alone.
    pub(super) fn end(&mut self, outcome: Answer, revive: bool) -> bool {
        if self.status.is_terminal() && !revive {
            return false;
        }
        (self.status, self.message) = match &outcome {
            Ok(_) => (Status::Completed, Some("The task is done.".to_owned())),
            Err(failure) => (Status::Failed, Some(failure.message.clone())),
        };
        self.outcome = Some(outcome);
        true
    }

    /// Asks; the keys are new to the task.
    pub(super) fn ask(&mut self, requests: &Object) -> bool {
        let asks = self.turn(Status::InputRequired, "The task waits for input.");
        if asks {
            let question = |request: &Value| Question { request: request.clone(), response: None };
            self.questions.extend(requests.iter().map(|(key, request)| (key.clone(), question(request))));
        }
        asks
    }

    /// Takes answers to what is still open; false where none of them is one.
    pub(super) fn answer(&mut self, responses: &Object) -> bool {
        let mut taken = false;
        for (key, question) in self.questions.iter_mut().filter(|(_, question)| question.response.is_none()) {
            if let Some(response) = responses.get(key) {
                question.response = Some(response.clone());
                taken = true;
            }
        }
        if taken && self.open().next().is_none() {
            self.turn(Status::Working, "The task is going on.");
        }
        taken && !self.status.is_terminal()
    }

    fn open(&self) -> impl Iterator<Item = (&String, &Question)> {
        self.questions.iter().filter(|(_, question)| question.response.is_none())
    }

    /// What waits for an answer.
    pub(super) fn outstanding(&self) -> Value {
        Value::Object(self.open().map(|(key, question)| (key.clone(), question.request.clone())).collect())
    }

    /// The answers to these questions, once all are there.
    pub(super) fn answers(&self, keys: &[String]) -> Option<Object> {
        let answer = |key: &String| Some((key.clone(), self.questions.get(key)?.response.clone()?));
        keys.iter().map(answer).collect()
    }
}

impl Task {
    pub(super) fn new(server: &Arc<Server>, id: &str) -> Self {
        Self { server: Arc::clone(server), id: id.to_owned() }
    }

    fn store(&self) -> &Store {
        &self.server.homes.tasks
    }

    /// Where it is kept, and under what it is woken.
    fn key(&self) -> String {
        format!("handle {}", self.id)
    }

    /// Keeps a new one.
    pub(super) async fn add(&self, record: &Record) -> Result<(), StoreError> {
        let life = record.ttl.map_or(LONG, Duration::from_millis);
        self.store().set(&self.key(), RECORD, &write(record), life).await
    }

    /// Its record, unless it has expired or was forgotten. Where the instance that worked on it is gone, it has failed.
    pub(in crate::reference) async fn record(&self) -> Result<Option<Record>, StoreError> {
        let Some(record) = self.kept().await? else { return Ok(None) };
        if !record.status.is_terminal() && !self.server.homes.lives(record.member).await? {
            let gone = Failure::new(INTERNAL, "the instance that worked on the task is gone");
            self.change(|record| record.end(Err(gone.clone()), false)).await?;
            return self.kept().await;
        }
        Ok(Some(record))
    }

    async fn kept(&self) -> Result<Option<Record>, StoreError> {
        let text = self.store().field(&self.key(), RECORD).await?;
        Ok(text.and_then(|text| read(&text)).filter(|record| record.left().is_some()))
    }

    /// Changes the record, as often as it takes while others change it too; gives whether there was anything to change.
    pub(super) async fn change(&self, mut change: impl FnMut(&mut Record) -> bool) -> Result<bool, StoreError> {
        loop {
            let Some(old) = self.store().field(&self.key(), RECORD).await? else { return Ok(false) };
            let Some(mut record) = read(&old) else { return Ok(false) };
            if !change(&mut record) {
                return Ok(false);
            }
            record.updated = rfc3339(SystemTime::now());
            if self.store().swap(&self.key(), RECORD, &old, &write(&record)).await? {
                self.store().wake(&self.key()).await?;
                return Ok(true);
            }
        }
    }

    /// It is no longer kept.
    pub(super) async fn forget(&self) -> Result<(), StoreError> {
        self.store().remove(&self.key()).await?;
        self.store().wake(&self.key()).await
    }

    /// Waits until the record is as wanted and gives what `seek` finds in it; `None` where the task is gone before.
    pub(super) async fn until<T>(&self, seek: impl Fn(&Record) -> Option<T>) -> Result<Option<T>, StoreError> {
        let mut seen: watch::Receiver<()> = self.store().watch(&self.key());
        loop {
            seen.borrow_and_update();
            let Some(record) = self.record().await? else { return Ok(None) };
            if let Some(found) = seek(&record) {
                return Ok(Some(found));
            }
            // Not for long, since word of a change can be lost.
            let _ = timeout(record.left().unwrap_or_default().min(POLL), seen.changed()).await;
        }
    }

    pub(super) fn has(&self, switch: Switch) -> bool {
        self.server.has(switch)
    }
}

fn read(text: &str) -> Option<Record> {
    serde_json::from_str(text).ok()
}

fn write(record: &Record) -> String {
    // Nothing in it can fail to be written.
    serde_json::to_string(record).unwrap_or_default()
}
