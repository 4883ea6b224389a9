//! Requests to the client, and its answers (2024-11-05 to 2025-11-25).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::core::lock;
use super::outbox::Outbox;
use super::rpc::notification;
use super::session::Session;

impl Session {
    /// Asks the client through `outbox` and waits for its response. `Err` says why there is none. Whoever gives up before,
    /// because the call behind it was cancelled or took too long, cancels the question too.
    pub(super) async fn ask(
        &self,
        outbox: &Outbox,
        method: &str,
        params: Value,
        deadline: Duration,
    ) -> Result<Value, String> {
        let asked = self.put(outbox, self.next_id(), method, Some(params), deadline).await?;
        asked.map_err(|error| format!("the client answered {method} with an error: {error}"))
    }

    /// An id for a request to the client that no other has, on any instance.
    pub(super) fn next_id(&self) -> String {
        format!("server-{}-{}", self.homes.member, self.homes.next())
    }

    /// The same under a given id: the result or the error that the client answers with.
    pub(super) async fn put(
        &self,
        outbox: &Outbox,
        id: String,
        method: &str,
        params: Option<Value>,
        deadline: Duration,
    ) -> Result<Result<Value, Value>, String> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.pending).insert(id.clone(), sender);
        let mut request = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if let (Some(request), Some(params)) = (request.as_object_mut(), params) {
            request.insert("params".to_owned(), params);
        }
        let mut question = Question { session: self, outbox, id, open: false };
        question.open = outbox.send(&request).await;
        if !question.open {
            return Err(format!("{method} cannot be sent: the answer to this request is not a stream"));
        }
        let answer = tokio::time::timeout(deadline, receiver).await;
        question.open = answer.is_err();
        outbox.answered().await;
        match answer {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) => Err(format!("the session ended before the client answered {method}")),
            Err(_) => Err(format!("the client did not answer {method} within {deadline:?}")),
        }
    }

    /// Hands the client's response to whoever asked on this instance; gives it back if nobody did.
    pub(super) fn answered(&self, id: &Value, outcome: Result<Value, Value>) -> Result<(), Result<Value, Value>> {
        match id.as_str().and_then(|id| lock(&self.pending).remove(id)) {
            Some(waiting) => waiting.send(outcome),
            None => Err(outcome),
        }
    }
}

/// A request to the client that waits for its response.
struct Question<'a> {
    session: &'a Session,
    outbox: &'a Outbox,
    id: String,
    /// Sent and not answered.
    open: bool,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        lock(&self.session.pending).remove(&self.id);
        if self.open {
            let params = json!({ "requestId": self.id, "reason": "the answer is no longer wanted" });
            self.outbox.offer(&notification("notifications/cancelled", Some(params)));
        }
    }
}
