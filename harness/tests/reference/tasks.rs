//! Tasks of 2025-11-25.

use serde_json::{Value, json};

use super::client::{Events, Server, Session, reply, switched};
use mcp_assay::reference::{Options, Switch};

const RELATED: &str = "io.modelcontextprotocol/related-task";

async fn start(session: &Session<'_>, tool: &str, task: Value) -> Value {
    session.ask("tools/call", json!({ "name": tool, "task": task })).await["task"].clone()
}

async fn code(session: &Session<'_>, method: &str, params: Value) -> Value {
    reply(session.call(3, method, params)).await["error"]["code"].clone()
}

fn named(task: &Value) -> Value {
    json!({ "taskId": task["taskId"] })
}

#[tokio::test]
async fn a_task_works_ends_and_keeps_its_result() {
    let server = Server::start(Options::default()).await;
    let session = server.session().await;
    let task = start(&session, "test_task", json!({ "ttl": 1e15 })).await;
    assert_eq!([&task["status"], &task["ttl"]], [&json!("working"), &json!(3_600_000)]);
    let plain = session.ask("tools/call", json!({ "name": "test_task" })).await;
    for _ in 0..2 {
        let result = session.ask("tasks/result", named(&task)).await;
        assert_eq!(result["content"], plain["content"]);
        assert_eq!(result["_meta"][RELATED], named(&task));
    }
    let now = session.ask("tasks/get", named(&task)).await;
    assert_eq!([&now["status"], &now["createdAt"]], [&json!("completed"), &task["createdAt"]]);
    assert_eq!(session.ask("tasks/list", json!({})).await["tasks"], json!([now]));
    assert_eq!(code(&session, "tasks/cancel", named(&task)).await, -32602);
}

#[tokio::test]
async fn failures_are_passed_through() {
    let server = Server::start(Options::default()).await;
    let session = server.session().await;
    let task = start(&session, "test_task_error", json!({})).await;
    assert_eq!(session.ask("tasks/result", named(&task)).await["isError"], true);
    assert_eq!(session.ask("tasks/get", named(&task)).await["status"], "failed");
    let task = start(&session, "test_task_protocol_error", json!({})).await;
    let plain = reply(session.tool(2, "test_task_protocol_error", json!({}))).await["error"].clone();
    assert_eq!(reply(session.call(3, "tasks/result", named(&task))).await["error"], plain);
    assert_eq!(session.ask("tasks/get", named(&task)).await["statusMessage"], plain["message"]);
}

#[tokio::test]
async fn a_cancelled_task_stays_so_and_answers() {
    for (switches, status) in [(vec![], "cancelled"), (vec![Switch::RevivesTasks], "completed")] {
        let server = Server::start(switched(&switches)).await;
        let session = server.session().await;
        let task = start(&session, "test_task", json!({})).await;
        assert_eq!(session.ask("tasks/cancel", named(&task)).await["status"], "cancelled");
        assert_eq!(code(&session, "tasks/result", named(&task)).await, -32603);
        reply(session.tool(4, "test_slow", json!({ "seconds": 0.2 }))).await;
        assert_eq!(session.ask("tasks/get", named(&task)).await["status"], status);
    }
}

#[tokio::test]
async fn what_is_asked_waits_for_the_result_stream() {
    let server = Server::start(Options::default()).await;
    let session = server.session().await;
    let task = start(&session, "test_task_elicitation", json!({})).await;
    let mut stream = Events::open(session.call(5, "tasks/result", named(&task))).await;
    let asked = stream.message().await.unwrap();
    assert_eq!(asked["params"]["_meta"][RELATED], named(&task));
    assert_eq!(session.ask("tasks/get", named(&task)).await["status"], "input_required");
    let result = json!({ "action": "accept", "content": { "name": "Ada" } });
    session.post(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result })).send().await.unwrap();
    let answer = stream.rest().await.pop().unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "Hello, Ada!");
    assert_eq!(session.ask("tasks/get", named(&task)).await["status"], "completed");
}

#[tokio::test]
async fn an_expired_task_is_unknown_and_nobody_waits_for_it() {
    let server = Server::start(Options::default()).await;
    let session = server.session().await;
    let call = json!({ "name": "test_task_slow", "arguments": { "seconds": 60 }, "task": { "ttl": 100 } });
    let task = session.ask("tools/call", call).await["task"].clone();
    assert_eq!(code(&session, "tasks/result", named(&task)).await, -32602);
    assert_eq!(code(&session, "tasks/get", named(&task)).await, -32602);
    assert_eq!(session.ask("tasks/list", json!({})).await["tasks"], json!([]));
}

#[tokio::test]
async fn tools_say_whether_they_run_as_tasks() {
    let server = Server::start(Options::default()).await;
    let session = server.session().await;
    let call = |name: &str| json!({ "name": name, "task": {} });
    assert_eq!(code(&session, "tools/call", call("test_simple_text")).await, -32601);
    assert_eq!(code(&session, "tools/call", json!({ "name": "test_task_required" })).await, -32601);
    let wrong = json!({ "name": "test_task", "task": { "ttl": "soon" } });
    assert_eq!(code(&session, "tools/call", wrong).await, -32602);
    let stateless = server.ask("tools/list", json!({})).await;
    assert!(!stateless.to_string().contains("taskSupport"));
    // The later revision has other tasks, as an extension; this parameter means nothing there.
    let params = json!({ "name": "test_simple_text", "task": {} });
    assert_eq!(server.ask("tools/call", params).await["resultType"], "complete");
}

#[tokio::test]
async fn tasks_belong_to_their_session() {
    for (switch, shared) in [(None, false), (Some(Switch::SharesTasks), true), (Some(Switch::GuessableTaskIds), true)] {
        let server = Server::start(switched(switch.as_slice())).await;
        let (owner, other) = (server.session().await, server.session().await);
        let task = start(&owner, "test_task", json!({})).await;
        let code = code(&other, "tasks/get", named(&task)).await;
        assert_eq!(code == -32602, !shared, "{switch:?} {code}");
        assert_eq!(task["taskId"] == "task-1", switch == Some(Switch::GuessableTaskIds));
        let listed = other.ask("tasks/list", json!({})).await["tasks"].as_array().unwrap().len();
        assert_eq!(listed, usize::from(switch == Some(Switch::SharesTasks)));
    }
}

#[tokio::test]
async fn switches_break_what_they_name() {
    let server = Server::start(switched(&[Switch::CreatesTasksLate])).await;
    let session = server.session().await;
    let task = start(&session, "test_task", json!({})).await;
    assert_eq!(session.ask("tasks/get", named(&task)).await["status"], "completed");
    let server = Server::start(switched(&[Switch::TaskResultAtOnce])).await;
    let session = server.session().await;
    let task = start(&session, "test_task", json!({})).await;
    assert_eq!(session.ask("tasks/result", named(&task)).await["content"], json!([]));
    let server = Server::start(switched(&[Switch::ForgetsTasksEarly])).await;
    let session = server.session().await;
    let task = start(&session, "test_task", json!({})).await;
    session.ask("tasks/result", named(&task)).await;
    assert_eq!(code(&session, "tasks/get", named(&task)).await, -32602);
    let server = Server::start(switched(&[Switch::RelatedTaskDecides])).await;
    let session = server.session().await;
    let (one, two) = (start(&session, "test_task", json!({})).await, start(&session, "test_task", json!({})).await);
    let meta = json!({ RELATED: named(&two) });
    let params = json!({ "taskId": one["taskId"], "_meta": meta });
    assert_eq!(session.ask("tasks/get", params).await["taskId"], two["taskId"]);
}
