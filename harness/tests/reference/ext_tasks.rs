//! Tasks as an extension (2026-07-28): on one instance and on two, in memory and on Redis.

use std::time::Duration;

use mcp_assay::reference::{Options, Switch};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::client::{Events, PREFIX, Server, reply, switched};
use super::shared::{Pair, pairs};

/// The code of a request whose parameters are wrong, an unknown task among them.
const WRONG: i64 = -32602;
/// The code of a request that needs a capability which it does not declare.
const UNDECLARED: i64 = -32021;

/// A request that declares the extension, and its answer.
async fn answer(server: &Server, method: &str, params: Value) -> Value {
    let extensions = json!({ format!("{PREFIX}tasks"): {} });
    let meta = json!({ "clientCapabilities": { "elicitation": { "form": {} }, "extensions": extensions } });
    reply(server.stateless_with(7, method, params, meta)).await
}

async fn ask(server: &Server, method: &str, params: Value) -> Value {
    let answer = answer(server, method, params).await;
    answer.get("result").unwrap_or_else(|| panic!("{method}: {answer}")).clone()
}

async fn code(server: &Server, method: &str, params: Value) -> Value {
    answer(server, method, params).await["error"]["code"].clone()
}

/// Begins a task: its handle.
async fn begin(server: &Server, tool: &str, arguments: Value) -> Value {
    let handle = ask(server, "tools/call", json!({ "name": tool, "arguments": arguments })).await;
    assert_eq!(handle["resultType"], "task", "{handle}");
    handle
}

fn named(task: &Value) -> Value {
    json!({ "taskId": task["taskId"] })
}

/// Polls until the task has this status.
async fn until(server: &Server, task: &Value, status: &str) -> Value {
    loop {
        let now = ask(server, "tasks/get", named(task)).await;
        if now["status"] == status {
            return now;
        }
        assert!(["working", "input_required"].map(Value::from).contains(&now["status"]), "{now}");
        sleep(Duration::from_millis(task["pollIntervalMs"].as_u64().unwrap())).await;
    }
}

#[tokio::test]
async fn a_task_is_one_on_both_and_its_end_stays() {
    for pair in pairs(&[]).await {
        let task = begin(&pair.one, "test_task_steady", json!({})).await;
        assert_eq!([&task["status"], &task["ttlMs"]], [&json!("working"), &json!(300_000)]);
        let ended = until(&pair.two, &task, "completed").await;
        let plain = pair.two.tool("test_task_steady", json!({})).await;
        assert_eq!(ended["result"]["content"], plain["content"]);
        assert_eq!(ended["createdAt"], task["createdAt"]);
        for server in [&pair.one, &pair.two, &pair.one] {
            assert_eq!(ask(server, "tasks/cancel", named(&task)).await["resultType"], "complete");
            let late = json!({ "taskId": task["taskId"], "inputResponses": { "nobody": { "action": "accept" } } });
            assert_eq!(ask(server, "tasks/update", late).await["resultType"], "complete");
            assert_eq!(ask(server, "tasks/get", named(&task)).await, ended);
        }
    }
}

#[tokio::test]
async fn the_other_takes_answers_and_each_question_is_asked_once() {
    for pair in pairs(&[]).await {
        let task = begin(&pair.one, "test_task_rounds", json!({})).await;
        for key in ["first", "second"] {
            let asked = loop {
                let asked = until(&pair.two, &task, "input_required").await;
                if asked["inputRequests"].get(key).is_some() {
                    break asked;
                }
            };
            assert_eq!(asked["inputRequests"].as_object().unwrap().len(), 1);
            let given = json!({ "action": "accept", "content": { "name": key } });
            let update = json!({ "taskId": task["taskId"], "inputResponses": { key: given } });
            let again = json!({ "action": "accept", "content": { "name": "too late" } });
            let repeated = json!({ "taskId": task["taskId"], "inputResponses": { key: again } });
            ask(&pair.two, "tasks/update", update).await;
            ask(&pair.one, "tasks/update", repeated).await;
        }
        let ended = until(&pair.two, &task, "completed").await;
        assert_eq!(ended["result"]["content"][0]["text"], "Hello, first second!");
    }
}

#[tokio::test]
async fn the_other_cancels_and_the_work_stops() {
    for pair in pairs(&[]).await {
        let task = begin(&pair.one, "slow_compute", json!({ "seconds": 600 })).await;
        ask(&pair.two, "tasks/cancel", named(&task)).await;
        assert_eq!(until(&pair.one, &task, "cancelled").await["status"], "cancelled");
        while running(&pair.two).await != 0 {}
    }
}

async fn running(server: &Server) -> Value {
    let read = server.ask("resources/read", json!({ "uri": "test://activity" })).await;
    serde_json::from_str::<Value>(read["contents"][0]["text"].as_str().unwrap()).unwrap()["running"].clone()
}

#[tokio::test]
async fn an_expired_task_is_as_unknown_as_one_that_never_was() {
    for pair in pairs(&[]).await {
        for (seconds, asks) in [(0, false), (600, false), (0, true)] {
            let arguments = json!({ "ttlMs": 300, "seconds": seconds, "asks": asks });
            let task = begin(&pair.one, "test_task_expiring", arguments).await;
            assert_eq!(task["ttlMs"], 300);
            assert_eq!(ask(&pair.two, "tasks/get", named(&task)).await["taskId"], task["taskId"]);
            sleep(Duration::from_millis(300)).await;
            let error = async |id: &Value| {
                let error = answer(&pair.two, "tasks/get", json!({ "taskId": id })).await["error"].clone();
                let message = error["message"].as_str().unwrap().replace(id.as_str().unwrap(), "ID");
                (error["code"].clone(), message, error["data"].clone())
            };
            assert_eq!(error(&task["taskId"]).await, error(&json!("never-was")).await);
            assert_eq!(error(&task["taskId"]).await.0, WRONG);
            assert_eq!(code(&pair.one, "tasks/cancel", named(&task)).await, WRONG);
        }
    }
}

#[tokio::test]
async fn who_listens_on_one_hears_of_a_task_on_the_other() {
    for pair in pairs(&[]).await {
        let task = begin(&pair.one, "slow_compute", json!({ "seconds": 0.5 })).await;
        let extensions = json!({ format!("{PREFIX}tasks"): {} });
        let wanted = json!({ "notifications": { "taskIds": [task["taskId"]] } });
        let meta = json!({ "clientCapabilities": { "extensions": extensions } });
        let listen = pair.two.stateless_with(9, "subscriptions/listen", wanted, meta);
        let mut heard = Events::open(listen).await;
        assert_eq!(heard.message().await.unwrap()["method"], "notifications/subscriptions/acknowledged");
        let ended = loop {
            let message = heard.message().await.unwrap();
            assert_eq!(message["method"], "notifications/tasks");
            if message["params"]["status"] == "completed" {
                break message["params"].clone();
            }
        };
        let polled = ask(&pair.one, "tasks/get", named(&task)).await;
        assert_eq!([&ended["taskId"], &ended["result"]], [&polled["taskId"], &polled["result"]]);
    }
}

#[tokio::test]
async fn what_a_dead_instance_worked_on_has_failed_and_what_it_ended_stays() {
    for pair in pairs(&[]).await {
        let done = begin(&pair.one, "test_task_steady", json!({})).await;
        let done = until(&pair.one, &done, "completed").await;
        let work = begin(&pair.one, "slow_compute", json!({ "seconds": 600 })).await;
        let Pair { one, two, _redis } = pair;
        drop(one);
        assert_eq!(ask(&two, "tasks/get", named(&done)).await, done);
        let failed = loop {
            let now = ask(&two, "tasks/get", named(&work)).await;
            if now["status"] != "working" {
                break now;
            }
        };
        assert_eq!([&failed["status"], &failed["error"]["code"]], [&json!("failed"), &json!(-32603)]);
    }
}

#[tokio::test]
async fn failed_is_for_errors_of_the_protocol() {
    let server = Server::start(Options::default()).await;
    let task = begin(&server, "failing_job", json!({})).await;
    assert_eq!(until(&server, &task, "completed").await["result"]["isError"], true);
    let task = begin(&server, "protocol_error_job", json!({})).await;
    let failed = until(&server, &task, "failed").await;
    assert_eq!([&failed["error"]["code"], &failed["result"]], [&json!(1050), &Value::Null]);
    let task = begin(&server, "test_task_unlimited", json!({})).await;
    assert_eq!(task.get("ttlMs"), Some(&Value::Null));
}

#[tokio::test]
async fn only_who_declares_the_extension_gets_tasks() {
    let server = Server::start(Options::default()).await;
    assert_eq!(server.tool("slow_compute", json!({ "seconds": 0.01 })).await["resultType"], "complete");
    let call = json!({ "name": "failing_job", "arguments": {} });
    for (method, params) in [("tools/call", call), ("tasks/get", json!({ "taskId": "x" }))] {
        let refused = reply(server.stateless(1, method, params)).await["error"].clone();
        assert_eq!(refused["code"], UNDECLARED);
        assert!(refused["data"]["requiredCapabilities"]["extensions"].get(format!("{PREFIX}tasks")).is_some());
    }
    let server = Server::start(switched(&[Switch::TasksForEveryone])).await;
    assert_eq!(server.tool("slow_compute", json!({ "seconds": 0.01 })).await["resultType"], "task");
}

#[tokio::test]
async fn switches_break_what_they_name() {
    let server = Server::start(switched(&[Switch::CreatesTasksLate])).await;
    let task = begin(&server, "test_task_steady", json!({})).await;
    assert_eq!(ask(&server, "tasks/get", named(&task)).await["status"], "completed");
    let server = Server::start(switched(&[Switch::ForgetsTasksEarly])).await;
    let task = begin(&server, "test_task_steady", json!({})).await;
    until(&server, &task, "completed").await;
    assert_eq!(code(&server, "tasks/get", named(&task)).await, WRONG);
    let server = Server::start(switched(&[Switch::RevivesTasks])).await;
    let task = begin(&server, "test_task_steady", json!({})).await;
    ask(&server, "tasks/cancel", named(&task)).await;
    sleep(Duration::from_millis(200)).await;
    assert_eq!(ask(&server, "tasks/get", named(&task)).await["status"], "completed");
    for pair in pairs(&[Switch::TasksOnOneInstance]).await {
        let task = begin(&pair.one, "test_task_steady", json!({})).await;
        assert_eq!(code(&pair.two, "tasks/get", named(&task)).await, WRONG);
    }
}
