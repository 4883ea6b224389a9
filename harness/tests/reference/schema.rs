//! Everything the server says is valid by the schema of its revision.

use mcp_assay::reference::{Answers, Options};
use mcp_assay::revision::Revision;
use mcp_assay::schema::{Schemas, Sender, Subject};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::client::{Events, Server};

fn check(revision: Revision, of_method: &str, message: &Value) {
    let from = Sender::Server;
    let subject = match (message.get("method").and_then(Value::as_str), message.get("id")) {
        (Some(method), Some(_)) => Subject::Request { from, method },
        (Some(method), None) => Subject::Notification { from, method },
        _ if message.get("error").is_some() => Subject::Error,
        _ => Subject::Result { from, of_method },
    };
    let validity = Schemas::embedded().check(revision, subject, message);
    assert!(validity.is_valid(), "{subject:?} {message}: {:?}", validity.violations);
}

async fn messages(request: RequestBuilder) -> Vec<Value> {
    let response = request.send().await.unwrap();
    if response.status() == 200 {
        return Events::new(response).rest().await;
    }
    vec![serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()]
}

async fn everything(tools: &Value, resources: &Value, prompts: &Value) -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    for tool in tools["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        let arguments = match name {
            "test_slow" | "test_task_slow" => json!({ "seconds": 0 }),
            "test_echo" | "test_elicitation" => json!({ "message": "m" }),
            "test_sampling" => json!({ "prompt": "p" }),
            "json_schema_2020_12_tool" => json!({ "email": "e" }),
            _ => json!({}),
        };
        all.push(("tools/call", json!({ "name": name, "arguments": arguments })));
    }
    for resource in resources["resources"].as_array().unwrap() {
        all.push(("resources/read", json!({ "uri": resource["uri"] })));
    }
    for prompt in prompts["prompts"].as_array().unwrap() {
        let arguments = json!({ "arg1": "a", "arg2": "b", "resourceUri": "test://example-resource" });
        all.push(("prompts/get", json!({ "name": prompt["name"], "arguments": arguments })));
    }
    let reference = json!({ "type": "ref/resource", "uri": "test://template/{id}/data" });
    let argument = json!({ "name": "id", "value": "1" });
    all.push(("completion/complete", json!({ "ref": reference, "argument": argument })));
    for method in ["tools/list", "resources/list", "resources/templates/list", "prompts/list"] {
        all.push((method, json!({})));
        all.push((method, json!({ "cursor": "bogus" })));
    }
    all.extend([
        ("resources/read", json!({ "uri": "test://template/1/data" })),
        ("resources/read", json!({ "uri": "test://none" })),
        ("unknown/method", json!({})),
    ]);
    all
}

fn options() -> Options {
    Options { answers: Answers::Sse, client_deadline: std::time::Duration::ZERO, ..Options::default() }
}

#[tokio::test]
async fn in_2025_11_25() {
    let server = Server::start(options()).await;
    let session = server.session().await;
    let last = |request| async { messages(request).await.pop().unwrap()["result"].clone() };
    let (tools, resources, prompts) = (
        last(session.call(1, "tools/list", json!({}))).await,
        last(session.call(1, "resources/list", json!({}))).await,
        last(session.call(1, "prompts/list", json!({}))).await,
    );
    let mut all = everything(&tools, &resources, &prompts).await;
    let watched = json!({ "uri": "test://watched-resource" });
    all.extend([
        ("ping", json!({})),
        ("logging/setLevel", json!({ "level": "info" })),
        ("resources/subscribe", watched.clone()),
        ("tools/call", json!({ "name": "test_trigger_resource_update" })),
        ("tools/call", json!({ "name": "test_trigger_tool_change" })),
        ("resources/unsubscribe", watched),
    ]);
    // Would end the stream that is read below.
    all.retain(|(_, params)| params["name"] != "test_end_connections");
    let mut stream = session.listen(None).await;
    for (id, (method, mut params)) in (100..).zip(all) {
        params["_meta"] = json!({ "progressToken": id });
        for message in messages(session.call(id, method, params)).await {
            check(Revision::V2025_11_25, method, &message);
        }
    }
    let mut kinds = std::collections::BTreeSet::new();
    while kinds.len() < 4 {
        let message = stream.message().await.unwrap();
        check(Revision::V2025_11_25, "", &message);
        kinds.insert(message["method"].as_str().unwrap().to_owned());
    }
}

#[tokio::test]
async fn in_2026_07_28() {
    let server = Server::start(options()).await;
    let (tools, resources, prompts) = (
        server.ask("tools/list", json!({})).await,
        server.ask("resources/list", json!({})).await,
        server.ask("prompts/list", json!({})).await,
    );
    let filter = json!({
        "toolsListChanged": true,
        "promptsListChanged": true,
        "resourcesListChanged": true,
        "resourceSubscriptions": ["test://watched-resource"],
    });
    let listen = server.stateless(1, "subscriptions/listen", json!({ "notifications": filter }));
    let stream = Events::open(listen).await;
    let mut all = everything(&tools, &resources, &prompts).await;
    all.push(("server/discover", json!({})));
    let capabilities = json!({ "sampling": {}, "elicitation": {}, "roots": {} });
    let known = json!({ "clientCapabilities": capabilities, "logLevel": "debug", "progressToken": "p" });
    for meta in [known, json!({ "clientCapabilities": {} })] {
        for (method, params) in &all {
            for message in messages(server.stateless_with(5, method, params.clone(), meta.clone())).await {
                check(Revision::V2026_07_28, method, &message);
            }
        }
    }
    let heard = stream.rest().await;
    assert_eq!(heard.len(), 7, "acknowledgement, four changes, cancellation, result: {heard:#?}");
    for message in &heard {
        check(Revision::V2026_07_28, "subscriptions/listen", message);
    }
}
