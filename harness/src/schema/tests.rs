//! Tests of the embedded schemas through the public interface.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use serde_json::{Value, json};

use super::{Schemas, Sender, Subject, Validity};
use crate::revision::Revision::{self, V2024_11_05, V2025_03_26, V2025_06_18, V2025_11_25, V2026_07_28};

fn result(revision: Revision, of_method: &str, result: &Value) -> Validity {
    let message = json!({"jsonrpc": "2.0", "id": 1, "result": result});
    let subject = Subject::Result { from: Sender::Server, of_method };
    Schemas::embedded().check(revision, subject, &message)
}

fn tools(tools: &Value) -> Value {
    json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "public", "tools": tools})
}

fn messages(validity: &Validity) -> Vec<&str> {
    assert!(validity.known);
    let texts = validity.violations.iter().map(|violation| violation.message.as_str());
    texts.collect()
}

#[test]
fn every_definition_compiles_and_every_method_leads_to_one() {
    for revision in Revision::ALL {
        let file = Schemas::embedded().whole(revision);
        for definition in file["$defs"].as_object().unwrap().keys() {
            let validity = Schemas::embedded().check(revision, Subject::Definition(definition), &json!(null));
            assert!(validity.known, "{revision}: {definition}");
        }
        for side in ["client", "server"] {
            let methods = &file["x-methods"][side];
            for (method, names) in methods["requests"].as_object().unwrap() {
                let request = names["request"].as_str().unwrap();
                assert_eq!(file["$defs"][request]["properties"]["method"]["const"], json!(method));
                let response = names["response"].as_str().unwrap();
                assert!(file["$defs"][response].is_object(), "{revision}: {response}");
            }
            for (method, name) in methods["notifications"].as_object().unwrap() {
                let name = name.as_str().unwrap();
                assert_eq!(file["$defs"][name]["properties"]["method"]["const"], json!(method));
            }
        }
    }
}

#[test]
fn unions_and_methods_name_the_same_messages() {
    for revision in Revision::ALL {
        let file = Schemas::embedded().whole(revision);
        for (side, kind, union) in [
            ("client", "requests", "ClientRequest"),
            ("client", "notifications", "ClientNotification"),
            ("server", "requests", "ServerRequest"),
            ("server", "notifications", "ServerNotification"),
        ] {
            let methods = file["x-methods"][side][kind].as_object().unwrap();
            let Some(known) = file["$defs"].get(union) else {
                assert!(methods.is_empty(), "{revision}: {union} is missing");
                continue;
            };
            let known: Vec<String> = serde_json::from_value(known["properties"]["method"]["enum"].clone()).unwrap();
            let listed: Vec<_> = methods.keys().cloned().collect();
            assert_eq!(known, listed, "{revision}: {union}");
        }
    }
}

#[test]
fn an_error_names_the_one_thing_wrong() {
    for (wrong, message) in [
        (json!([{"inputSchema": {"type": "object"}}]), "result.tools[0].name: missing; every Tool needs it"),
        (
            json!([{"name": 5, "inputSchema": {"type": "object"}}]),
            "result.tools[0].name: 5 came, where string is wanted",
        ),
        (
            json!([{"name": "a", "inputSchema": {"type": "array"}}]),
            r#"result.tools[0].inputSchema.type: "array" came, where only "object" is allowed"#,
        ),
        (json!({"a": 1}), r#"result.tools: an object with "a" came, where array is wanted"#),
    ] {
        assert_eq!(messages(&result(V2026_07_28, "tools/list", &tools(&wrong))), [message]);
    }
    let mut list = tools(&json!([]));
    list["ttlMs"] = json!(-1);
    list["cacheScope"] = json!("mine");
    let mut found = result(V2026_07_28, "tools/list", &list);
    found.violations.sort_by(|one, other| one.path.cmp(&other.path));
    assert_eq!(
        messages(&found),
        [
            r#"result.cacheScope: "mine" is none of "public", "private""#,
            "result.ttlMs: -1 is less than the least allowed, 0"
        ]
    );
    let content = json!({"resultType": "complete", "content": [{"type": "vidéo\u{1b}"}]});
    assert_eq!(
        messages(&result(V2026_07_28, "tools/call", &content)),
        [r#"result.content[0].type: "vidéo\u001b" is none of "text", "image", "audio", "resource_link", "resource""#]
    );
}

#[test]
fn a_violation_carries_path_rule_and_requirement() {
    let found = result(V2026_07_28, "tools/list", &tools(&json!([{"inputSchema": {"type": "object"}}])));
    let [violation] = found.violations.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(violation.path, "/result/tools/0");
    assert_eq!(violation.rule, "/$defs/Tool/required/name");
    assert_eq!(violation.requirement, ["tools.list-shape"]);
    // No requirement of its own: the general one.
    let titled = json!([{"name": "a", "title": 1, "inputSchema": {"type": "object"}}]);
    let found = result(V2026_07_28, "tools/list", &tools(&titled));
    assert_eq!(found.violations.first().unwrap().requirement, ["base.message-shape"]);
}

#[test]
fn the_same_rule_made_twice_is_one_violation() {
    let message = json!({"jsonrpc": "2.0", "id": 1, "result": null});
    let subject = Subject::Result { from: Sender::Server, of_method: "tools/list" };
    let found = Schemas::embedded().check(V2025_11_25, subject, &message);
    assert_eq!(messages(&found), ["result: null came, where object is wanted"]);
    assert_eq!(found.violations.first().unwrap().requirement, ["base.result-is-object"]);
}

#[test]
fn only_what_was_met_counts_as_exercised() {
    let exercised = |value: &Value| result(V2026_07_28, "tools/list", value).exercised;
    let has = |value: &Value, id: &str| exercised(value).iter().any(|found| found == id);
    let none = tools(&json!([]));
    let one = tools(&json!([{"name": "a", "inputSchema": {"type": "object"}, "annotations": {}}]));
    assert!(has(&none, "cache.ttl-not-negative") && has(&none, "base.jsonrpc-member"));
    assert!(!has(&none, "tools.input-schema-root-object") && !has(&none, "tools.annotations-shape"));
    assert!(has(&one, "tools.input-schema-root-object") && has(&one, "tools.annotations-shape"));
    // A minimum says nothing about text, and nothing about a member that is not there.
    let mut text = none.clone();
    text["ttlMs"] = json!("soon");
    assert!(has(&text, "cache.ttl-integer") && !has(&text, "cache.ttl-not-negative"));
    text.as_object_mut().unwrap().remove("ttlMs");
    assert!(!has(&text, "cache.ttl-integer") && has(&text, "cache.hints-tools-list"));
    // Broken rules count as well.
    assert!(has(&tools(&json!(5)), "tools.list-shape"));
}

#[test]
fn the_result_type_selects_the_shape() {
    let call = |value: &Value| result(V2026_07_28, "tools/call", value);
    assert!(call(&json!({"resultType": "complete", "content": []})).is_valid());
    assert!(!call(&json!({"resultType": "complete"})).is_valid());
    assert!(call(&json!({"resultType": "input_required", "requestState": "s"})).is_valid());
    assert!(!call(&json!({"resultType": "input_required", "inputRequests": {"a": {"method": "ping"}}})).is_valid());
    // Of an extension's type we know no more than that it is a result.
    assert!(call(&json!({"resultType": "task", "taskId": "1"})).is_valid());
    // Without a type it is judged as complete, as clients have to, and the type is missed.
    let untyped = call(&json!({"content": [{"type": "text"}]}));
    let mut found = messages(&untyped);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "result.content[0].text: missing; every TextContent needs it",
            "result.resultType: missing; every Result needs it"
        ]
    );
}

#[test]
fn a_task_may_stand_for_a_result_of_2025_11_25() {
    let task = json!({"taskId": "1", "status": "working", "createdAt": "", "lastUpdatedAt": "", "ttl": null});
    assert!(result(V2025_11_25, "tools/call", &json!({"task": task})).is_valid());
    let broken = result(V2025_11_25, "tools/call", &json!({"task": {}}));
    assert!(messages(&broken).contains(&"result.task.taskId: missing; every Task needs it"));
}

#[test]
fn some_error_codes_demand_data() {
    let error = |code: i64, data: &Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": "m", "data": data}});
        Schemas::embedded().check(V2026_07_28, Subject::Error, &message)
    };
    assert!(error(-32603, &json!(null)).is_valid());
    assert!(error(-32022, &json!({"supported": ["2026-07-28"], "requested": "1"})).is_valid());
    let found = error(-32022, &json!({"supported": []}));
    assert_eq!(found.violations.len(), 1);
    assert_eq!(found.violations.first().unwrap().requirement, ["version.unsupported-error-requested"]);
    let found = error(-32021, &json!({}));
    assert_eq!(found.violations.first().unwrap().requirement, ["caps.missing-capability-data"]);
}

#[test]
fn a_null_id_is_one_violation_of_its_own_requirement() {
    let error = |revision: Revision, id: &Value| {
        let message = json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32700, "message": "m"}});
        let found = Schemas::embedded().check(revision, Subject::Error, &message);
        let ids = found.violations.into_iter().flat_map(|violation| violation.requirement);
        ids.collect::<Vec<_>>()
    };
    for revision in Revision::ALL {
        // The specification contradicts itself about it in errors, so nothing else may fail for it.
        let disputed = match revision >= V2025_11_25 {
            true => "base.error-id-never-null",
            false => "base.error-id-always-present",
        };
        assert_eq!(error(revision, &json!(null)), [disputed]);
        let unnumbered = json!({"jsonrpc": "2.0", "error": {"code": -32700, "message": "m"}});
        let found = Schemas::embedded().check(revision, Subject::Error, &unnumbered);
        let missed: Vec<_> = found.violations.iter().flat_map(|violation| &violation.requirement).collect();
        assert!(missed.iter().all(|id| *id == disputed), "{revision}: {missed:?}");
        assert_eq!(missed.is_empty(), revision >= V2025_11_25, "{revision}");
        assert_eq!(error(revision, &json!({})), ["base.message-shape"]);
        assert!(error(revision, &json!(1)).is_empty() && error(revision, &json!("1")).is_empty());
        let request = json!({"jsonrpc": "2.0", "id": null, "method": "ping"});
        let found = Schemas::embedded().check(revision, Subject::Definition("JSONRPCRequest"), &request);
        assert_eq!(found.violations.first().unwrap().requirement, ["base.request-id-not-null"]);
    }
}

#[test]
fn direction_and_revision_decide_what_is_known() {
    let known = |revision, subject| Schemas::embedded().check(revision, subject, &json!({})).known;
    let request = |from, method| Subject::Request { from, method };
    assert!(known(V2025_11_25, request(Sender::Server, "sampling/createMessage")));
    assert!(!known(V2025_11_25, request(Sender::Client, "sampling/createMessage")));
    assert!(!known(V2026_07_28, request(Sender::Server, "sampling/createMessage")));
    assert!(!known(V2026_07_28, request(Sender::Client, "ping")));
    assert!(known(Revision::Draft, request(Sender::Client, "server/discover")));
    assert!(known(V2025_06_18, request(Sender::Server, "elicitation/create")));
    assert!(!known(V2025_03_26, request(Sender::Server, "elicitation/create")));
    assert!(!known(V2025_06_18, request(Sender::Client, "tasks/list")));
    let answer = Subject::Result { from: Sender::Client, of_method: "roots/list" };
    assert!(known(V2025_11_25, answer));
    let note = |from| Subject::Notification { from, method: "notifications/message" };
    assert!(known(V2026_07_28, note(Sender::Server)) && !known(V2026_07_28, note(Sender::Client)));
    assert!(!known(V2026_07_28, Subject::Definition("Task")));
}

#[test]
fn each_revision_judges_by_its_own_rules() {
    let call = |revision, content: &Value| result(revision, "tools/call", &json!({"content": [content]}));
    let audio = json!({"type": "audio", "data": "", "mimeType": "audio/wav"});
    let link = json!({"type": "resource_link", "name": "a", "uri": "file:///a"});
    assert_eq!(
        messages(&call(V2024_11_05, &audio)),
        [r#"result.content[0].type: "audio" is none of "text", "image", "resource""#]
    );
    assert_eq!(
        messages(&call(V2025_03_26, &link)),
        [r#"result.content[0].type: "resource_link" is none of "text", "image", "audio", "resource""#]
    );
    assert!(call(V2025_03_26, &audio).is_valid() && call(V2025_06_18, &link).is_valid());
    // What a revision does not know is an unknown member, which may be anything.
    let titled = json!([{"name": "a", "title": 5, "inputSchema": {"type": "object"}}]);
    assert!(result(V2025_03_26, "tools/list", &json!({"tools": titled})).is_valid());
    assert!(!result(V2025_06_18, "tools/list", &json!({"tools": titled})).is_valid());
    let progress = |revision, message: &Value| {
        let params = json!({"progressToken": 1, "progress": 1, "message": message});
        let message = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params});
        let subject = Subject::Notification { from: Sender::Server, method: "notifications/progress" };
        Schemas::embedded().check(revision, subject, &message)
    };
    assert!(progress(V2024_11_05, &json!(5)).is_valid());
    assert_eq!(progress(V2025_03_26, &json!(5)).violations.first().unwrap().requirement, ["progress.params-shape"]);
}

#[test]
fn a_message_is_judged_with_its_envelope_in_every_revision() {
    for revision in Revision::ALL {
        let request = |message: Value| {
            let definition = Subject::Definition("CallToolRequest");
            let found = Schemas::embedded().check(revision, definition, &message);
            let ids = found.violations.into_iter().flat_map(|violation| violation.requirement);
            ids.collect::<Vec<_>>()
        };
        let params = json!({"name": "a", "_meta": {}});
        let unnumbered = request(json!({"jsonrpc": "2.0", "method": "tools/call", "params": params}));
        assert!(unnumbered.contains(&"base.request-id-present".to_owned()), "{revision}: {unnumbered:?}");
        let listed = request(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ["a"]}));
        assert_eq!(listed, ["base.params-is-object"], "{revision}");
    }
}

#[test]
fn a_batch_is_a_message_of_2025_03_26_alone() {
    let check =
        |revision, message: &Value| Schemas::embedded().check(revision, Subject::Definition("JSONRPCMessage"), message);
    let one = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": {}});
    let refusal = json!({"jsonrpc": "2.0", "id": 2, "error": {"code": -32601, "message": "m"}});
    for batch in [json!([one, note]), json!([answer, refusal])] {
        assert!(check(V2025_03_26, &batch).is_valid(), "{batch}");
        for other in [V2024_11_05, V2025_06_18, V2025_11_25, V2026_07_28] {
            assert!(!check(other, &batch).is_valid(), "{other}: {batch}");
        }
    }
    assert_eq!(
        messages(&check(V2025_03_26, &json!([one, answer]))),
        ["[1].method: missing; every JSONRPCRequest needs it"]
    );
    assert_eq!(
        messages(&check(V2025_03_26, &json!([]))),
        ["the message: an empty array is too few; at least 1 is wanted"]
    );
    assert_eq!(
        messages(&check(V2025_03_26, &json!([{"jsonrpc": "2.0", "id": 1}]))),
        ["[0].result: missing; every JSONRPCResultResponse needs it"]
    );
}

#[test]
fn hostile_amounts_of_errors_stay_bounded() {
    let many = |count: usize| result(V2025_11_25, "tools/list", &json!({"tools": vec![1; count]}));
    assert_eq!(many(1_000).violations.len(), Validity::MAX_VIOLATIONS);
    assert_eq!(many(200_000).violations.len(), 1);
}
