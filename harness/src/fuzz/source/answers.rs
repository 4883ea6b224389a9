//! Answers to what a server asks in the midst of a call that are not the one that it hopes for.

use serde_json::{Map, Value, json};

/// Properties of a form that are filled in wrongly.
const MAX_PROPERTIES: usize = 64;

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// What it is called.
    pub(super) name: &'static str,
    /// The member that says it: `result` or `error`.
    pub(super) members: Value,
    /// It is tried with every tool: what becomes of it is up to the tool more than to what reads messages.
    pub(super) is_common: bool,
    /// It is no message of the protocol: a server may go on waiting for one.
    pub(super) may_be_ignored: bool,
}

/// All that are tried for a question.
pub(super) fn unfit(method: &str, request: &Value) -> Vec<Answer> {
    let refused = |name, code: i64, message: &str| Answer {
        name,
        members: json!({ "error": { "code": code, "message": message } }),
        is_common: true,
        may_be_ignored: false,
    };
    let mut all = vec![
        refused("rejection", -1, "User rejected the request"),
        refused("error-answer", -32603, "Internal error"),
        Answer { name: "null-answer", members: json!({ "result": null }), is_common: false, may_be_ignored: true },
    ];
    let of_method = match method {
        "sampling/createMessage" => sampled(),
        "roots/list" => roots(),
        _ => elicited(request),
    };
    let made = of_method.into_iter().enumerate().map(|(number, (name, result))| Answer {
        name,
        members: json!({ "result": result }),
        // The first ones of each are what a tool has to look at itself.
        is_common: number < COMMON,
        may_be_ignored: false,
    });
    all.extend(made);
    all
}

/// So many results of a kind are tried with every tool.
const COMMON: usize = 3;

fn sampled() -> Vec<(&'static str, Value)> {
    let with = |name: &str, value: Value| {
        let mut all = json!({ "role": "assistant", "model": "assay", "content": { "type": "text", "text": "assay" } });
        all[name] = value;
        all
    };
    vec![
        ("empty-answer", json!({})),
        ("unknown-content-type", with("content", json!({ "type": "assay-hologram", "data": "" }))),
        ("no-content", json!({ "role": "assistant", "model": "assay" })),
        ("null-content", with("content", Value::Null)),
        ("no-text", with("content", json!({ "type": "text" }))),
        ("no-base64", with("content", json!({ "type": "image", "data": "%", "mimeType": "image/png" }))),
        ("unknown-role", with("role", json!("assay"))),
        ("model-no-text", with("model", json!(7))),
    ]
}

fn roots() -> Vec<(&'static str, Value)> {
    vec![
        ("empty-answer", json!({})),
        ("root-without-uri", json!({ "roots": [{ "name": "assay" }] })),
        ("root-of-no-uri", json!({ "roots": [{ "uri": "\u{0}: no uri" }] })),
        ("null-roots", json!({ "roots": null })),
        ("roots-no-list", json!({ "roots": "assay" })),
        ("root-no-object", json!({ "roots": [7] })),
    ]
}

fn elicited(request: &Value) -> Vec<(&'static str, Value)> {
    let properties = request.pointer("/params/requestedSchema/properties").and_then(Value::as_object);
    let wrong = |(name, _): (&String, &Value)| (name.clone(), json!({ "assay": [] }));
    let wrong: Map<String, Value> = properties.into_iter().flatten().take(MAX_PROPERTIES).map(wrong).collect();
    vec![
        ("decline", json!({ "action": "decline" })),
        ("cancel", json!({ "action": "cancel" })),
        ("unfit-content", json!({ "action": "accept", "content": wrong })),
        ("no-content", json!({ "action": "accept" })),
        ("empty-answer", json!({})),
        ("null-content", json!({ "action": "accept", "content": null })),
        ("content-no-object", json!({ "action": "accept", "content": ["assay"] })),
        ("unknown-action", json!({ "action": "assay" })),
    ]
}
