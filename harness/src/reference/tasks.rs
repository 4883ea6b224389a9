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
pub(super) use store::Tasks;
pub(super) use task::{Status, Task};

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
    let id = store::new_id(&call.server)?;
    let task = Task::new(id, ttl, session.ended.child_token());
    session.tasks.add(&task)?;
    let begun = json!({ "task": show(&task) });
    let line = Line::new(&task, session);
    let work = work(Arc::new(call.as_task(line.clone(), task.cancelled.clone())));
    let server = Arc::clone(&call.server);
    let running = tokio::spawn(async move { server.stop.run_until_cancelled(line.live(work, &server)).await });
    if call.server.has(Switch::CreatesTasksLate) {
        task.ended().await;
    }
    // It lives as long as the session; nobody waits for it here.
    drop(running);
    Ok(begun)
}

/// `tasks/get`.
pub(super) fn get(call: &Call) -> Answer {
    Ok(show(&*find(call)?))
}

/// `tasks/result`: what the request came to, once it has. Meanwhile the task can ask on this stream.
pub(super) async fn result(call: &Call) -> Answer {
    let task = find(call)?;
    if call.server.has(Switch::TaskResultAtOnce) && !task.status().is_terminal() {
        return Ok(related(json!({ "content": [] }), &task.id));
    }
    if !task.status().is_terminal() {
        call.outbox.open();
    }
    let _attached = task.attach(&call.outbox).await;
    let outcome = task.ended().await.ok_or_else(|| unknown(call, &task.id))?;
    if call.server.has(Switch::ForgetsTasksEarly) {
        session(call)?.tasks.remove(&task.id);
    }
    Ok(related(outcome?, &task.id))
}

/// `tasks/cancel`.
pub(super) async fn cancel(call: &Call) -> Answer {
    let task = find(call)?;
    if !task.turn(Status::Cancelled, "The task was cancelled by the client.") {
        let status = task.status().name();
        return Err(Failure::params(format!("{}: the task is {status} already", call.method)));
    }
    if !call.server.has(Switch::IgnoresCancel) && !call.server.has(Switch::RevivesTasks) {
        task.cancelled.cancel();
    }
    Line::new(&task, session(call)?).announce().await;
    Ok(show(&task))
}

/// `tasks/list`.
pub(super) fn list(call: &Call) -> Answer {
    let own = session(call)?;
    let everyone =
        if call.server.has(Switch::SharesTasks) { call.server.sessions.all() } else { vec![Arc::clone(own)] };
    let tasks = everyone.iter().flat_map(|session| session.tasks.all());
    page(call, "tasks", tasks.map(|task| show(&task)).collect())
}

/// A task on the wire.
fn show(task: &Task) -> Value {
    let now = task.now();
    let mut shown = json!({
        "taskId": task.id,
        "status": now.status.name(),
        "createdAt": task.created,
        "lastUpdatedAt": now.updated,
        "ttl": u64::try_from(task.ttl.as_millis()).unwrap_or(u64::MAX),
        "pollInterval": POLL_INTERVAL,
    });
    if let (Some(shown), Some(message)) = (shown.as_object_mut(), now.message) {
        shown.insert("statusMessage".to_owned(), message.into());
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
fn find(call: &Call) -> Result<Arc<Task>, Failure> {
    let meta = call.params.get("_meta").and_then(|meta| meta.get(RELATED)?.get("taskId")?.as_str());
    let id = match meta.filter(|_| call.server.has(Switch::RelatedTaskDecides)) {
        Some(id) => id,
        None => call.text("taskId")?,
    };
    let own = session(call)?.tasks.get(id);
    let shared = call.server.has(Switch::SharesTasks) || call.server.has(Switch::GuessableTaskIds);
    let foreign = || call.server.sessions.all().iter().find_map(|session| session.tasks.get(id));
    own.or_else(|| if shared { foreign() } else { None }).ok_or_else(|| unknown(call, id))
}

fn unknown(call: &Call, id: &str) -> Failure {
    Failure::params(format!("{}: there is no task {id}; it may have expired", call.method))
}
