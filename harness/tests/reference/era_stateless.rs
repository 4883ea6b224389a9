//! Revision 2026-07-28 over HTTP.

use serde_json::{Value, json};

use super::client::{Events, NEW, OLD, PREFIX, Server, reply, status_and_reply};
use mcp_assay::reference::{Answers, Options};
use reqwest::Method;

pub async fn start() -> Server {
    Server::start(Options::default()).await
}

#[tokio::test]
async fn discover_tells_what_there_is() {
    let server = start().await;
    let result = server.ask("server/discover", json!({})).await;
    assert_eq!(result["supportedVersions"], json!([NEW]));
    assert_eq!(result["capabilities"]["tools"]["listChanged"], true);
    assert!(result["_meta"][format!("{PREFIX}serverInfo")]["name"].is_string());
    assert!(result["ttlMs"].is_u64());
    assert_eq!(result["cacheScope"], "public");
}

#[tokio::test]
async fn incomplete_meta_is_refused() {
    let server = start().await;
    let version = format!("{PREFIX}protocolVersion");
    for params in [
        json!({}),
        json!({ "_meta": {} }),
        json!({ "_meta": { format!("{PREFIX}clientCapabilities"): {} } }),
        json!({ "_meta": { &version: NEW } }),
        json!({ "_meta": { &version: 5, format!("{PREFIX}clientCapabilities"): {} } }),
        json!({ "_meta": { &version: NEW, format!("{PREFIX}clientCapabilities"): {}, format!("{PREFIX}logLevel"): "loud" } }),
    ] {
        let body = json!({ "jsonrpc": "2.0", "id": "a", "method": "server/discover", "params": params });
        let request = server.post(&body).header("mcp-protocol-version", NEW).header("mcp-method", "server/discover");
        let (status, reply) = status_and_reply(request).await;
        assert_eq!((status, &reply["error"]["code"]), (400, &json!(-32602)), "{params}");
        assert_eq!(reply["id"], "a");
    }
}

#[tokio::test]
async fn versions_are_negotiated_and_compared() {
    let server = start().await;
    let request = |header: Option<&str>, body: &str| {
        let meta = json!({ format!("{PREFIX}protocolVersion"): body, format!("{PREFIX}clientCapabilities"): {} });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
        let request = server.post(&body).header("mcp-method", "tools/list");
        match header {
            Some(header) => request.header("mcp-protocol-version", header),
            None => request,
        }
    };
    let (status, reply) = status_and_reply(request(Some("v999.0.0"), "v999.0.0")).await;
    assert_eq!((status, &reply["error"]["code"]), (400, &json!(-32022)));
    assert_eq!(reply["error"]["data"], json!({ "supported": [NEW], "requested": "v999.0.0" }));
    for (header, body) in [(Some(NEW), "v999.0.0"), (None, NEW), (Some(OLD), NEW)] {
        let (status, reply) = status_and_reply(request(header, body)).await;
        assert_eq!((status, &reply["error"]["code"]), (400, &json!(-32020)), "{header:?} {body}");
    }
}

#[tokio::test]
async fn routing_headers_must_repeat_the_body() {
    let server = start().await;
    let meta = json!({ format!("{PREFIX}protocolVersion"): NEW, format!("{PREFIX}clientCapabilities"): {} });
    let params = json!({ "name": "test_simple_text", "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let call = |headers: &[(&str, &str)]| {
        let request = server.post(&body).header("mcp-protocol-version", NEW);
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    for wrong in [
        vec![("mcp-method", "tools/call")],
        vec![("mcp-name", "test_simple_text")],
        vec![("mcp-method", "TOOLS/CALL"), ("mcp-name", "test_simple_text")],
        vec![("mcp-method", "tools/call"), ("mcp-name", "other")],
        vec![("mcp-method", "tools/call"), ("mcp-name", "=?base64?!?=")],
        vec![("mcp-method", "tools/call"), ("mcp-name", "test_simple_text"), ("mcp-name", "test_simple_text")],
    ] {
        let (status, reply) = status_and_reply(call(&wrong)).await;
        assert_eq!((status, &reply["error"]["code"]), (400, &json!(-32020)), "{wrong:?}");
    }
    for right in ["test_simple_text", "  test_simple_text ", "=?base64?dGVzdF9zaW1wbGVfdGV4dA==?="] {
        let (status, reply) = status_and_reply(call(&[("MCP-METHOD", "tools/call"), ("Mcp-Name", right)])).await;
        assert_eq!(status, 200, "{reply}");
    }
}

#[tokio::test]
async fn parameter_headers_must_repeat_the_arguments() {
    let server = start().await;
    let call = |arguments: &Value, headers: &[(&str, &str)]| {
        let params = json!({ "name": "test_header_params", "arguments": arguments });
        let request = server.stateless(1, "tools/call", params);
        headers.iter().fold(request, |request, (name, value)| request.header(format!("mcp-param-{name}"), *value))
    };
    let hello = json!({ "region": "Hello" });
    let all = json!({ "region": "x", "priority": 42, "verbose": false, "target": { "zone": "z" }, "query": "q" });
    for (arguments, headers) in [
        (&hello, vec![("Region", "Hello")]),
        (&hello, vec![("Region", "=?base64?SGVsbG8=?="), ("Other", "anything")]),
        (&json!({ "region": "SGVsbG8=" }), vec![("Region", "SGVsbG8=")]),
        (&json!({ "region": "=?base64?SGVsbG8=" }), vec![("Region", "=?base64?SGVsbG8=")]),
        (&all, vec![("Region", "x"), ("Priority", "42.0"), ("Verbose", "false"), ("Zone", "z")]),
    ] {
        let (status, reply) = status_and_reply(call(arguments, &headers)).await;
        assert_eq!((status, reply["result"].get("isError")), (200, None), "{headers:?} {reply}");
    }
    for (arguments, headers) in [
        (&hello, vec![]),
        (&hello, vec![("Region", "hello")]),
        (&hello, vec![("Region", "=?base64?SGVsbG8?=")]),
        (&hello, vec![("Region", "=?base64?SGVs!!!bG8=?=")]),
        (&hello, vec![("Region", "Hello"), ("Verbose", "true")]),
        (&all, vec![("Region", "x"), ("Priority", "43"), ("Verbose", "false"), ("Zone", "z")]),
        (&all, vec![("Region", "x"), ("Priority", "42"), ("Verbose", "false")]),
    ] {
        let (status, reply) = status_and_reply(call(arguments, &headers)).await;
        assert_eq!((status, &reply["error"]["code"]), (400, &json!(-32020)), "{headers:?}");
    }
}

#[tokio::test]
async fn removed_and_unknown_methods_are_not_found() {
    let server = start().await;
    for method in
        ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "unknown/method"]
    {
        let (status, reply) = status_and_reply(server.stateless(4, method, json!({}))).await;
        assert_eq!((status, &reply["error"]["code"], &reply["id"]), (404, &json!(-32601), &json!(4)), "{method}");
    }
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let request = server.request(method).header("accept", "text/event-stream").header("mcp-protocol-version", NEW);
        let response = request.send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, "POST"));
    }
}

#[tokio::test]
async fn http_itself_is_checked() {
    let server = start().await;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover" });
    let post = |kind: &str, accept: &str, body: String| {
        let request = server.request(Method::POST).header("mcp-protocol-version", NEW);
        request.header("content-type", kind).header("accept", accept).body(body)
    };
    let both = "application/json, text/event-stream";
    for (request, expected) in [
        (post("text/plain", both, body.to_string()), 415),
        (post("application/json", "application/json", body.to_string()), 406),
        (post("application/json", both, "{nope".into()), 400),
        (post("application/json", both, "[]".into()), 400),
        (post("application/json", both, body.to_string()).header("origin", "http://evil.example.com"), 403),
        (post("application/json", both, body.to_string()).header("host", "evil.example.com"), 403),
        (post("application/json", both, "x".repeat(5 << 20)), 413),
    ] {
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
    let local = server.stateless(1, "server/discover", json!({})).header("origin", "http://localhost:9");
    assert_eq!(local.send().await.unwrap().status(), 200);
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/anything" });
    let response = server.post(&notification).header("mcp-protocol-version", NEW).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.bytes().await.unwrap().len()), (202, 0));
    let response = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    assert_eq!(server.post(&response).header("mcp-protocol-version", NEW).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn capabilities_count_for_their_request_only() {
    let server = start().await;
    let call = json!({ "name": "test_missing_capability" });
    let without = json!({ "clientCapabilities": {} });
    assert_eq!(server.ask("tools/call", call.clone()).await["resultType"], "complete");
    let (status, reply) = status_and_reply(server.stateless_with(1, "tools/call", call, without)).await;
    assert_eq!((status, &reply["error"]["code"]), (400, &json!(-32021)));
    assert_eq!(reply["error"]["data"]["requiredCapabilities"], json!({ "sampling": {} }));
}

#[tokio::test]
async fn logs_come_only_at_the_level_asked_for() {
    let server = start().await;
    let call = json!({ "name": "test_logging_tool" });
    let plain = server.stateless(1, "tools/call", call.clone()).send().await.unwrap();
    assert_eq!(plain.headers()["content-type"], "application/json");
    let meta = json!({ "clientCapabilities": {}, "logLevel": "critical" });
    let messages = Events::open(server.stateless_with(1, "tools/call", call, meta)).await.rest().await;
    let levels: Vec<_> = messages.iter().filter_map(|message| message["params"]["level"].as_str()).collect();
    assert_eq!(levels, ["critical", "alert", "emergency"]);
    assert_eq!(messages.last().unwrap()["id"], 1);
}

#[tokio::test]
async fn listening_delivers_what_was_asked_for() {
    let server = start().await;
    let id = format!("{PREFIX}subscriptionId");
    let listen = |number: u64, filter: Value| {
        server.stateless(number, "subscriptions/listen", json!({ "notifications": filter }))
    };
    let watched =
        json!({ "promptsListChanged": true, "resourceSubscriptions": ["test://watched-resource", "test://none"] });
    let mut first = Events::open(listen(11, watched)).await;
    let mut second = Events::open(listen(12, json!({ "toolsListChanged": true, "resourcesListChanged": true }))).await;
    let ack = first.message().await.unwrap();
    assert_eq!(ack["method"], "notifications/subscriptions/acknowledged");
    let honoured = json!({ "promptsListChanged": true, "resourceSubscriptions": ["test://watched-resource"] });
    assert_eq!((&ack["params"]["notifications"], &ack["params"]["_meta"][&id]), (&honoured, &json!(11)));
    second.message().await.unwrap();
    for tool in [
        "test_trigger_resource_update",
        "test_trigger_tool_change",
        "test_trigger_prompt_change",
        "test_trigger_resource_change",
    ] {
        server.tool(tool, json!({})).await;
    }
    server.tool("test_close_subscriptions", json!({})).await;
    let kinds = |messages: &[Value]| -> Vec<String> {
        messages.iter().filter_map(|message| message["method"].as_str().map(str::to_owned)).collect()
    };
    let (first, second) = (first.rest().await, second.rest().await);
    let close = "notifications/cancelled";
    assert_eq!(kinds(&first), ["notifications/resources/updated", "notifications/prompts/list_changed", close]);
    assert_eq!(kinds(&second), ["notifications/tools/list_changed", "notifications/resources/list_changed", close]);
    assert!(
        second.iter().all(|message| message["params"]["_meta"][&id] == 12 || message["result"]["_meta"][&id] == 12)
    );
    assert_eq!(second.last().unwrap()["result"]["resultType"], "complete");
    let bad = reply(listen(13, json!({ "toolsListChanged": 1 }))).await;
    assert_eq!(bad["error"]["code"], -32602);
}

#[tokio::test]
async fn changes_can_be_undone() {
    let server = start().await;
    let names = || async { server.ask("tools/list", json!({})).await["tools"].as_array().unwrap().len() };
    let before = names().await;
    server.tool("test_trigger_tool_change", json!({})).await;
    assert_eq!(names().await, before + 1);
    assert!(server.tool("test_extra_tool", json!({})).await["content"].is_array());
    server.tool("test_trigger_tool_change", json!({})).await;
    assert_eq!(names().await, before);
}

#[tokio::test]
async fn closing_the_stream_stops_the_work() {
    let server = start().await;
    let arguments = json!({ "seconds": 600, "steps": 1000 });
    let call = server.stateless(1, "tools/call", json!({ "name": "test_slow", "arguments": arguments }));
    drop(Events::open(call).await);
    loop {
        let read = server.ask("resources/read", json!({ "uri": "test://activity" })).await;
        let text = read["contents"][0]["text"].as_str().unwrap();
        if text == r#"{"running":0,"completed":0,"cancelled":1}"# {
            break;
        }
    }
}

#[tokio::test]
async fn the_form_of_the_answer_can_be_chosen() {
    let server = Server::start(Options { answers: Answers::Sse, ..Options::default() }).await;
    let messages = Events::open(server.stateless(1, "tools/list", json!({}))).await.rest().await;
    assert_eq!(messages.len(), 1);
    let unknown = server.stateless(1, "unknown/method", json!({}));
    assert_eq!(status_and_reply(unknown).await.0, 404);
    let server = Server::start(Options { answers: Answers::Json, ..Options::default() }).await;
    let meta = json!({ "clientCapabilities": {}, "logLevel": "debug" });
    let response =
        server.stateless_with(1, "tools/call", json!({ "name": "test_logging_tool" }), meta).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[tokio::test]
async fn shutting_down_ends_subscriptions_with_their_result() {
    let options = Options::default();
    let shutdown = options.shutdown.clone();
    let mut server = Server::start(options).await;
    let filter = json!({ "notifications": { "toolsListChanged": true } });
    let mut stream = Events::open(server.stateless(1, "subscriptions/listen", filter)).await;
    stream.message().await.unwrap();
    shutdown.cancel();
    let rest = stream.rest().await;
    assert_eq!(rest.last().unwrap()["result"]["resultType"], "complete");
    server.ended().await;
}

#[tokio::test]
async fn limits_are_kept() {
    let server = Server::start(Options { max_calls_per_second: 0, ..Options::default() }).await;
    let call = json!({ "name": "test_simple_text" });
    assert_eq!(reply(server.stateless(1, "tools/call", call)).await["error"]["code"], -32603);
    let server = Server::start(Options { max_listens: 0, max_in_flight: 1, ..Options::default() }).await;
    let listen = json!({ "notifications": {} });
    assert_eq!(reply(server.stateless(1, "subscriptions/listen", listen)).await["error"]["code"], -32603);
    let slow = json!({ "name": "test_slow", "arguments": { "seconds": 600 } });
    let running = Events::open(server.stateless(1, "tools/call", slow)).await;
    let (status, refused) = status_and_reply(server.stateless(2, "tools/list", json!({}))).await;
    assert_eq!((status, &refused["error"]["code"]), (503, &json!(-32603)));
    drop(running);
}
