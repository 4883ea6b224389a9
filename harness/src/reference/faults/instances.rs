//! Faults that show where several instances serve the same clients.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::answer::Question;
use super::{Fault, Faults};
use crate::reference::clock::rfc3339;
use crate::reference::core::lock;
use crate::reference::rpc::INVALID_PARAMS;

/// How long a careless instance takes from reading a task to writing it, times its number.
const BETWEEN: Duration = Duration::from_millis(100);

/// What one instance knows of tasks.
#[derive(Debug)]
pub(super) struct Seen {
    /// When it was started (RFC 3339).
    started: String,
    /// Tasks that it began.
    begun: BTreeSet<String>,
    /// The status of others when it first showed them.
    first: BTreeMap<String, Value>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { started: rfc3339(SystemTime::now()), begun: BTreeSet::new(), first: BTreeMap::new() }
    }
}

impl Faults {
    /// The answer to a request that begins a task, or is about one.
    pub(super) fn instance(&self, question: &Question, response: &mut Value) {
        let mut kept = lock(&self.kept);
        let seen = &mut kept.instance;
        if question.method == "tools/call" {
            let id = response.pointer("/result/task/taskId").or_else(|| response.pointer("/result/taskId"));
            seen.begun.extend(id.and_then(Value::as_str).map(str::to_owned));
            return;
        }
        let Some(id) = question.params.get("taskId").and_then(Value::as_str) else { return };
        let here = seen.begun.contains(id);
        let created = response.pointer("/result/createdAt").and_then(Value::as_str);
        let older = created.is_some_and(|created| created < seen.started.as_str());
        let is_known = response.get("result").is_some();
        let forgotten =
            self.has(Fault::KnowsOnlyItsOwnTasks) && !here || self.has(Fault::ForgetsTasksAtRestart) && older;
        if is_known && forgotten {
            let error =
                json!({ "code": INVALID_PARAMS, "message": format!("{}: there is no task {id}", question.method) });
            if let Some(members) = response.as_object_mut() {
                members.remove("result");
                members.insert("error".to_owned(), error);
            }
            return;
        }
        if here || question.method != "tasks/get" || !is_known {
            return;
        }
        if self.has(Fault::MissesWhatOthersDo) {
            let now = response["result"].clone();
            let status = now.get("status").cloned().unwrap_or_default();
            response["result"]["status"] = seen.first.entry(id.to_owned()).or_insert(status).clone();
        }
        if self.has(Fault::TimesOfItsOwn) {
            response["result"]["lastUpdatedAt"] = response["result"]["createdAt"].clone();
        }
    }

    /// Whether a task is cancelled whatever has become of it since it was read: a while passes between.
    pub(in crate::reference) async fn cancels_what_it_read(&self) -> bool {
        let careless = self.has(Fault::CancelsTwiceAtOnce);
        if careless {
            let number = std::env::var("INSTANCE").ok().and_then(|number| number.parse().ok());
            tokio::time::sleep(BETWEEN * number.unwrap_or(1)).await;
        }
        careless
    }

    /// Whether a task that another instance began is anybody's.
    pub(in crate::reference) fn shows_to_anybody(&self, id: &str) -> bool {
        self.has(Fault::ShowsTasksOfOthers) && !lock(&self.kept).instance.begun.contains(id)
    }
}
