//! Faults in the work on a request or a notification.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Fault, Faults};
use crate::reference::core::{Call, lock};
use crate::reference::rpc::{Failure, INVALID_PARAMS, INVALID_REQUEST};

/// How long a server takes for an answer that loses some under load.
const SLOW: Duration = Duration::from_millis(5);
/// Requests that it can answer at the same time.
const AT_A_TIME: usize = 3;
/// Parameters that requests have in some revision.
const KNOWN: [&str; 20] = [
    "_meta",
    "argument",
    "arguments",
    "capabilities",
    "clientInfo",
    "context",
    "cursor",
    "inputResponses",
    "level",
    "name",
    "notifications",
    "progressToken",
    "protocolVersion",
    "ref",
    "requestId",
    "requestState",
    "subscriptionId",
    "task",
    "taskId",
    "uri",
];
/// Notifications that clients send in some revision.
const NOTIFICATIONS: [&str; 6] = [
    "notifications/cancelled",
    "notifications/elicitation/complete",
    "notifications/initialized",
    "notifications/progress",
    "notifications/roots/list_changed",
    "notifications/tasks/status",
];

/// What is done with a request.
#[derive(Debug, PartialEq)]
pub(in crate::reference) enum Course {
    /// It is worked on.
    On,
    /// It is refused.
    Refused(Failure),
    /// Its answer is lost.
    Lost,
}

/// Counts a request for as long as it is being answered.
pub(in crate::reference) struct InFlight<'a>(&'a Faults);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Faults {
    /// A request before it is worked on.
    pub(in crate::reference) async fn asked(&self, call: &Call) -> (Course, Option<InFlight<'_>>) {
        if !self.any() {
            return (Course::On, None);
        }
        self.news(call).await;
        let arguments = call.params.get("arguments");
        self.dies_if(Fault::DiesOnNullArgument, || {
            call.method == "tools/call" && arguments.is_some_and(|all| has(all, &Value::Null))
        });
        self.dies_if(Fault::DiesOnEmptyArgument, || {
            call.method == "tools/call" && arguments.is_some_and(|all| has(all, &json!("")))
        });
        self.dies_if(Fault::DiesOnForgedCursor, || {
            let purpose = format!("cursor {}", call.method);
            let cursor = call.params.get("cursor").and_then(Value::as_str);
            cursor.is_some_and(|cursor| call.server.seal.open(&purpose, cursor).is_none())
        });
        self.dies_if(Fault::DiesOnBrokenEscape, || {
            call.params.get("uri").and_then(Value::as_str).is_some_and(has_broken_escape)
        });
        if call.method == "resources/subscribe"
            && let Some(uri) = call.params.get("uri").and_then(Value::as_str)
        {
            let again = !lock(&self.kept).subscribed.insert(uri.to_owned());
            self.dies_if(Fault::DiesOnSecondSubscription, || again);
        }
        if self.has(Fault::GrowsMemory) && call.method == "prompts/get" {
            lock(&self.kept).memory.push(vec![1; 1 << 20]);
        }
        if self.has(Fault::DependsOnUnknownMembers)
            && let Some(unknown) = call.params.keys().find(|name| !KNOWN.contains(&name.as_str()))
        {
            return (Course::Refused(Failure::new(INVALID_PARAMS, format!("unexpected parameter {unknown:?}"))), None);
        }
        if let Some(failure) = self.refused_input(call) {
            return (Course::Refused(failure), None);
        }
        if self.has(Fault::LosesAnswersUnderLoad) {
            let others = self.in_flight.fetch_add(1, Ordering::SeqCst);
            let counted = InFlight(self);
            tokio::time::sleep(SLOW).await;
            return (if others >= AT_A_TIME { Course::Lost } else { Course::On }, Some(counted));
        }
        (Course::On, None)
    }

    /// A notification; gives what is said in answer to it, which should be nothing.
    pub(in crate::reference) fn notified(&self, method: &str, params: Option<&Value>) -> Option<Value> {
        if !self.any() {
            return None;
        }
        self.dies_if(Fault::DiesOnUnknownNotification, || !NOTIFICATIONS.contains(&method));
        let broken =
            |name| params.and_then(|params| params.get(name)).is_some_and(|id| !id.is_string() && !id.is_i64());
        if self.has(Fault::AnswersBrokenNotifications) && (broken("requestId") || broken("progressToken")) {
            let failure = Failure::new(INVALID_REQUEST, "what it is about must be a string or a number");
            return Some(failure.response(Some(&Value::Null)));
        }
        let cancelled =
            params.filter(|_| method == "notifications/cancelled").and_then(|params| params.get("requestId"));
        let id = cancelled.filter(|_| self.has(Fault::AnswersCancelledAgain))?;
        Some(Failure::new(INVALID_REQUEST, "the request was cancelled").response(Some(id)))
    }

    /// The id that the client is told for its session.
    pub(in crate::reference) fn session(&self, id: &str) -> String {
        if !self.has(Fault::ReusesSessions) {
            return id.to_owned();
        }
        lock(&self.kept).session.get_or_insert_with(|| id.to_owned()).clone()
    }

    /// Whether it knows no event stream but the newest.
    pub(in crate::reference) fn has_one_stream(&self) -> bool {
        self.has(Fault::HasOneStream)
    }

    /// Whether a request without `Accept` breaks it.
    pub(in crate::reference) fn needs_accept(&self) -> bool {
        self.has(Fault::FailsWithoutHeader)
    }
}

/// Whether a value is or holds another; serde_json bounds how deep it nests.
fn has(value: &Value, wanted: &Value) -> bool {
    value == wanted
        || match value {
            Value::Array(items) => items.iter().any(|item| has(item, wanted)),
            Value::Object(members) => members.values().any(|member| has(member, wanted)),
            _ => false,
        }
}

fn has_broken_escape(uri: &str) -> bool {
    uri.match_indices('%').any(|(at, _)| {
        let digits = uri.get(at + 1..at + 3);
        !digits.is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()))
    })
}
