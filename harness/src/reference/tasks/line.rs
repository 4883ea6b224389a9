//! The way from a task at work to its client.

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::task::{Status, Task};
use super::{related, show};
use crate::reference::Switch;
use crate::reference::core::Server;
use crate::reference::rpc::{Answer, notification};

/// A task on the instance that works on it, or changes it.
#[derive(Clone, Debug)]
pub(in crate::reference) struct Line {
    task: Task,
}

impl Line {
    pub(in crate::reference) fn new(task: &Task) -> Self {
        Self { task: task.clone() }
    }

    /// Does the work and keeps its outcome, unless the task is cancelled or its time is over before.
    pub(super) async fn live(
        self,
        work: impl Future<Output = Answer> + Send,
        server: &Server,
        cancelled: &CancellationToken,
    ) {
        let outcome = tokio::select! {
            outcome = cancelled.run_until_cancelled(work) => outcome,
            () = self.stopped(server) => None,
        };
        cancelled.cancel();
        if let Some(outcome) = outcome {
            self.finish(outcome, server).await;
        }
    }

    /// Waits until nobody wants the outcome any more.
    async fn stopped(&self, server: &Server) {
        let heeds = !server.has(Switch::IgnoresCancel) && !server.has(Switch::RevivesTasks);
        let mut seen = self.task.watch();
        loop {
            seen.borrow_and_update();
            match self.task.record().await {
                Ok(Some(record)) if record.status == Status::Cancelled && heeds => return,
                Ok(Some(record)) => self.task.changed(&mut seen, &record).await,
                Ok(None) => return,
                // It cannot be told.
                Err(_) => std::future::pending().await,
            }
        }
    }

    async fn finish(&self, outcome: Answer, server: &Server) {
        let (status, message) = match &outcome {
            Ok(result) if result.get("isError") == Some(&Value::Bool(true)) => {
                let text = result.pointer("/content/0/text").and_then(Value::as_str).unwrap_or("The tool failed.");
                (Status::Failed, text.to_owned())
            }
            Ok(_) => (Status::Completed, "The task is done.".to_owned()),
            Err(failure) => (Status::Failed, failure.message.clone()),
        };
        let revive = server.has(Switch::RevivesTasks);
        // Where it cannot be kept the task looks as if it went on, until its time is over.
        if self.task.change(status, &message, Some(outcome), revive).await.unwrap_or(false) {
            self.announce().await;
        }
    }

    /// Tells the client of the new status.
    pub(super) async fn announce(&self) {
        if let Ok(Some(record)) = self.task.record().await {
            let shown = show(&self.task.id, &record);
            self.task.session.notify(&notification("notifications/tasks/status", Some(shown)), false).await;
        }
    }

    /// Sends a message of the task's. A question waits until someone asks for the result; all else goes out at once.
    pub(in crate::reference) async fn send(&self, message: &Value) -> bool {
        let message = self.relate(message);
        let question = message.get("id").is_some();
        if question {
            self.turn(Status::InputRequired, "The task waits for an answer of the client's.").await;
        }
        if question || self.task.is_awaited().await.unwrap_or(false) {
            self.task.write(message.to_string()).await;
        } else {
            self.task.session.notify(&message, false).await;
        }
        true
    }

    /// Sends a message that the client can do without to whoever waits for the result.
    pub(in crate::reference) fn offer(&self, message: &Value) {
        self.task.offer(self.relate(message).to_string());
    }

    /// The message with the task it belongs to.
    fn relate(&self, message: &Value) -> Value {
        let mut message = message.clone();
        if let Some(params) = message.get_mut("params") {
            *params = related(params.take(), &self.task.id);
        }
        message
    }

    /// The client's answer is there.
    pub(in crate::reference) async fn answered(&self) {
        self.turn(Status::Working, "The task is going on.").await;
    }

    async fn turn(&self, status: Status, message: &str) {
        // A task that has ended stays as it is.
        if self.task.turn(status, message).await.unwrap_or(false) {
            self.announce().await;
        }
    }
}
