//! Revision 2025-11-25 over HTTP.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Events, OLD, Server, reply, status_and_reply};
use mcp_assay::reference::{Answers, Options};
use reqwest::Method;

async fn start() -> Server {
    Server::start(Options::default()).await
}

fn initialize(version: &str) -> Value {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })
}

#[tokio::test]
async fn the_handshake_agrees_on_the_version_served() {
    let server = start().await;
    let known = ["2024-11-05", "2025-03-26", "2025-06-18", OLD].map(|version| (version, version));
    for (version, agreed) in known.into_iter().chain([("2099-01-01", OLD)]) {
        let response = server.post(&initialize(version)).send().await.unwrap();
        let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        assert!(!id.is_empty() && id.bytes().all(|byte| (0x21..=0x7e).contains(&byte)));
        let reply: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(reply["result"]["protocolVersion"], agreed);
        assert!(reply["result"]["serverInfo"]["name"].is_string());
        assert_eq!(reply["result"]["capabilities"]["resources"]["subscribe"], true);
    }
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} });
    assert_eq!(reply(server.post(&body)).await["error"]["code"], -32602);
}

#[tokio::test]
async fn sessions_begin_and_end() {
    let server = start().await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    assert_eq!(server.post(&list).send().await.unwrap().status(), 400);
    assert_eq!(server.post(&list).header("mcp-session-id", "made-up").send().await.unwrap().status(), 404);
    let session = server.session().await;
    let wrong = server.post(&list).header("mcp-session-id", &session.id).header("mcp-protocol-version", "1999-01-01");
    assert_eq!(wrong.send().await.unwrap().status(), 400);
    let without = server.post(&list).header("mcp-session-id", &session.id);
    assert_eq!(without.send().await.unwrap().status(), 200);
    let again = server.post(&initialize(OLD)).header("mcp-session-id", &session.id);
    assert_eq!(reply(again).await["error"]["code"], -32600);
    assert_eq!(session.ask("ping", json!({})).await, json!({}));
    assert_eq!(reply(session.call(2, "server/discover", json!({}))).await["error"]["code"], -32601);
    let mut stream = session.listen(None).await;
    assert!(session.request(Method::DELETE).send().await.unwrap().status().is_success());
    assert_eq!(stream.message().await, None);
    assert_eq!(session.call(2, "tools/list", json!({})).send().await.unwrap().status(), 404);
    assert_eq!(session.request(Method::DELETE).send().await.unwrap().status(), 404);
    let get = session.request(Method::GET).header("accept", "text/event-stream");
    assert_eq!(get.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_oldest_session_makes_room() {
    let server = Server::start(Options { max_sessions: 1, ..Options::default() }).await;
    let first = server.session().await;
    let second = server.session().await;
    assert_eq!(first.call(1, "ping", json!({})).send().await.unwrap().status(), 404);
    assert_eq!(second.ask("ping", json!({})).await, json!({}));
}

#[tokio::test]
async fn get_needs_its_headers() {
    let server = start().await;
    let session = server.session().await;
    let get = server.request(Method::GET).header("accept", "text/event-stream");
    assert_eq!(get.send().await.unwrap().status(), 400);
    let get = session.request(Method::GET).header("accept", "application/json");
    assert_eq!(get.send().await.unwrap().status(), 406);
    let get = session.request(Method::GET).header("accept", "text/event-stream").header("last-event-id", "99-1");
    assert_eq!(get.send().await.unwrap().status(), 400);
    let (status, body) = status_and_reply(session.request(Method::PUT)).await;
    assert_eq!((status, &body["error"]["code"]), (405, &json!(-32600)));
}

#[tokio::test]
async fn changes_reach_one_stream_of_each_session_that_asked() {
    let server = start().await;
    let (ours, other) = (server.session().await, server.session().await);
    let uri = json!({ "uri": "test://watched-resource" });
    assert_eq!(ours.ask("resources/subscribe", uri.clone()).await, json!({}));
    let unknown = reply(ours.call(1, "resources/subscribe", json!({ "uri": "test://none" }))).await;
    assert_eq!(unknown["error"]["code"], -32002);
    let (mut older, mut newer, mut others) =
        (ours.listen(None).await, ours.listen(None).await, other.listen(None).await);
    for (tool, method) in [
        ("test_trigger_resource_update", "notifications/resources/updated"),
        ("test_trigger_tool_change", "notifications/tools/list_changed"),
        ("test_trigger_prompt_change", "notifications/prompts/list_changed"),
    ] {
        reply(ours.tool(5, tool, json!({}))).await;
        assert_eq!(newer.message().await.unwrap()["method"], method);
    }
    assert_eq!(others.message().await.unwrap()["method"], "notifications/tools/list_changed");
    ours.ask("resources/unsubscribe", uri).await;
    reply(ours.tool(6, "test_trigger_resource_update", json!({}))).await;
    drop(newer);
    ours.request(Method::DELETE).send().await.unwrap();
    assert_eq!(older.message().await, None);
}

#[tokio::test]
async fn streams_are_primed_and_resumed_where_they_stopped() {
    let server = start().await;
    let session = server.session().await;
    let mut cut = Events::open(session.tool(1, "test_reconnection", json!({}))).await;
    let prime = cut.event().await.unwrap();
    assert_eq!((prime.data.as_str(), prime.retry), ("", None));
    let last = cut.event().await.unwrap();
    assert!(last.retry.is_some());
    assert_eq!(cut.event().await, None);
    let rest = session.listen(last.id.as_deref()).await.rest().await;
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["id"], 1);

    let arguments = json!({ "seconds": 0, "steps": 4 });
    let params = json!({ "name": "test_slow", "arguments": arguments, "_meta": { "progressToken": 1 } });
    let mut whole = Events::open(session.call(2, "tools/call", params)).await;
    let mut events = Vec::new();
    while let Some(event) = whole.event().await {
        events.push(event);
    }
    assert_eq!(events.len(), 6);
    let replayed = session.listen(events[2].id.as_deref()).await.rest().await;
    let missed: Vec<_> = events[3..].iter().map(|event| event.message()).collect();
    assert_eq!(replayed, missed);
}

#[tokio::test]
async fn a_lost_connection_does_not_cancel_but_a_notification_does() {
    let server = start().await;
    let session = server.session().await;
    let slow = |id| session.tool(id, "test_slow", json!({ "seconds": 600, "steps": 1 }));
    let mut first = Events::open(slow(1)).await;
    drop(Events::open(slow(2)).await);
    let activity = || async {
        let read = session.ask("resources/read", json!({ "uri": "test://activity" })).await;
        serde_json::from_str::<Value>(read["contents"][0]["text"].as_str().unwrap()).unwrap()
    };
    let cancel = |id: u64| {
        session.post(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }))
    };
    assert_eq!(cancel(1).send().await.unwrap().status(), 202);
    assert_eq!(first.message().await, None);
    assert_eq!(activity().await, json!({ "running": 1, "completed": 0, "cancelled": 1 }));
    assert_eq!(cancel(99).send().await.unwrap().status(), 202);
    cancel(2).send().await.unwrap();
    while activity().await["running"] != 0 {}
}

#[tokio::test]
async fn the_client_is_asked_only_for_what_it_declared() {
    let server = start().await;
    let session = server.session_with(json!({ "elicitation": {} })).await;
    let refused = reply(session.tool(1, "test_sampling", json!({ "prompt": "Hi" }))).await;
    assert_eq!(refused["result"]["isError"], true);
    for (tool, fields) in [
        ("test_elicitation_sep1034_defaults", vec!["age", "name", "score", "status", "verified"]),
        (
            "test_elicitation_sep1330_enums",
            vec!["legacyEnum", "titledMulti", "titledSingle", "untitledMulti", "untitledSingle"],
        ),
    ] {
        let mut stream = Events::open(session.tool(2, tool, json!({}))).await;
        let request = stream.message().await.unwrap();
        assert_eq!(request["method"], "elicitation/create");
        let mut seen: Vec<_> = request["params"]["requestedSchema"]["properties"].as_object().unwrap().keys().collect();
        seen.sort();
        assert_eq!(seen, fields);
        let answer = json!({ "jsonrpc": "2.0", "id": request["id"], "result": { "action": "decline" } });
        assert_eq!(session.post(&answer).send().await.unwrap().status(), 202);
        let text = stream.message().await.unwrap()["result"]["content"][0]["text"].to_string();
        assert!(text.contains("action=decline"), "{text}");
    }
}

#[tokio::test]
async fn log_levels_belong_to_the_session() {
    let server = start().await;
    let (quiet, loud) = (server.session().await, server.session().await);
    assert_eq!(quiet.ask("logging/setLevel", json!({ "level": "alert" })).await, json!({}));
    assert_eq!(loud.ask("logging/setLevel", json!({ "level": "debug" })).await, json!({}));
    let bad = reply(loud.call(1, "logging/setLevel", json!({ "level": "loud" }))).await;
    assert_eq!(bad["error"]["code"], -32602);
    for (session, count) in [(&quiet, 2), (&loud, 8)] {
        let messages = Events::open(session.tool(2, "test_logging_tool", json!({}))).await.rest().await;
        assert_eq!(messages.len(), count + 1);
    }
}

#[tokio::test]
async fn parallel_requests_do_not_wait_for_each_other() {
    let server = Server::start(Options { answers: Answers::Sse, ..Options::default() }).await;
    let session = server.session().await;
    let slow = Events::open(session.tool(1, "test_slow", json!({ "seconds": 600 }))).await;
    let twice = reply(session.call(1, "ping", json!({})));
    let quick = futures_util::future::join_all((2..5).map(|id| reply(session.call(id, "tools/list", json!({}))))).await;
    assert!(quick.iter().all(|reply| reply["result"]["tools"].is_array()));
    assert_eq!(twice.await["error"]["code"], -32600);
    drop(slow);
}

#[tokio::test]
async fn an_idle_session_is_dropped() {
    let server = Server::start(Options { session_idle: Duration::ZERO, ..Options::default() }).await;
    let response = server.post(&initialize(OLD)).send().await.unwrap();
    let id = response.headers()["mcp-session-id"].clone();
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let late = server.post(&ping).header("mcp-session-id", id);
    assert_eq!(late.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_told_so() {
    let server = Server::start(Options { client_deadline: Duration::ZERO, ..Options::default() }).await;
    let session = server.session().await;
    let messages = Events::open(session.tool(1, "test_sampling", json!({ "prompt": "Hi" }))).await.rest().await;
    assert_eq!(messages[0]["method"], "sampling/createMessage");
    assert_eq!(messages[1]["method"], "notifications/cancelled");
    assert_eq!(messages[1]["params"]["requestId"], messages[0]["id"]);
    assert_eq!(messages[2]["result"]["isError"], true);
}
