//! Switches: each does what its name says.

use serde_json::{Value, json};

use super::client::{Events, NEW, Server, reply, status_and_reply, switched};
use mcp_assay::reference::{Options, Switch};
use reqwest::Method;

async fn start(switch: Switch) -> Server {
    Server::start(switched(&[switch])).await
}

#[test]
fn names_are_read_back() {
    for switch in Switch::ALL {
        assert_eq!(switch.to_string().parse(), Ok(*switch));
        assert!(switch.about().ends_with('.'), "{switch}");
    }
    let error = "nope".parse::<Switch>().unwrap_err().to_string();
    assert!(error.contains("`nope`") && error.contains("session-survives-delete"));
}

#[tokio::test]
async fn sessions_can_be_kept_and_made_up() {
    let server = start(Switch::SessionSurvivesDelete).await;
    let session = server.session().await;
    session.request(Method::DELETE).send().await.unwrap();
    assert_eq!(session.ask("ping", json!({})).await, json!({}));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let server = start(Switch::AcceptsAnySession).await;
    assert_eq!(server.post(&ping).header("mcp-session-id", "made-up").send().await.unwrap().status(), 200);
    let server = start(Switch::AcceptsWithoutSession).await;
    assert_eq!(server.post(&ping).send().await.unwrap().status(), 200);
    let server = start(Switch::AcceptsSecondInitialize).await;
    let session = server.session().await;
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    assert!(reply(session.call(2, "initialize", params)).await["result"].is_object());
}

#[tokio::test]
async fn subscriptions_can_be_forgotten_kept_and_exceeded() {
    let uri = json!({ "uri": "test://watched-resource" });
    for (switch, expected) in [
        (Switch::ForgetsSubscription, "notifications/tools/list_changed"),
        (Switch::KeepsSubscription, "notifications/resources/updated"),
        (Switch::DeliversUnrequested, "notifications/resources/updated"),
    ] {
        let server = start(switch).await;
        let session = server.session().await;
        let mut stream = session.listen(None).await;
        if switch != Switch::DeliversUnrequested {
            session.ask("resources/subscribe", uri.clone()).await;
        }
        if switch == Switch::KeepsSubscription {
            session.ask("resources/unsubscribe", uri.clone()).await;
        }
        reply(session.tool(1, "test_trigger_resource_update", json!({}))).await;
        reply(session.tool(2, "test_trigger_tool_change", json!({}))).await;
        assert_eq!(stream.message().await.unwrap()["method"], expected, "{switch}");
    }
    let server = start(Switch::Broadcasts).await;
    let session = server.session().await;
    let mut streams = [session.listen(None).await, session.listen(None).await];
    reply(session.tool(2, "test_trigger_tool_change", json!({}))).await;
    for stream in &mut streams {
        assert_eq!(stream.message().await.unwrap()["method"], "notifications/tools/list_changed");
    }
}

#[tokio::test]
async fn a_stream_can_stay_open_after_its_response() {
    let server = Server::start(Options {
        keep_alive: std::time::Duration::from_millis(10),
        ..switched(&[Switch::KeepsStreamOpen])
    })
    .await;
    let slow = json!({ "name": "test_slow", "arguments": { "seconds": 0, "steps": 1 } });
    let mut response = server.stateless(1, "tools/call", slow).send().await.unwrap();
    let mut text = String::new();
    while !text.contains(r#""result""#) {
        text += std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap();
    }
    assert!(response.chunk().await.unwrap().unwrap().starts_with(b":"));
}

#[tokio::test]
async fn cancellation_can_be_ignored() {
    let server = start(Switch::IgnoresCancel).await;
    let session = server.session().await;
    let mut stream = Events::open(session.tool(1, "test_slow", json!({ "seconds": 0.2, "steps": 1 }))).await;
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    session.post(&cancel).send().await.unwrap();
    assert_eq!(stream.message().await.unwrap()["id"], 1);

    let server = start(Switch::CancelsOnDisconnect).await;
    let session = server.session().await;
    drop(Events::open(session.tool(1, "test_slow", json!({ "seconds": 600 }))).await);
    loop {
        let read = session.ask("resources/read", json!({ "uri": "test://activity" })).await;
        if read["contents"][0]["text"].as_str().unwrap().contains(r#""cancelled":1"#) {
            break;
        }
    }
}

#[tokio::test]
async fn log_levels_can_be_ignored_and_shared() {
    let server = start(Switch::LogLevelIgnored).await;
    let messages =
        Events::open(server.stateless(1, "tools/call", json!({ "name": "test_logging_tool" }))).await.rest().await;
    assert_eq!(messages.len(), 9);
    let server = start(Switch::SharesLogLevel).await;
    let (ours, theirs) = (server.session().await, server.session().await);
    theirs.ask("logging/setLevel", json!({ "level": "alert" })).await;
    let messages = Events::open(ours.tool(1, "test_logging_tool", json!({}))).await.rest().await;
    assert_eq!(messages.len(), 3);
}

#[tokio::test]
async fn pages_can_be_wrong() {
    for (switch, expected) in
        [(Switch::CursorUnchecked, json!({})), (Switch::CursorStuck, json!({})), (Switch::PagesOverlap, json!({}))]
    {
        let server = Server::start(Options { page_size: 2, ..switched(&[switch]) }).await;
        let page = |params: Value| async { server.ask("tools/list", params).await };
        let first = page(expected).await;
        match switch {
            Switch::CursorUnchecked => assert_eq!(page(json!({ "cursor": "bogus" })).await["tools"], first["tools"]),
            Switch::CursorStuck => {
                let second = page(json!({ "cursor": first["nextCursor"] })).await;
                let third = page(json!({ "cursor": second["nextCursor"] })).await;
                assert_eq!(second["tools"], third["tools"]);
            }
            _ => {
                let second = page(json!({ "cursor": first["nextCursor"] })).await;
                assert_eq!(first["tools"].as_array().unwrap().last(), Some(&second["tools"][0]));
            }
        }
    }
    let server = start(Switch::ListsInAnyOrder).await;
    let (first, second) = (server.ask("tools/list", json!({})).await, server.ask("tools/list", json!({})).await);
    assert_ne!(first["tools"], second["tools"]);
}

#[tokio::test]
async fn state_can_go_unchecked() {
    for switch in [Switch::StateUnprotected, Switch::StateUnbound] {
        let server = start(switch).await;
        let name = "test_input_required_result_request_state";
        let mut state = server.tool(name, json!({})).await["requestState"].as_str().unwrap().to_owned();
        if switch == Switch::StateUnprotected {
            state += "-TAMPERED";
        }
        let responses = json!({ "confirm": { "action": "accept", "content": { "ok": true } } });
        let other = "test_input_required_result_tampered_state";
        let params = json!({ "name": other, "inputResponses": responses, "requestState": state });
        assert_eq!(server.ask("tools/call", params).await["resultType"], "complete", "{switch}");
    }
}

#[tokio::test]
async fn checks_of_headers_and_meta_can_be_left_out() {
    let server = start(Switch::OriginUnchecked).await;
    let request = server.stateless(1, "server/discover", json!({})).header("origin", "http://evil.example.com");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let server = start(Switch::HostUnchecked).await;
    let request = server.stateless(1, "server/discover", json!({})).header("host", "evil.example.com");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let server = start(Switch::AcceptsMissingMeta).await;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {} });
    let bare = server.post(&body).header("mcp-protocol-version", NEW).header("mcp-method", "server/discover");
    assert_eq!(bare.send().await.unwrap().status(), 200);
    let server = start(Switch::IgnoresRoutingHeaders).await;
    let mut params = json!({ "_meta": {} });
    params["_meta"][format!("{}protocolVersion", super::client::PREFIX)] = NEW.into();
    params["_meta"][format!("{}clientCapabilities", super::client::PREFIX)] = json!({});
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": params });
    assert_eq!(server.post(&body).header("mcp-protocol-version", NEW).send().await.unwrap().status(), 200);
    let server = start(Switch::IgnoresVersionHeader).await;
    let bare = server.post(&body).header("mcp-method", "server/discover");
    assert_eq!(bare.send().await.unwrap().status(), 200);
    let server = start(Switch::IgnoresParamHeaders).await;
    let call = json!({ "name": "test_header_params", "arguments": { "region": "r" } });
    assert_eq!(server.stateless(1, "tools/call", call).send().await.unwrap().status(), 200);
    let server = start(Switch::RemembersCapabilities).await;
    let call = json!({ "name": "test_missing_capability" });
    server.ask("tools/call", call.clone()).await;
    let (status, _) =
        status_and_reply(server.stateless_with(1, "tools/call", call, json!({ "clientCapabilities": {} }))).await;
    assert_eq!(status, 200);
    let server = start(Switch::AnswersNotifications).await;
    let body = json!({ "jsonrpc": "2.0", "method": "notifications/anything" });
    assert_eq!(server.post(&body).header("mcp-protocol-version", NEW).send().await.unwrap().status(), 200);
    let server = start(Switch::DiesOnInvalidJson).await;
    assert!(server.post(&json!(0)).body("{nope").send().await.is_err());
}

#[tokio::test]
async fn replay_can_be_wrong() {
    for (switch, expected) in [
        (Switch::ReplaysFromStart, vec!["notifications/progress", "notifications/progress", ""]),
        (Switch::ReplaysNothing, vec![]),
        (Switch::ReplaysOtherStreams, vec!["notifications/tools/list_changed", "notifications/progress", ""]),
    ] {
        let server = start(switch).await;
        let session = server.session().await;
        let mut other = session.listen(None).await;
        reply(session.tool(1, "test_trigger_tool_change", json!({}))).await;
        other.message().await.unwrap();
        let arguments = json!({ "seconds": 0, "steps": 2 });
        let params = json!({ "name": "test_slow", "arguments": arguments, "_meta": { "progressToken": 1 } });
        let mut stream = Events::open(session.call(2, "tools/call", params)).await;
        stream.event().await.unwrap();
        let first = stream.event().await.unwrap();
        stream.rest().await;
        let replayed = session.listen(first.id.as_deref()).await.rest().await;
        let seen: Vec<_> = replayed.iter().map(|message| message["method"].as_str().unwrap_or_default()).collect();
        assert_eq!(seen, expected, "{switch}");
    }
}

#[tokio::test]
async fn the_client_can_be_asked_too_early_and_too_much() {
    let server = start(Switch::AsksUndeclaredCapability).await;
    let session = server.session_with(json!({})).await;
    let mut stream = Events::open(session.tool(1, "test_list_roots", json!({}))).await;
    assert_eq!(stream.message().await.unwrap()["method"], "roots/list");
    let call = json!({ "name": "test_input_required_result_list_roots" });
    let none = json!({ "clientCapabilities": {} });
    let asked = reply(server.stateless_with(1, "tools/call", call, none)).await;
    assert_eq!(asked["result"]["resultType"], "input_required");

    for (switch, early) in [(Some(Switch::AsksBeforeInitialized), true), (None, false)] {
        let server = Server::start(switched(switch.as_slice())).await;
        let client = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": { "roots": {} }, "clientInfo": client });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let response = server.post(&body).send().await.unwrap();
        let id = response.headers()["mcp-session-id"].clone();
        let call =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "test_list_roots" } });
        let request = server.post(&call).header("mcp-session-id", id);
        if early {
            assert_eq!(Events::open(request).await.message().await.unwrap()["method"], "roots/list");
        } else {
            assert_eq!(reply(request).await["result"]["isError"], true);
        }
    }
}

#[tokio::test]
async fn work_can_go_on_and_requests_can_hang() {
    let server = start(Switch::IgnoresDisconnect).await;
    let slow = json!({ "name": "test_slow", "arguments": { "seconds": 0.2, "steps": 1 } });
    drop(Events::open(server.stateless(1, "tools/call", slow)).await);
    loop {
        let read = server.ask("resources/read", json!({ "uri": "test://activity" })).await;
        let text = read["contents"][0]["text"].as_str().unwrap().to_owned();
        assert!(text.contains(r#""cancelled":0"#), "{text}");
        if text.contains(r#""completed":1"#) {
            break;
        }
    }
    let server = start(Switch::HangsOnUnknownMethod).await;
    let hanging = server.stateless(1, "unknown/method", json!({})).send();
    let mut hanging = std::pin::pin!(hanging);
    tokio::select! {
        _ = &mut hanging => panic!("an unknown method was answered"),
        list = server.ask("tools/list", json!({})) => assert!(list["tools"].is_array()),
    }
}

#[tokio::test]
async fn requests_can_go_unchecked() {
    let server = start(Switch::AcceptsAnyVersion).await;
    let meta = json!({
        format!("{}protocolVersion", super::client::PREFIX): "v9",
        format!("{}clientCapabilities", super::client::PREFIX): {},
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
    let request = server.post(&body).header("mcp-protocol-version", "v9").header("mcp-method", "tools/list");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let server = start(Switch::HeadersNotDecoded).await;
    let call = json!({ "name": "test_header_params", "arguments": { "region": "Hello" } });
    let encoded = server.stateless(1, "tools/call", call).header("mcp-param-region", "=?base64?SGVsbG8=?=");
    assert_eq!(reply(encoded).await["error"]["code"], -32020);
    let server = start(Switch::ArgumentsUnchecked).await;
    let result = server.tool("test_echo", json!({ "message": 5 })).await;
    assert!(result.get("isError").is_none());
    let server =
        Server::start(Options { state_ttl: std::time::Duration::ZERO, ..switched(&[Switch::StateNeverExpires]) }).await;
    let name = "test_input_required_result_request_state";
    let state = server.tool(name, json!({})).await["requestState"].clone();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let responses = json!({ "confirm": { "action": "accept", "content": { "ok": true } } });
    let params = json!({ "name": name, "inputResponses": responses, "requestState": state });
    assert_eq!(server.ask("tools/call", params).await["resultType"], "complete");
}

#[tokio::test]
async fn streams_can_repeat_ids_and_keep_changes_to_themselves() {
    let server = start(Switch::ReusesEventIds).await;
    let session = server.session().await;
    let mut ids = Vec::new();
    for id in [1, 2] {
        let mut stream = Events::open(session.tool(id, "test_slow", json!({ "seconds": 0 }))).await;
        ids.push(stream.event().await.unwrap().id.unwrap());
    }
    assert_eq!(ids[0], ids[1]);
    let server = start(Switch::ChangesSilently).await;
    let session = server.session().await;
    session.ask("resources/subscribe", json!({ "uri": "test://watched-resource" })).await;
    let mut stream = session.listen(None).await;
    reply(session.tool(1, "test_trigger_tool_change", json!({}))).await;
    reply(session.tool(2, "test_trigger_resource_update", json!({}))).await;
    assert_eq!(stream.message().await.unwrap()["method"], "notifications/resources/updated");
}
