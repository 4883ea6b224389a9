//! Input that is asked for in a result, over several rounds.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Server, reply, status_and_reply};
use super::era_stateless::start;
use mcp_assay::reference::Options;

fn accept(content: Value) -> Value {
    json!({ "action": "accept", "content": content })
}

#[tokio::test]
async fn input_is_asked_for_in_the_result() {
    let server = start().await;
    let name = "test_input_required_result_elicitation";
    let first = server.tool(name, json!({})).await;
    assert_eq!(first["resultType"], "input_required");
    assert_eq!(first["inputRequests"]["user_name"]["method"], "elicitation/create");
    assert!(first.get("ttlMs").is_none());
    let retry =
        |responses: Value| server.stateless(2, "tools/call", json!({ "name": name, "inputResponses": responses }));
    let answer = accept(json!({ "name": "Alice" }));
    let done = reply(retry(json!({ "user_name": answer, "unknown": 5 }))).await;
    assert_eq!(done["result"]["content"][0]["text"], "Hello, Alice!");
    let again = reply(retry(json!({ "wrong_key": answer }))).await;
    assert_eq!(again["result"]["resultType"], "input_required");
    for bad in [json!({ "user_name": 12345 }), Value::Null] {
        assert_eq!(reply(retry(bad)).await["error"]["code"], -32602);
    }
    let meta = json!({ "clientCapabilities": { "sampling": {} } });
    let (status, refused) =
        status_and_reply(server.stateless_with(3, "tools/call", json!({ "name": name }), meta.clone())).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!(-32021)));
    let params = json!({ "name": "test_input_required_result_capabilities" });
    let asked =
        reply(server.stateless_with(3, "tools/call", params, meta)).await["result"]["inputRequests"].to_string();
    assert!(asked.contains("sampling/createMessage") && !asked.contains("elicitation/create"));
}

#[tokio::test]
async fn state_is_protected_and_bound_to_its_request() {
    let server = start().await;
    let name = "test_input_required_result_request_state";
    let state = server.tool(name, json!({})).await["requestState"].as_str().unwrap().to_owned();
    let retry = |name: &str, state: &str| {
        let responses = json!({ "confirm": accept(json!({ "ok": true })) });
        server.stateless(2, "tools/call", json!({ "name": name, "inputResponses": responses, "requestState": state }))
    };
    assert_eq!(reply(retry(name, &state)).await["result"]["content"][0]["text"], "state-ok: confirmed");
    for (name, state) in [
        (name, format!("{state}-TAMPERED")),
        (name, "made up".to_owned()),
        ("test_input_required_result_tampered_state", state.clone()),
        ("test_simple_text", state.clone()),
    ] {
        assert_eq!(reply(retry(name, &state)).await["error"]["code"], -32602, "{name}");
    }
}

#[tokio::test]
async fn several_rounds_and_kinds_of_input_work() {
    let server = start().await;
    let sampled = json!({ "role": "assistant", "model": "m", "content": { "type": "text", "text": "Paris" } });
    let roots = json!({ "roots": [{ "uri": "file:///test/root", "name": "Test Root" }] });
    for (name, responses, expected) in [
        ("sampling", json!({ "capital_question": sampled }), "Paris"),
        ("list_roots", json!({ "client_roots": roots }), "file:///test/root"),
        (
            "multiple_inputs",
            json!({ "user_name": accept(json!({ "name": "Al" })), "greeting": sampled, "client_roots": roots }),
            "Paris Al",
        ),
    ] {
        let name = format!("test_input_required_result_{name}");
        let first = server.tool(&name, json!({})).await;
        let mut params = json!({ "name": name, "inputResponses": responses });
        if let Some(state) = first.get("requestState") {
            params["requestState"] = state.clone();
        }
        let text = server.ask("tools/call", params).await["content"][0]["text"].as_str().unwrap().to_owned();
        assert!(text.contains(expected), "{text}");
    }
    let name = "test_input_required_result_multi_round";
    let one = server.tool(name, json!({})).await;
    let round = |state: &Value, responses: Value| {
        let params = json!({ "name": name, "requestState": state, "inputResponses": responses });
        async { server.ask("tools/call", params).await }
    };
    let two = round(&one["requestState"], json!({ "step1": accept(json!({ "name": "Al" })) })).await;
    assert_ne!(one["requestState"], two["requestState"]);
    let done = round(&two["requestState"], json!({ "step2": accept(json!({ "color": "red" })) })).await;
    assert_eq!(done["content"][0]["text"], "Al likes red.");
    let prompt = json!({ "name": "test_input_required_result_prompt" });
    assert!(server.ask("prompts/get", prompt).await["inputRequests"]["user_context"].is_object());
    let responses = json!({ "user_context": accept(json!({ "context": "test context" })) });
    let prompt = json!({ "name": "test_input_required_result_prompt", "inputResponses": responses });
    assert!(server.ask("prompts/get", prompt).await["messages"][0].to_string().contains("test context"));
}

#[tokio::test]
async fn old_state_is_refused() {
    let server = Server::start(Options { state_ttl: Duration::ZERO, ..Options::default() }).await;
    let name = "test_input_required_result_request_state";
    loop {
        // The clock of the token counts milliseconds; the next one comes.
        let state = server.tool(name, json!({})).await["requestState"].clone();
        let responses = json!({ "confirm": accept(json!({ "ok": true })) });
        let params = json!({ "name": name, "inputResponses": responses, "requestState": state });
        let answer = reply(server.stateless(2, "tools/call", params)).await;
        if answer["error"]["code"] == -32602 {
            break;
        }
        assert_eq!(answer["result"]["resultType"], "complete");
    }
}
