//! Tasks, of both designs, as a server showed them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Members of a message by which a check can tell who asked for a task, how and when.
const KEPT: [&str; 5] = ["n", "at", "actor", "kind", "stream"];

/// Every task that a call began, a request asked for or a notification told of, by its id: `id`, and in `messages` each
/// time that anybody was shown it, in order: members of that message, the `task`, `begun` (in answer to a call), `said`
/// (the method of the question or of the notification) and `asked` (place of the question; 0 where nobody asked).
/// Over stdio each actor has a server of its own, and so tasks of its own.
pub(super) fn tasks(messages: &[Value]) -> Vec<Value> {
    let mut shown: BTreeMap<(&str, &str), Vec<Value>> = BTreeMap::new();
    let mut meant = BTreeSet::new();
    for message in messages {
        let said = text(message, "/of/method").or_else(|| text(message, "/method"));
        for task in tasks_in(message, said.unwrap_or_default()) {
            let Some(id) = text(task, "/taskId") else { continue };
            let over_http = message.get("over_http") == Some(&Value::Bool(true));
            let whose = text(message, "/actor").filter(|_| !over_http).unwrap_or_default();
            // A list may show those of everybody: only what else happens to a task makes it one of this case.
            if said != Some(LIST) {
                meant.insert((whose, id));
            }
            shown.entry((whose, id)).or_default().push(show(message, said, task));
        }
    }
    let mut tasks: Vec<_> = shown.into_iter().filter(|(key, _)| meant.contains(key)).collect();
    tasks.sort_by_key(|(_, messages)| messages.first().and_then(|message| message["n"].as_u64()));
    tasks.into_iter().map(|((_, id), messages)| json!({ "id": id, "messages": messages })).collect()
}

const CALL: &str = "tools/call";
const LIST: &str = "tasks/list";

/// The tasks that a message shows.
fn tasks_in<'m>(message: &'m Value, said: &str) -> Vec<&'m Value> {
    let whole = |path: &str| message.pointer(path).into_iter().collect();
    match (text(message, "/kind").unwrap_or_default(), said) {
        ("notification", "notifications/tasks" | "notifications/tasks/status") => whole("/params"),
        ("result", CALL) if text(message, "/result/resultType") == Some("task") => whole("/result"),
        ("result", CALL) => whole("/result/task"),
        ("result", "tasks/get" | "tasks/cancel") => whole("/result"),
        ("result", LIST) => message.pointer("/result/tasks").and_then(Value::as_array).into_iter().flatten().collect(),
        _ => Vec::new(),
    }
}

fn show(message: &Value, said: Option<&str>, task: &Value) -> Value {
    let mut shown = json!({
        "task": task, "said": said, "begun": said == Some(CALL),
        "asked": message.pointer("/of/n").cloned().unwrap_or(json!(0)),
    });
    for name in KEPT {
        shown[name] = message.get(name).cloned().unwrap_or_default();
    }
    shown
}

fn text<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    value.pointer(path).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: u64, actor: &str, method: &str, result: Value) -> Value {
        json!({ "n": n, "actor": actor, "kind": "result", "over_http": actor != "pipe", "of": { "n": n - 1, "method": method }, "result": result })
    }

    #[test]
    fn one_task_is_put_together_from_what_all_were_shown() {
        let task = |status: &str| json!({ "taskId": "a", "status": status });
        let told = json!({ "n": 5, "actor": "one", "kind": "notification", "over_http": true, "method": "notifications/tasks/status", "params": task("failed") });
        let list = json!({ "tasks": [task("failed"), { "taskId": "of somebody else", "status": "working" }] });
        let all = [
            message(2, "one", "tools/call", json!({ "task": task("working") })),
            message(4, "other", "tasks/get", task("working")),
            told,
            message(8, "other", "tasks/list", list),
        ];
        let tasks = tasks(&all);
        assert_eq!(tasks.len(), 1, "{tasks:?}");
        let of_each = |name: &str| {
            tasks[0]["messages"].as_array().map(|all| all.iter().map(|m| m[name].clone()).collect::<Vec<_>>())
        };
        assert_eq!(of_each("asked"), Some(vec![json!(1), json!(3), json!(0), json!(7)]));
        assert_eq!(of_each("begun"), Some(vec![json!(true), json!(false), json!(false), json!(false)]));
    }

    #[test]
    fn two_processes_may_use_the_same_id() {
        let begun = |actor: &str| message(2, actor, "tools/call", json!({ "resultType": "task", "taskId": "1" }));
        let elsewhere = Value::Object(
            begun("other pipe")
                .as_object()
                .cloned()
                .into_iter()
                .flatten()
                .map(|(k, v)| if k == "over_http" { (k, json!(false)) } else { (k, v) })
                .collect(),
        );
        assert_eq!(tasks(&[begun("pipe"), elsewhere]).len(), 2);
        assert_eq!(tasks(&[begun("one"), begun("other")]).len(), 1);
    }
}
