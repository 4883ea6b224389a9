//! The work of a task, and what it may ask on the way.

use std::sync::Arc;

use serde_json::Value;

use super::record::Record;
use super::{Task, Terms, handle, tell};
use crate::reference::Switch;
use crate::reference::core::Call;
use crate::reference::rpc::{Answer, Failure, INTERNAL, Object};
use crate::reference::tasks::{Status, new_id};

/// What the work of a task has of the task.
pub(in crate::reference) struct Handle {
    task: Task,
}

impl Handle {
    /// Asks the client; the answers are there when all of these are answered. `Err` where the task ended before.
    pub(in crate::reference) async fn ask(&self, requests: Object) -> Result<Object, Failure> {
        let keys: Vec<String> = requests.keys().cloned().collect();
        let over = || Failure::new(INTERNAL, "the task ended before its questions were answered");
        if !self.task.change(|record| record.ask(&requests)).await? {
            return Err(over());
        }
        tell(&self.task.server, &self.task.id).await;
        self.task.until(|record| record.answers(&keys)).await?.ok_or_else(over)
    }
}

/// Begins a task and answers with its handle, once every instance can find it.
pub(in crate::reference) async fn create<W, F>(call: &Arc<Call>, terms: Terms, work: W) -> Answer
where
    W: FnOnce(Handle) -> F,
    F: Future<Output = Answer> + Send + 'static,
{
    let task = Task::new(&call.server, &new_id(&call.server)?);
    let owner = call.caller.as_ref().map(|caller| caller.subject.clone());
    let record = Record::new(owner, terms, call.server.homes.member);
    task.add(&record).await?;
    let mut begun = handle(&task.id, &record);
    begun.insert("resultType".to_owned(), "task".into());
    let work = work(Handle { task: task.clone() });
    let (stop, worker) = (call.server.stop.clone(), task.clone());
    tokio::spawn(async move { stop.run_until_cancelled(live(worker, work)).await });
    if call.server.has(Switch::CreatesTasksLate) {
        task.until(|record| record.status.is_terminal().then_some(())).await?;
    }
    Ok(Value::Object(begun))
}

/// Does the work and keeps its outcome, unless the task is cancelled or its time is over before.
async fn live(task: Task, work: impl Future<Output = Answer> + Send) {
    let goes_on = task.has(Switch::IgnoresCancel) || task.has(Switch::RevivesTasks);
    let cancelled = task.until(|record| (record.status == Status::Cancelled && !goes_on).then_some(()));
    let outcome = tokio::select! {
        outcome = work => outcome,
        // An error says nothing of the task: its work goes on in vain.
        _ = cancelled => return,
    };
    let revive = task.has(Switch::RevivesTasks);
    if task.change(|record| record.end(outcome.clone(), revive)).await.unwrap_or(false) {
        tell(&task.server, &task.id).await;
    }
}
