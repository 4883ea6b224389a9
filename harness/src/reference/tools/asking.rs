//! Tools that send requests to the client (2025-11-25).

use serde_json::{Value, json};

use super::content::{error, text_result};
use super::tool::{Request, Tool};
use crate::reference::Switch;
use crate::reference::core::Revision;
use crate::reference::mrtr::{form, message, root_uris, sampled_text};
use crate::reference::rpc::Answer;

pub(super) fn tools() -> Vec<Tool> {
    let one_text = |name: &str, description: &str| {
        json!({
            "type": "object",
            "properties": { name: { "type": "string", "description": description } },
            "required": [name],
            "additionalProperties": false,
        })
    };
    let tool = |name, description: &str| Tool::new(name, description).until(Revision::V2025_11_25);
    vec![
        tool("test_sampling", "Lets the client's model answer a prompt.")
            .takes(one_text("prompt", "What to ask the model"))
            .runs(|request| async move {
                let mut params = message(request.text("prompt"), 100);
                // A model may take its time. No two calls at work have the same id.
                params["_meta"] = json!({ "progressToken": format!("sampling-{}", request.call.id) });
                Ok(match ask(&request, "sampling", "sampling/createMessage", params).await {
                    Ok(result) => match sampled_text(&result) {
                        Some(text) => text_result(&format!("LLM response: {text}")),
                        None => error("the answer of the model has no content that can be read"),
                    },
                    Err(reason) => error(&reason),
                })
            }),
        tool("test_elicitation", "Asks the user for a name and an address.")
            .since(Revision::V2025_06_18)
            .takes(one_text("message", "What to tell the user"))
            .runs(|request| async move {
                let properties = json!({
                    "username": { "type": "string", "description": "Your name" },
                    "email": { "type": "string", "description": "Your e-mail address" },
                });
                let message = request.text("message");
                elicit(&request, form(message, &properties, &["username", "email"]), "User response:").await
            }),
        tool("test_elicitation_sep1034_defaults", "Asks the user with a default for every type of field.")
            .since(Revision::V2025_11_25)
            .runs(|request| async move {
                elicit(&request, form("Check these values", &defaults(), &[]), "Elicitation completed:").await
            }),
        tool("test_elicitation_sep1330_enums", "Asks the user with every form of choice.")
            .since(Revision::V2025_11_25)
            .runs(|request| async move {
                elicit(&request, form("Choose", &choices(), &[]), "Elicitation completed:").await
            }),
        tool("test_list_roots", "Asks the client for its roots.").read_only().runs(|request| async move {
            Ok(match ask(&request, "roots", "roots/list", json!({})).await {
                Ok(result) => text_result(&format!("Roots: {}", root_uris(&result).unwrap_or_default().join(", "))),
                Err(reason) => error(&reason),
            })
        }),
    ]
}

async fn elicit(request: &Request, mut params: Value, prefix: &str) -> Answer {
    if let Some(params) = params.as_object_mut().filter(|_| request.call.revision < Revision::V2025_11_25) {
        // There is only the one mode, and no name for it.
        params.remove("mode");
    }
    let schema = params.get("requestedSchema").cloned().unwrap_or_default();
    Ok(match ask(request, "elicitation", "elicitation/create", params).await {
        Ok(result) if !fits(&result, &schema) => error("the answer does not fit the form"),
        Ok(result) => {
            let action = result.get("action").and_then(Value::as_str).unwrap_or("none");
            let content = result.get("content").unwrap_or(&Value::Null);
            text_result(&format!("{prefix} action={action}, content={content}"))
        }
        Err(reason) => error(&reason),
    })
}

/// Whether what the user entered is what the form asked for; one who does not accept enters nothing.
fn fits(result: &Value, schema: &Value) -> bool {
    let accepted = result.get("action").and_then(Value::as_str) == Some("accept");
    let content = result.get("content").unwrap_or(&Value::Null);
    !accepted || jsonschema::validator_for(schema).is_ok_and(|form| form.is_valid(content))
}

/// Asks the user for these properties.
pub(super) async fn question(
    request: &Request,
    message: &str,
    properties: &Value,
    required: &[&str],
) -> Result<Value, String> {
    ask(request, "elicitation", "elicitation/create", form(message, properties, required)).await
}

/// Asks the client, if it declared the capability and is ready for questions. `Err` says why there is no answer.
pub(super) async fn ask(request: &Request, capability: &str, method: &str, params: Value) -> Result<Value, String> {
    let call = &request.call;
    let session = call.session.as_ref().ok_or("there is no session to ask the client in")?;
    let anyone = call.server.has(Switch::AsksUndeclaredCapability) || call.server.faults.asks_anyone();
    if !call.declares(capability) && !anyone {
        return Err(format!("the client does not support {capability}"));
    }
    let ready = session.initialized().await.map_err(|error| error.to_string())?;
    if !ready && !call.server.has(Switch::AsksBeforeInitialized) {
        return Err("the client has not sent notifications/initialized yet".to_owned());
    }
    session.ask(&call.outbox, method, params, call.server.options.client_deadline).await
}

fn defaults() -> Value {
    json!({
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "default": true },
    })
}

fn choices() -> Value {
    let titled = |choices: &[(&str, &str)]| -> Value {
        choices.iter().map(|(value, title)| json!({ "const": value, "title": title })).collect()
    };
    let single = titled(&[("value1", "First Option"), ("value2", "Second Option"), ("value3", "Third Option")]);
    let multiple = titled(&[("value1", "First Choice"), ("value2", "Second Choice"), ("value3", "Third Choice")]);
    json!({
        "untitledSingle": { "type": "string", "enum": ["option1", "option2", "option3"] },
        "titledSingle": { "type": "string", "oneOf": single },
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {
            "type": "array",
            "items": { "type": "string", "enum": ["option1", "option2", "option3"] },
        },
        "titledMulti": { "type": "array", "items": { "anyOf": multiple } },
    })
}
