//! What is asked of the client: in requests of our own, and in results that want input (2026-07-28).

use rmcp::ErrorData;
use rmcp::model::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Context, typed};

/// A form of one field.
pub struct Form<'a> {
    pub key: &'a str,
    pub message: &'a str,
    pub field: &'a str,
    pub kind: &'a str,
}

pub const NAME: Form = Form { key: "user_name", message: "What is your name?", field: "name", kind: "string" };

impl Form<'_> {
    /// The question; an error for a client that shows no forms.
    pub fn question(&self, context: &Context) -> Result<InputRequest, ErrorData> {
        needs(context, json!({ "elicitation": { "form": {} } }))?;
        let schema =
            json!({ "type": "object", "properties": { self.field: { "type": self.kind } }, "required": [self.field] });
        let params = json!({ "mode": "form", "message": self.message, "requestedSchema": schema });
        Ok(InputRequest::Elicitation(ElicitRequest::new(typed(params))))
    }

    /// What the user entered, if that is of the right kind.
    pub fn entered(&self, responses: &Option<InputResponses>) -> Option<Value> {
        let answer = responses.as_ref()?.get(self.key)?;
        let entered = &answer["content"][self.field];
        let fits = if self.kind == "boolean" { entered.is_boolean() } else { entered.is_string() };
        (answer["action"] == "accept" && fits).then(|| entered.clone())
    }
}

/// An error unless the client declares this much; of elicitation, `{}` stands for forms.
pub fn needs(context: &Context, required: Value) -> Result<(), ErrorData> {
    let declared = json!(context.client_capabilities());
    let lacks = |(name, modes): (&String, &Value)| {
        let own = &declared[name];
        let forms = name == "elicitation" && *own == json!({}) && modes.get("form").is_some();
        own.is_null() || !forms && modes.as_object().is_some_and(|modes| modes.keys().any(|mode| own[mode].is_null()))
    };
    if required.as_object().is_some_and(|required| required.iter().any(lacks)) {
        return Err(ErrorData::missing_required_client_capability(typed(required)));
    }
    Ok(())
}

pub fn sampling(prompt: &str, most: u32) -> CreateMessageRequestParams {
    CreateMessageRequestParams::new(vec![SamplingMessage::user_text(prompt)], most)
}

pub fn sample(prompt: &str, most: u32) -> InputRequest {
    InputRequest::CreateMessage(CreateMessageRequest::new(sampling(prompt, most)))
}

pub fn roots() -> InputRequest {
    InputRequest::ListRoots(ListRootsRequest::default())
}

/// What `test_elicitation` asks for; the SDK makes the form of it and reads the answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    username: String,
    email: String,
}

rmcp::elicit_safe!(Contact);

pub fn defaults() -> Value {
    json!({ "type": "object", "properties": {
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "default": true },
    } })
}

pub fn enums() -> Value {
    let plain = ["option1", "option2", "option3"];
    let titled = |titles: [&str; 3]| -> Vec<Value> {
        (1..).zip(titles).map(|(n, title)| json!({ "const": format!("value{n}"), "title": title })).collect()
    };
    json!({ "type": "object", "properties": {
        "untitledSingle": { "type": "string", "enum": plain },
        "titledSingle": { "type": "string", "oneOf": titled(["First Option", "Second Option", "Third Option"]) },
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": plain } },
        "titledMulti": {
            "type": "array",
            "items": { "anyOf": titled(["First Choice", "Second Choice", "Third Choice"]) },
        },
    } })
}
