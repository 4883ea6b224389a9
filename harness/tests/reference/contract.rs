//! The fixtures of the official suite's contract.

use serde_json::{Value, json};

use super::client::{Events, Server, reply};
use mcp_assay::reference::Options;

#[tokio::test]
async fn plain_tools_answer_alike_in_both_eras() {
    let server = Server::start(Options::default()).await;
    let session = server.session().await;
    for (name, kinds) in [
        ("test_simple_text", vec!["text"]),
        ("test_image_content", vec!["image"]),
        ("test_audio_content", vec!["audio"]),
        ("test_embedded_resource", vec!["resource"]),
        ("test_multiple_content_types", vec!["text", "image", "resource"]),
        ("test_error_handling", vec!["text"]),
    ] {
        let old = session.ask("tools/call", json!({ "name": name })).await;
        let new = server.tool(name, json!({})).await;
        let seen: Vec<_> =
            old["content"].as_array().unwrap().iter().map(|item| item["type"].as_str().unwrap()).collect();
        assert_eq!(seen, kinds, "{name}");
        assert_eq!(old["content"], new["content"]);
        assert_eq!(old["isError"] == true, name == "test_error_handling");
        assert_eq!(new["resultType"], "complete");
        assert!(old.get("resultType").is_none());
    }
}

#[tokio::test]
async fn every_listed_thing_is_well_described() {
    let server = Server::start(Options::default()).await;
    let session = server.session().await;
    for tools in [session.ask("tools/list", json!({})).await, server.ask("tools/list", json!({})).await] {
        let tools = tools["tools"].as_array().unwrap();
        assert_eq!(tools[0]["name"], "test_simple_text");
        for tool in tools {
            assert!(!tool["description"].as_str().unwrap().is_empty());
            jsonschema::validator_for(&tool["inputSchema"]).unwrap();
        }
    }
    let schema = session.ask("tools/list", json!({})).await["tools"]
        .as_array()
        .unwrap()
        .iter()
        .find(|tool| tool["name"] == "json_schema_2020_12_tool")
        .unwrap()["inputSchema"]
        .clone();
    assert_eq!(schema["$defs"]["address"]["$anchor"], "addressDef");
    for keyword in ["allOf", "if", "then", "else"] {
        assert!(schema.get(keyword).is_some(), "{keyword}");
    }
}

#[tokio::test]
async fn structured_output_obeys_its_schema() {
    let server = Server::start(Options::default()).await;
    let tools = server.ask("tools/list", json!({})).await;
    let tool = tools["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "test_structured_output").unwrap();
    let result = server.tool("test_structured_output", json!({ "location": "Bern" })).await;
    assert!(jsonschema::is_valid(&tool["outputSchema"], &result["structuredContent"]));
    assert_eq!(result["structuredContent"]["location"], "Bern");
    assert_eq!(result["content"][0]["text"], result["structuredContent"].to_string());
}

#[tokio::test]
async fn wrong_calls_are_refused_the_right_way() {
    let server = Server::start(Options::default()).await;
    let session = server.session().await;
    let call = |params: Value| async { reply(server.stateless(1, "tools/call", params)).await };
    assert_eq!(call(json!({ "name": "nope" })).await["error"]["code"], -32602);
    assert_eq!(call(json!({ "name": "test_echo", "arguments": [1] })).await["error"]["code"], -32602);
    let bad = call(json!({ "name": "test_echo", "arguments": { "message": 1 } })).await;
    assert_eq!(bad["result"]["isError"], true);
    let unknown = reply(session.tool(1, "nope", json!({}))).await;
    assert_eq!(unknown["error"]["code"], -32602);
    let bad = reply(session.tool(2, "test_slow", json!({ "seconds": -1 }))).await;
    assert_eq!(bad["result"]["isError"], true);
}

#[tokio::test]
async fn progress_rises_and_carries_its_token() {
    let server = Server::start(Options::default()).await;
    let session = server.session().await;
    let params = json!({ "name": "test_tool_with_progress", "_meta": { "progressToken": "p-1" } });
    let old = Events::open(session.call(3, "tools/call", params)).await.rest().await;
    let meta = json!({ "clientCapabilities": {}, "progressToken": 5 });
    let params = json!({ "name": "test_tool_with_progress" });
    let new = Events::open(server.stateless_with(3, "tools/call", params, meta)).await.rest().await;
    for (messages, token) in [(old, json!("p-1")), (new, json!(5))] {
        let (last, progress) = messages.split_last().unwrap();
        assert_eq!(last["id"], 3);
        let values: Vec<_> = progress.iter().map(|message| message["params"]["progress"].as_f64().unwrap()).collect();
        assert_eq!(values, [0.0, 50.0, 100.0]);
        assert!(progress.iter().all(|message| message["params"]["progressToken"] == token));
    }
}

#[tokio::test]
async fn resources_are_read_or_not_found() {
    let server = Server::start(Options::default()).await;
    let session = server.session().await;
    for uri in ["test://static-text", "test://static-binary", "test://watched-resource", "test://template/123/data"] {
        let read = server.ask("resources/read", json!({ "uri": uri })).await;
        assert_eq!(read["contents"][0]["uri"], uri);
        assert!(read["ttlMs"].is_u64() && read["cacheScope"].is_string());
        let old = session.ask("resources/read", json!({ "uri": uri })).await;
        assert_eq!(old, json!({ "contents": read["contents"] }));
    }
    let uri = "test://nonexistent-resource-for-conformance-testing";
    let new = reply(server.stateless(1, "resources/read", json!({ "uri": uri }))).await;
    assert_eq!((&new["error"]["code"], &new["error"]["data"]["uri"]), (&json!(-32602), &json!(uri)));
    let old = reply(session.call(1, "resources/read", json!({ "uri": uri }))).await;
    assert_eq!((&old["error"]["code"], &old["error"]["data"]["uri"]), (&json!(-32002), &json!(uri)));
}

#[tokio::test]
async fn prompts_take_their_arguments() {
    let server = Server::start(Options::default()).await;
    let get = |params: Value| async { reply(server.stateless(1, "prompts/get", params)).await };
    let arguments = json!({ "arg1": "testValue1", "arg2": "testValue2" });
    let answer = get(json!({ "name": "test_prompt_with_arguments", "arguments": arguments })).await;
    let text = answer["result"]["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(text.contains("testValue1") && text.contains("testValue2"));
    let missing = get(json!({ "name": "test_prompt_with_arguments", "arguments": { "arg1": "a" } })).await;
    assert_eq!(missing["error"]["code"], -32602);
    assert_eq!(get(json!({ "name": "nope" })).await["error"]["code"], -32602);
    let arguments = json!({ "resourceUri": "test://example-resource" });
    let embedded = get(json!({ "name": "test_prompt_with_embedded_resource", "arguments": arguments })).await;
    assert_eq!(embedded["result"]["messages"][0]["content"]["resource"]["uri"], "test://example-resource");
    let image = get(json!({ "name": "test_prompt_with_image" })).await;
    assert_eq!(image["result"]["messages"][0]["content"]["mimeType"], "image/png");
}

#[tokio::test]
async fn completion_is_bounded_and_checked() {
    let server = Server::start(Options::default()).await;
    let prompt = json!({ "type": "ref/prompt", "name": "test_prompt_with_arguments" });
    let argument = json!({ "name": "arg1", "value": "testV" });
    let result = server.ask("completion/complete", json!({ "ref": prompt, "argument": argument })).await;
    assert_eq!(result["completion"]["values"], json!(["testValue1", "testValue2"]));
    let template = json!({ "type": "ref/resource", "uri": "test://template/{id}/data" });
    let all = json!({ "name": "id", "value": "" });
    let result = server.ask("completion/complete", json!({ "ref": template, "argument": all })).await;
    assert_eq!(result["completion"]["values"].as_array().unwrap().len(), 100);
    assert_eq!((&result["completion"]["total"], &result["completion"]["hasMore"]), (&json!(250), &json!(true)));
    for wrong in [
        json!({ "ref": { "type": "ref/prompt", "name": "nope" }, "argument": argument }),
        json!({ "ref": { "type": "ref/other" }, "argument": argument }),
        json!({ "ref": prompt, "argument": { "name": "arg1" } }),
    ] {
        let reply = reply(server.stateless(1, "completion/complete", wrong)).await;
        assert_eq!(reply["error"]["code"], -32602);
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let server = Server::start(Options { page_size: 2, ..Options::default() }).await;
    let session = server.session().await;
    for (method, member) in [
        ("tools/list", "tools"),
        ("resources/list", "resources"),
        ("prompts/list", "prompts"),
        ("resources/templates/list", "resourceTemplates"),
    ] {
        let (mut seen, mut pages) = (Vec::new(), 0);
        let mut params = json!({});
        loop {
            let page = session.ask(method, params).await;
            pages += 1;
            let items = page[member].as_array().unwrap();
            assert!(!items.is_empty(), "{method}");
            seen.extend(items.iter().map(|item| item["name"].to_string()));
            match page.get("nextCursor") {
                Some(cursor) => params = json!({ "cursor": cursor }),
                None => break,
            }
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "{method}");
        // Two items a page, but no more than eight pages.
        assert_eq!(pages, count.div_ceil(count.div_ceil(8).max(2)), "{method}");
        let first = server.ask(method, json!({})).await;
        if let Some(cursor) = first.get("nextCursor") {
            assert!(server.ask(method, json!({ "cursor": cursor })).await["ttlMs"].is_u64());
        }
        for cursor in [json!("bogus"), json!(""), json!(5), json!("MQ.MQ")] {
            let reply = reply(server.stateless(1, method, json!({ "cursor": cursor }))).await;
            assert_eq!(reply["error"]["code"], -32602, "{method} {cursor}");
        }
    }
}
