//! Tasks of revision 2025-11-25 (basic/utilities/tasks): requests whose outcome is fetched later.
//!
//! The state of a task ([`task`]) and where it is kept ([`store`]) know nothing of a revision; how one is shown and
//! asked for is here.

mod line;
mod store;
mod task;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::Switch;
use super::core::Call;
use super::pages::page;
use super::rpc::{Answer, Failure, Object};
use super::session::Session;
use crate::revision::Revision;
pub(super) use line::Line;
pub(super) use store::new_id;
pub(super) use task::Status;
use task::{Record, Task};

/// The only revision with these tasks.
pub(super) const REVISION: Revision = Revision::V2025_11_25;
/// The `_meta` key that names the task a message belongs to.
pub(super) const RELATED: &str = "io.modelcontextprotocol/related-task";
/// How often a client should ask, in milliseconds.
const POLL_INTERVAL: u64 = 50;
/// How long a task is kept when the client does not say.
const DEFAULT_TTL: Duration = Duration::from_secs(300);
/// How long a task is kept at most.
const MAX_TTL: Duration = Duration::from_secs(3600);

/// Whether a tool runs as a task (server/tools, `execution.taskSupport`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Support {
    Forbidden,
    Optional,
    Required,
}

impl Support {
    /// The word in `execution.taskSupport`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

/// What the server declares: it lists and cancels tasks, and runs tools as tasks.
pub(super) fn capability() -> Value {
    json!({ "list": {}, "cancel": {}, "requests": { "tools": { "call": {} } } })
}

/// How long the client wants the task of this call to be kept; `None` when it wants no task.
pub(super) fn wanted(call: &Call) -> Result<Option<Duration>, Failure> {
    let Some(task) = call.params.get("task") else { return Ok(None) };
    let task = task.as_object().ok_or_else(|| Failure::params("`task` must be an object"))?;
    let Some(ttl) = task.get("ttl") else { return Ok(Some(DEFAULT_TTL)) };
    let millis = ttl.as_f64().filter(|millis| *millis >= 0.0);
    let millis = millis.ok_or_else(|| Failure::params("`task.ttl` must be a number of milliseconds, not negative"))?;
    Ok(Some(Duration::try_from_secs_f64(millis / 1000.0).unwrap_or(MAX_TTL).min(MAX_TTL)))
}

/// Begins a task and answers with it. `work` is what the call would do otherwise; it gets the call as the task makes it.
pub(super) async fn create<W, F>(call: &Arc<Call>, ttl: Duration, work: W) -> Answer
where
    W: FnOnce(Arc<Call>) -> F,
    F: Future<Output = Answer> + Send + 'static,
{
    let session = session(call)?;
    let (task, record) = session.add_task(&call.server, ttl).await?;
    let begun = json!({ "task": show(&task.id, &record) });
    let line = Line::new(&task);
    let cancelled = session.ended.child_token();
    let work = work(Arc::new(call.as_task(line.clone(), cancelled.clone())));
    let server = Arc::clone(&call.server);
    let running =
        tokio::spawn(async move { server.stop.run_until_cancelled(line.live(work, &server, &cancelled)).await });
    if call.server.has(Switch::CreatesTasksLate) {
        task.ended(None).await?;
    }
    // Nobody waits for it here.
    drop(running);
    Ok(begun)
}

/// `tasks/get`.
pub(super) async fn get(call: &Call) -> Answer {
    let (task, record) = find(call).await?;
    Ok(show(&task.id, &record))
}

/// `tasks/result`: what the request came to, once it has. Meanwhile the task can ask on this stream.
pub(super) async fn result(call: &Call) -> Answer {
    let (task, record) = find(call).await?;
    if call.server.has(Switch::TaskResultAtOnce) && !record.status.is_terminal() {
        return Ok(related(json!({ "content": [] }), &task.id));
    }
    if !record.status.is_terminal() {
        call.outbox.open();
    }
    let outcome = task.ended(Some(&call.outbox)).await?.ok_or_else(|| unknown(call, &task.id))?;
    if call.server.has(Switch::ForgetsTasksEarly) {
        task.forget().await?;
    }
    Ok(related(outcome?, &task.id))
}

/// `tasks/cancel`.
pub(super) async fn cancel(call: &Call) -> Answer {
    let (task, record) = find(call).await?;
    let careless = !record.status.is_terminal() && call.server.faults.cancels_what_it_read().await;
    if !task.change(Status::Cancelled, "The task was cancelled by the client.", None, careless).await? {
        let status = task.record().await?.map_or(record.status, |record| record.status).name();
        return Err(Failure::params(format!("{}: the task is {status} already", call.method)));
    }
    Line::new(&task).announce().await;
    let record = task.record().await?.ok_or_else(|| unknown(call, &task.id))?;
    Ok(show(&task.id, &record))
}

/// `tasks/list`.
pub(super) async fn list(call: &Call) -> Answer {
    let own = session(call)?;
    let everyone = if call.server.has(Switch::SharesTasks) { everyone(call).await? } else { vec![Arc::clone(own)] };
    let mut shown = Vec::new();
    for session in everyone {
        shown.extend(session.tasks().await?.iter().map(|(task, record)| show(&task.id, record)));
    }
    page(call, "tasks", shown)
}

/// All sessions, for a server that does not keep them apart.
async fn everyone(call: &Call) -> Result<Vec<Arc<Session>>, Failure> {
    let mut all = call.server.sessions.all().await?;
    all.extend(call.server.sessions.lines());
    Ok(all)
}

/// A task on the wire.
fn show(id: &str, record: &Record) -> Value {
    let mut shown = json!({
        "taskId": id,
        "status": record.status.name(),
        "createdAt": record.created,
        "lastUpdatedAt": record.updated,
        "ttl": record.ttl,
        "pollInterval": POLL_INTERVAL,
    });
    if let (Some(shown), Some(message)) = (shown.as_object_mut(), &record.message) {
        shown.insert("statusMessage".to_owned(), message.as_str().into());
    }
    shown
}

/// A result or the params of a message, with the task it belongs to.
fn related(mut value: Value, id: &str) -> Value {
    if let Some(members) = value.as_object_mut() {
        let meta = members.entry("_meta").or_insert_with(|| Object::new().into());
        if let Some(meta) = meta.as_object_mut() {
            meta.insert(RELATED.to_owned(), json!({ "taskId": id }));
        }
    }
    value
}

fn session(call: &Call) -> Result<&Arc<Session>, Failure> {
    call.session.as_ref().ok_or_else(|| Failure::params(format!("{}: there are tasks only in a session", call.method)))
}

/// The task that the request names, if it is the session's own.
async fn find(call: &Call) -> Result<(Task, Record), Failure> {
    let meta = call.params.get("_meta").and_then(|meta| meta.get(RELATED)?.get("taskId")?.as_str());
    let id = match meta.filter(|_| call.server.has(Switch::RelatedTaskDecides)) {
        Some(id) => id,
        None => call.text("taskId")?,
    };
    let mut candidates = vec![Arc::clone(session(call)?)];
    let everyones = call.server.has(Switch::SharesTasks) || call.server.has(Switch::GuessableTaskIds);
    if everyones || call.server.faults.shows_to_anybody(id) {
        candidates.extend(everyone(call).await?);
    }
    for session in candidates {
        let task = Task::new(id, &session);
        if let Some(record) = task.record().await? {
            return Ok((task, record));
        }
    }
    Err(unknown(call, id))
}

fn unknown(call: &Call, id: &str) -> Failure {
    Failure::params(format!("{}: there is no task {id}; it may have expired", call.method))
}
