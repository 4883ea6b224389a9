//! The forms that tools show to the user.

use serde_json::{Value, json};

pub fn contact() -> Value {
    let string = json!({ "type": "string" });
    json!({
        "type": "object",
        "properties": { "username": string, "email": string },
        "required": ["username", "email"],
    })
}

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
