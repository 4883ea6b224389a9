//! The extension `io.modelcontextprotocol/tasks` (SEP-2663): a tool answers with a handle, and its outcome is polled for.
//!
//! Unlike in 2025-11-25 there is no session: a task belongs to who asked for it, and any instance knows it by its id.

mod record;
mod work;

use std::sync::Arc;

use serde_json::{Value, json};

use super::Switch;
use super::core::{Call, Change, Server};
use super::rpc::{Answer, Failure, MISSING_CAPABILITY, Object};
use super::tasks::Status;
use record::Record;
pub(super) use record::Terms;
pub(super) use work::{Handle, create};

/// The identifier of the extension.
pub(super) const EXTENSION: &str = "io.modelcontextprotocol/tasks";
/// How often a client should ask, in milliseconds.
const POLL_INTERVAL: u64 = 50;

/// Whether this very request declares the extension.
pub(super) fn declared(call: &Call) -> bool {
    call.server.has(Switch::TasksForEveryone)
        || call.client.capabilities.get("extensions").and_then(|all| all.get(EXTENSION)).is_some_and(Value::is_object)
        || call.declares("extensions") && call.server.has(Switch::RemembersCapabilities)
}

/// Refuses a request that does not declare the extension.
pub(super) fn require(call: &Call) -> Result<(), Failure> {
    if declared(call) {
        return Ok(());
    }
    Err(Failure::new(
        MISSING_CAPABILITY,
        "the client does not declare the extension for tasks, which this request needs",
    )
    .with(json!({ "requiredCapabilities": { "extensions": { EXTENSION: {} } } }))
    .status(400))
}

/// `tasks/get`.
pub(super) async fn get(call: &Call) -> Answer {
    let (task, record) = find(call).await?;
    if call.server.has(Switch::ForgetsTasksEarly) && record.status.is_terminal() {
        task.forget().await?;
    }
    Ok(detailed(&task.id, &record))
}

/// `tasks/update`: answers to what the task asked. Those that nobody waits for are passed over.
pub(super) async fn update(call: &Call) -> Answer {
    let (task, _) = find(call).await?;
    let responses = call.params.get("inputResponses").and_then(Value::as_object);
    let responses = responses.ok_or_else(|| Failure::params("tasks/update: `inputResponses` must be an object"))?;
    if let Some((key, _)) = responses.iter().find(|(_, response)| !response.is_object()) {
        return Err(Failure::params(format!("tasks/update: `inputResponses.{key}` must be an object")));
    }
    let kept = task.change(|record| record.answer(responses)).await?;
    if kept {
        tell(&call.server, &task.id).await;
    }
    Ok(json!({}))
}

/// `tasks/cancel`. What has ended stays as it is, and that is no error.
pub(super) async fn cancel(call: &Call) -> Answer {
    let (task, _) = find(call).await?;
    if task.change(|record| record.turn(Status::Cancelled, "The task was cancelled by the client.")).await? {
        tell(&call.server, &task.id).await;
    }
    Ok(json!({}))
}

/// What a client that listens to a task is told of it now; nothing where the task is gone or another's.
pub(super) async fn shown(call: &Call, id: &str) -> Option<Value> {
    let task = Task::new(&call.server, id);
    let record = task.record().await.ok().flatten().filter(|record| is_theirs(call, record))?;
    Some(detailed(id, &record))
}

/// Tells all who listen to the task that it has changed.
async fn tell(server: &Server, id: &str) {
    server.tell_all(Change::Task(id.to_owned())).await;
}

/// The task that the request names, if it is the caller's own.
async fn find(call: &Call) -> Result<(Task, Record), Failure> {
    require(call)?;
    let id = call.text("taskId")?;
    let task = Task::new(&call.server, id);
    match task.record().await? {
        Some(record) if is_theirs(call, &record) || call.server.faults.shows_to_anybody(id) => Ok((task, record)),
        _ => Err(Failure::params(format!("{}: there is no task {id}; it may have expired", call.method))),
    }
}

fn is_theirs(call: &Call, record: &Record) -> bool {
    let caller = call.caller.as_ref().map(|caller| &caller.subject);
    record.owner.as_ref() == caller || call.server.has(Switch::SharesTasks)
}

/// A task as a handle: what is known of it but for what it asks and what it came to.
fn handle(id: &str, record: &Record) -> Object {
    let mut shown = Object::new();
    shown.insert("taskId".to_owned(), id.into());
    shown.insert("status".to_owned(), record.status.name().into());
    if let Some(message) = &record.message {
        shown.insert("statusMessage".to_owned(), message.as_str().into());
    }
    shown.insert("createdAt".to_owned(), record.created.as_str().into());
    shown.insert("lastUpdatedAt".to_owned(), record.updated.as_str().into());
    shown.insert("ttlMs".to_owned(), record.ttl.into());
    shown.insert("pollIntervalMs".to_owned(), POLL_INTERVAL.into());
    shown
}

/// The whole of a task.
fn detailed(id: &str, record: &Record) -> Value {
    let mut shown = handle(id, record);
    match (record.status, &record.outcome) {
        (Status::InputRequired, _) => {
            shown.insert("inputRequests".to_owned(), record.outstanding());
        }
        (Status::Completed, Some(Ok(result))) => {
            shown.insert("result".to_owned(), super::stateless::complete(result.clone()));
        }
        (Status::Failed, Some(Err(failure))) => {
            shown.insert("error".to_owned(), failure.object());
        }
        _ => {}
    }
    Value::Object(shown)
}

/// A task wherever it is kept.
#[derive(Clone)]
pub(super) struct Task {
    server: Arc<Server>,
    id: String,
}
