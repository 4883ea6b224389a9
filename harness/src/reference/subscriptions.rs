//! `subscriptions/listen` (2026-07-28, basic/patterns/subscriptions).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::core::{Call, Change};
use super::rpc::{Answer, Failure, INTERNAL, Object, notification};
use super::stateless::PREFIX;
use super::{Switch, ext_tasks, resources};

/// What one stream delivers.
#[derive(Debug, Default, PartialEq)]
struct Filter {
    tools: bool,
    prompts: bool,
    resources: bool,
    events: bool,
    uris: BTreeSet<String>,
    tasks: BTreeSet<String>,
}

/// Delivers changes until the client or the server ends the stream; the result is sent only in the second case.
pub(super) async fn listen(call: &Call) -> Answer {
    let filter = Filter::read(&call.params)?;
    if call.params.get("notifications").is_some_and(|wanted| wanted.get("taskIds").is_some()) {
        ext_tasks::require(call)?;
    }
    let filter = filter.supported(call).await?;
    let Ok(_permit) = call.server.listens.try_acquire() else {
        return Err(Failure::new(INTERNAL, "too many open subscriptions; close some and try again").status(503));
    };
    // Taking part begins before the acknowledgement, so that nothing after it is missed.
    let mut changes = call.server.changes.subscribe();
    send(call, "notifications/subscriptions/acknowledged", json!({ "notifications": filter.write() })).await;
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            () = call.closing.cancelled() => Ok(Change::Close),
        };
        match change {
            Ok(Change::Close) | Err(RecvError::Closed) => break,
            Ok(Change::Task(id)) => {
                if (filter.tasks.contains(&id) || call.server.has(Switch::DeliversUnrequested))
                    && let Some(task) = ext_tasks::shown(call, &id).await
                {
                    send(call, "notifications/tasks", task).await;
                }
            }
            Ok(change) if filter.wants(&change) || call.server.has(Switch::DeliversUnrequested) => {
                let (method, params) = match change {
                    Change::Tools => ("notifications/tools/list_changed", json!({})),
                    Change::Prompts => ("notifications/prompts/list_changed", json!({})),
                    Change::Updated(uri) => ("notifications/resources/updated", json!({ "uri": uri })),
                    Change::Events => ("notifications/events/list_changed", json!({})),
                    Change::Resources | Change::Task(_) | Change::Close => {
                        ("notifications/resources/list_changed", json!({}))
                    }
                };
                send(call, method, params).await;
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
        }
    }
    send(
        call,
        "notifications/cancelled",
        json!({ "requestId": call.id, "reason": "the server ends the subscription" }),
    )
    .await;
    Ok(json!({ "_meta": { format!("{PREFIX}subscriptionId"): call.id } }))
}

async fn send(call: &Call, method: &str, mut params: Value) {
    if let Some(params) = params.as_object_mut() {
        params.insert("_meta".into(), json!({ format!("{PREFIX}subscriptionId"): call.id }));
    }
    call.outbox.send(&notification(method, Some(params))).await;
}

/// A list of texts; empty where there is none, `None` where it is something else.
fn texts(list: Option<&Value>) -> Option<BTreeSet<String>> {
    let Some(list) = list else { return Some(BTreeSet::new()) };
    list.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

impl Filter {
    fn read(params: &Object) -> Result<Self, Failure> {
        let wrong = |what: &str| Failure::params(format!("subscriptions/listen: {what}"));
        let filter = params.get("notifications").and_then(Value::as_object);
        let filter = filter.ok_or_else(|| wrong("`notifications` must be an object"))?;
        let flag = |name: &str| match filter.get(name) {
            None => Ok(false),
            Some(Value::Bool(on)) => Ok(*on),
            Some(_) => Err(wrong(&format!("`{name}` must be true or false"))),
        };
        let uris = texts(filter.get("resourceSubscriptions"));
        Ok(Self {
            tools: flag("toolsListChanged")?,
            prompts: flag("promptsListChanged")?,
            resources: flag("resourcesListChanged")?,
            events: flag("eventsListChanged")?,
            uris: uris.ok_or_else(|| wrong("`resourceSubscriptions` must be a list of URIs"))?,
            tasks: texts(filter.get("taskIds")).ok_or_else(|| wrong("`taskIds` must be a list of task ids"))?,
        })
    }

    /// Without the resources that do not exist, and the tasks that the client has not.
    async fn supported(mut self, call: &Call) -> Result<Self, Failure> {
        for uri in std::mem::take(&mut self.uris) {
            if resources::exists(&call.server, &uri).await? {
                self.uris.insert(uri);
            }
        }
        for id in std::mem::take(&mut self.tasks) {
            if ext_tasks::shown(call, &id).await.is_some() {
                self.tasks.insert(id);
            }
        }
        Ok(self)
    }

    fn write(&self) -> Value {
        let mut filter = Object::new();
        for (name, on) in [
            ("toolsListChanged", self.tools),
            ("promptsListChanged", self.prompts),
            ("resourcesListChanged", self.resources),
            ("eventsListChanged", self.events),
        ] {
            if on {
                filter.insert(name.into(), true.into());
            }
        }
        if !self.uris.is_empty() {
            filter.insert("resourceSubscriptions".into(), self.uris.iter().cloned().collect());
        }
        if !self.tasks.is_empty() {
            filter.insert("taskIds".into(), self.tasks.iter().cloned().collect());
        }
        Value::Object(filter)
    }

    fn wants(&self, change: &Change) -> bool {
        match change {
            Change::Tools => self.tools,
            Change::Prompts => self.prompts,
            Change::Resources => self.resources,
            Change::Events => self.events,
            Change::Updated(uri) => self.uris.contains(uri),
            Change::Task(id) => self.tasks.contains(id),
            Change::Close => false,
        }
    }
}
