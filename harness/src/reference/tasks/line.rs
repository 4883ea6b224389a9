//! The way from a task at work to its client.

use std::sync::Arc;

use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::task::{Status, Task};
use super::{related, show};
use crate::reference::Switch;
use crate::reference::core::Server;
use crate::reference::rpc::{Answer, notification};
use crate::reference::session::Session;

/// A task and the session it belongs to.
#[derive(Clone, Debug)]
pub(in crate::reference) struct Line {
    task: Arc<Task>,
    session: Arc<Session>,
}

impl Line {
    pub(in crate::reference) fn new(task: &Arc<Task>, session: &Arc<Session>) -> Self {
        Self { task: Arc::clone(task), session: Arc::clone(session) }
    }

    /// Does the work and keeps its outcome as long as the task's time lasts.
    pub(super) async fn live(self, work: impl Future<Output = Answer> + Send, server: &Server) {
        let expiry = Instant::from_std(self.task.expiry());
        let cancelled = self.task.cancelled.clone();
        let work = async {
            if let Some(outcome) = cancelled.run_until_cancelled(work).await {
                self.finish(outcome, server).await;
            }
            self.session.ended.cancelled().await;
        };
        tokio::select! {
            () = work => {}
            () = sleep_until(expiry) => {}
        }
        self.session.tasks.remove(&self.task.id);
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
        self.task.keep(outcome);
        if self.task.force(status, &message, server.has(Switch::RevivesTasks)) {
            self.announce().await;
        }
    }

    /// Tells the client of the new status.
    pub(super) async fn announce(&self) {
        self.session.notify(&notification("notifications/tasks/status", Some(show(&self.task))), false).await;
    }

    /// Sends a message of the task's. A question waits until someone asks for the result; all else goes out at once.
    pub(in crate::reference) async fn send(&self, message: &Value) -> bool {
        let message = self.relate(message);
        let question = message.get("id").is_some();
        if question && self.task.turn(Status::InputRequired, "The task waits for an answer of the client's.") {
            self.announce().await;
        }
        let sent = match self.task.outlet() {
            Some(outlet) => Box::pin(outlet.send(&message)).await,
            None => false,
        };
        match sent {
            true => {}
            false if question => self.task.hold(message),
            false => self.session.notify(&message, false).await,
        }
        true
    }

    /// Sends a message that the client can do without, if someone waits for the result.
    pub(in crate::reference) fn offer(&self, message: &Value) {
        if let Some(outlet) = self.task.outlet() {
            outlet.offer(&self.relate(message));
        }
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
        if self.task.turn(Status::Working, "The task is going on.") {
            self.announce().await;
        }
    }
}
