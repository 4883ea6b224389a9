//! How an actor answers what the server asks, unless the scenario says otherwise: as a conforming client would.

use serde_json::{Map, Value, json};

use crate::scenario::{Actor, ActorAnswer};

/// The `_meta` key that names the task a message belongs to.
const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";
/// Most properties of a requested schema that are filled in.
const MAX_PROPERTIES: usize = 64;

/// The member of a response: `("result", ...)` or `("error", ...)`. None where the actor keeps silent.
pub fn answer(actor: &Actor, method: &str, params: Option<&Value>) -> Option<(&'static str, Value)> {
    match actor.answers.get(method) {
        Some(ActorAnswer::Silence) => None,
        Some(ActorAnswer::Result(result)) => Some(("result", result.clone())),
        Some(ActorAnswer::Error(error)) => Some(("error", error.clone())),
        None => Some(related(conforming(method, params), params)),
    }
}

/// The answer to a question that belongs to a task belongs to it too (2025-11-25, basic/utilities/tasks).
fn related((member, mut value): (&'static str, Value), params: Option<&Value>) -> (&'static str, Value) {
    let task = params.and_then(|params| params.get("_meta")?.get(RELATED_TASK));
    if let (Some(task), "result", Some(result)) = (task, member, value.as_object_mut()) {
        result.insert("_meta".to_owned(), json!({ RELATED_TASK: task }));
    }
    (member, value)
}

/// What a conforming client with every capability answers.
fn conforming(method: &str, params: Option<&Value>) -> (&'static str, Value) {
    let result = match method {
        "ping" => json!({}),
        "sampling/createMessage" => json!({
            "role": "assistant",
            "content": { "type": "text", "text": "This is a test response from the client" },
            "model": "test-model",
            "stopReason": "endTurn",
        }),
        "elicitation/create" => elicited(params),
        "roots/list" => json!({ "roots": [{ "uri": "file:///test/root", "name": "Test Root" }] }),
        other => return ("error", json!({ "code": -32601, "message": format!("the client does not know {other}") })),
    };
    ("result", result)
}

fn elicited(params: Option<&Value>) -> Value {
    if params.and_then(|p| p.get("mode")).and_then(Value::as_str) == Some("url") {
        return json!({ "action": "accept" });
    }
    let properties = params.and_then(|p| p.pointer("/requestedSchema/properties")).and_then(Value::as_object);
    let mut content = Map::new();
    for (name, schema) in properties.into_iter().flatten().take(MAX_PROPERTIES) {
        content.insert(name.clone(), example(name, schema));
    }
    json!({ "action": "accept", "content": content })
}

/// A value that a primitive schema of an elicitation accepts.
fn example(name: &str, schema: &Value) -> Value {
    let part = |pointer: &str| schema.pointer(pointer).cloned();
    if let Some(chosen) = part("/default").or_else(|| part("/enum/0")).or_else(|| part("/oneOf/0/const")) {
        return chosen;
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => json!(true),
        Some("integer" | "number") => part("/minimum").unwrap_or_else(|| json!(1)),
        Some("array") => {
            let item =
                part("/items/enum/0").or_else(|| part("/items/anyOf/0/const")).or_else(|| part("/items/oneOf/0/const"));
            json!(item.into_iter().collect::<Vec<_>>())
        }
        _ => match (name, schema.get("format").and_then(Value::as_str)) {
            (_, Some("email")) | ("email", _) => json!("test@example.com"),
            (_, Some("uri")) => json!("https://example.com/"),
            (_, Some("date")) => json!("2026-01-31"),
            (_, Some("date-time")) => json!("2026-01-31T12:00:00Z"),
            ("username", _) => json!("testuser"),
            ("name", _) => json!("Alice"),
            _ => {
                let least =
                    schema.get("minLength").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
                json!("test".repeat(least.min(1024) / 4 + 1))
            }
        },
    }
}

/// Responses to the `inputRequests` of an `input_required` result, by the same keys.
pub fn input_responses(actor: &Actor, requests: &Value) -> Map<String, Value> {
    let mut responses = Map::new();
    for (key, request) in requests.as_object().into_iter().flatten().take(MAX_PROPERTIES) {
        let method = request.get("method").and_then(Value::as_str).unwrap_or_default();
        if let Some(("result", result)) = answer(actor, method, request.get("params")) {
            responses.insert(key.clone(), result);
        }
    }
    responses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_a_question_of_a_task_names_the_task() {
        let params = json!({ "_meta": { RELATED_TASK: { "taskId": "t" } } });
        let (_, result) = answer(&Actor::default(), "roots/list", Some(&params)).unwrap_or_default();
        assert_eq!(result["_meta"][RELATED_TASK]["taskId"], "t");
        let (_, result) = answer(&Actor::default(), "roots/list", None).unwrap_or_default();
        assert_eq!(result["_meta"], Value::Null);
    }

    #[test]
    fn elicitations_are_answered_within_their_schema() {
        let params = json!({ "requestedSchema": { "type": "object", "properties": {
            "a": { "type": "string", "minLength": 9 }, "b": { "type": "integer", "minimum": 5 },
            "c": { "type": "string", "oneOf": [{ "const": "x", "title": "X" }] },
            "d": { "type": "array", "items": { "enum": ["y"] } }, "e": { "type": "boolean", "default": false },
        } } });
        let answer = elicited(Some(&params));
        assert!(answer["content"]["a"].as_str().is_some_and(|text| text.len() >= 9));
        assert_eq!(answer["content"]["b"], 5);
        assert_eq!(answer["content"]["c"], "x");
        assert_eq!(answer["content"]["d"], json!(["y"]));
        assert_eq!(answer["content"]["e"], false);
    }
}
