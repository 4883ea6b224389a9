//! Faults in the life of tasks, and in what else goes on from one request to the next.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::answer::Question;
use super::{Fault, Faults};
use crate::reference::core::{Call, lock};
use crate::reference::rpc::{INVALID_PARAMS, notification};

/// Entries of a page.
const PAGE: usize = 6;

/// What was shown of tasks, by id.
#[derive(Debug, Default)]
pub(super) struct Shown {
    times: BTreeMap<String, usize>,
    ended: BTreeSet<String>,
    cancelled_late: BTreeSet<String>,
    fetched: BTreeSet<String>,
}

impl Faults {
    /// A request about a resource, before it is worked on.
    pub(super) async fn news(&self, call: &Call) {
        let (Some(uri), Some(session)) = (call.params.get("uri").and_then(Value::as_str), &call.session) else {
            return;
        };
        if !self.has(Fault::UnsubscribedGoesOn) {
            return;
        }
        match call.method.as_str() {
            "resources/unsubscribe" => {
                lock(&self.kept).unsubscribed.insert(uri.to_owned());
            }
            "resources/read" if lock(&self.kept).unsubscribed.contains(uri) => {
                let news = notification("notifications/resources/updated", Some(json!({ "uri": uri })));
                session.notify(&news, false).await;
            }
            _ => {}
        }
    }

    /// Whether a deleted session goes on.
    pub(in crate::reference) fn keeps_sessions(&self) -> bool {
        self.has(Fault::DeletedSessionLives)
    }

    /// Entries of a page of this list, where that matters. Tools stay on one, for what else their list shows.
    pub(in crate::reference) fn page_size(&self, list: &str) -> Option<usize> {
        (self.has(Fault::CursorChangesList) && list != "tools").then_some(PAGE)
    }

    /// The answer to a request with a cursor, or about a task.
    pub(super) fn story(&self, question: &Question, response: &mut Value) {
        self.turn_page(question, response);
        let Some(id) = question.params.get("taskId").and_then(Value::as_str) else { return };
        let refused = response.pointer("/error/code").and_then(Value::as_i64) == Some(INVALID_PARAMS);
        let message = response.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
        let unknown = refused && message.contains("there is no task");
        self.dies_if(Fault::DiesOnCancelOfUnknownTask, || question.method == "tasks/cancel" && unknown);
        let mut kept = lock(&self.kept);
        let shown = &mut kept.tasks;
        match question.method.as_str() {
            "tasks/cancel" if shown.ended.contains(id) => {
                shown.cancelled_late.insert(id.to_owned());
            }
            "tasks/get" => self.shows(id, shown, response),
            "tasks/result" if self.has(Fault::ResultOnlyOnce) && !shown.fetched.insert(id.to_owned()) => {
                if let Some(content) = response.pointer_mut("/result/content") {
                    *content = json!([]);
                }
            }
            _ => {}
        }
    }

    fn shows(&self, id: &str, shown: &mut Shown, response: &mut Value) {
        let Some(status) = response.pointer("/result/status").and_then(Value::as_str).map(str::to_owned) else {
            return;
        };
        let times = shown.times.entry(id.to_owned()).or_default();
        *times += 1;
        let over = ["completed", "failed", "cancelled"].contains(&status.as_str());
        // What is over is kept, for other faults to show.
        if self.has(Fault::ForgetsATaskOnSecondGet) && *times == 2 && !over {
            let error = json!({ "code": INVALID_PARAMS, "message": format!("tasks/get: there is no task {id}") });
            if let Some(members) = response.as_object_mut() {
                members.remove("result");
                members.insert("error".to_owned(), error);
            }
            return;
        }
        if self.has(Fault::TaskBeginsAnew) {
            response["result"]["createdAt"] = response["result"]["lastUpdatedAt"].clone();
        }
        if over && !shown.ended.insert(id.to_owned()) && self.has(Fault::TaskComesBackFromItsEnd) {
            response["result"]["status"] = json!("working");
        }
        if self.has(Fault::CancelAfterEndChangesStatus) && shown.cancelled_late.contains(id) {
            response["result"]["status"] = json!("cancelled");
        }
    }

    fn turn_page(&self, question: &Question, response: &mut Value) {
        let Some(cursor) = question.params.get("cursor").and_then(Value::as_str) else { return };
        if !self.has(Fault::CursorChangesList) || lock(&self.kept).cursors.insert(cursor.to_owned()) {
            return;
        }
        let lists = response.get_mut("result").and_then(Value::as_object_mut).into_iter().flatten();
        for items in lists.filter_map(|(_, member)| member.as_array_mut()) {
            items.pop();
        }
    }
}
