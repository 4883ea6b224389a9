//! Tools that answer at once.

use serde_json::{Value, json};

use super::content::{PNG, WAV, error, image, result, text, text_result};
use super::tool::Tool;
use crate::reference::core::Revision;

pub(super) fn tools() -> Vec<Tool> {
    let resource = |uri: &str, mime: &str, body: &str| json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime, "text": body } });
    let fixed = |tool: Tool, answer: Value| {
        tool.read_only().runs(move |_| {
            let answer = answer.clone();
            async move { Ok(answer) }
        })
    };
    vec![
        fixed(
            Tool::new("test_simple_text", "Returns one text.").with(
                "icons",
                json!([{ "src": format!("data:image/png;base64,{PNG}"), "mimeType": "image/png", "sizes": ["1x1"] }]),
            ),
            text_result("This is a simple text response for testing."),
        ),
        Tool::new("test_echo", "Returns the message it is given.")
            .read_only()
            .takes(json!({
                "type": "object",
                "properties": { "message": { "type": "string", "description": "What to return", "maxLength": 65536 } },
                "required": ["message"],
                "additionalProperties": false,
            }))
            .runs(|request| async move { Ok(text_result(request.text("message"))) }),
        fixed(Tool::new("test_image_content", "Returns an image."), result(vec![image(PNG)])),
        fixed(
            Tool::new("test_audio_content", "Returns a sound.").since(Revision::V2025_03_26),
            result(vec![json!({ "type": "audio", "data": WAV, "mimeType": "audio/wav" })]),
        ),
        fixed(
            Tool::new("test_embedded_resource", "Returns a resource with its content."),
            result(vec![resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")]),
        ),
        fixed(
            Tool::new("test_multiple_content_types", "Returns a text, an image and a resource."),
            result(vec![
                text("Multiple content types test:"),
                image(PNG),
                resource("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
            ]),
        ),
        fixed(
            Tool::new("test_error_handling", "Always fails."),
            error("This tool intentionally returns an error for testing"),
        ),
        structured(),
        fixed(
            Tool::new("json_schema_2020_12_tool", "Has an input schema with keywords of JSON Schema 2020-12.")
                .since(Revision::V2025_11_25)
                .takes(keywords()),
            text_result("The arguments are valid."),
        ),
        // Without `$schema`; before 2020-12 these keywords meant nothing, and `items` forbade every item.
        fixed(
            Tool::new("test_tuple", "Takes a pair: a name and a count.").since(Revision::V2025_11_25).takes(json!({
                "type": "object",
                "properties": {
                    "pair": {
                        "type": "array",
                        "prefixItems": [{ "type": "string" }, { "type": "integer" }],
                        "items": false,
                        "minItems": 2,
                    },
                },
                "required": ["pair"],
                "additionalProperties": false,
            })),
            text_result("This is a pair."),
        ),
    ]
}

fn structured() -> Tool {
    Tool::new("test_structured_output", "Returns made-up weather as structured content.")
        .since(Revision::V2025_06_18)
        .read_only()
        .takes(json!({
            "type": "object",
            "properties": { "location": { "type": "string", "description": "Where; anything will do" } },
            "additionalProperties": false,
        }))
        .with(
            "outputSchema",
            json!({
                "type": "object",
                "properties": {
                    "location": { "type": "string" },
                    "temperature": { "type": "number", "description": "In degrees Celsius" },
                    "conditions": { "type": "string" },
                },
                "required": ["location", "temperature", "conditions"],
            }),
        )
        .runs(|request| async move {
            let location = request.arguments.get("location").and_then(Value::as_str).unwrap_or("Nowhere");
            let weather = json!({ "location": location, "temperature": 22.5, "conditions": "Partly cloudy" });
            Ok(json!({ "content": [text(&weather.to_string())], "structuredContent": weather }))
        })
}

fn keywords() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}
