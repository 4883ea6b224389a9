//! Broken rules in plain words.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

/// Longest excerpt of a value in a message, in characters.
const MAX_EXCERPT: usize = 60;
/// Most member names in the excerpt of an object.
const MAX_NAMES: usize = 4;

/// Says where the value is wrong, what came and what had to come. `definition` names the type the rule belongs to.
pub(super) fn explain(error: &ValidationError<'_>, definition: &str) -> String {
    let path = dotted(error.instance_path().as_str());
    let at = if path.is_empty() { "the message" } else { &path };
    let value = error.instance();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let dot = if path.is_empty() { "" } else { "." };
            format!("{path}{dot}{name}: missing; every {definition} needs it")
        }
        ValidationErrorKind::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(many) => {
                    let names: Vec<_> = many.iter().map(|one| one.to_string()).collect();
                    names.join(" or ")
                }
            };
            format!("{at}: {} came, where {wanted} is wanted", excerpt(value))
        }
        ValidationErrorKind::Constant { expected_value } => {
            format!("{at}: {} came, where only {} is allowed", excerpt(value), excerpt(expected_value))
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<_> = options.as_array().into_iter().flatten().map(excerpt).collect();
            format!("{at}: {} is none of {}", excerpt(value), options.join(", "))
        }
        ValidationErrorKind::Minimum { limit } => {
            format!("{at}: {} is less than the least allowed, {limit}", excerpt(value))
        }
        ValidationErrorKind::Maximum { limit } => {
            format!("{at}: {} is more than the most allowed, {limit}", excerpt(value))
        }
        ValidationErrorKind::MinItems { limit } => {
            format!("{at}: {} is too few; at least {limit} is wanted", excerpt(value))
        }
        ValidationErrorKind::MaxItems { limit } => {
            let count = value.as_array().map_or(0, Vec::len);
            format!("{at}: {count} items came, at most {limit} are allowed")
        }
        ValidationErrorKind::Not { .. } => format!("{at}: {} is not allowed here", excerpt(value)),
        _ => format!("{at}: {}", error.masked_with(excerpt(value))),
    }
}

/// A JSON Pointer as people write paths: `result.tools[2].name`.
fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        if !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{segment}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&segment);
        }
    }
    path
}

/// A value in few words. Control characters in strings come out escaped.
fn excerpt(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let short: String = text.chars().take(MAX_EXCERPT).collect();
            let more = if short.len() < text.len() { "..." } else { "" };
            format!("{}{more}", Value::String(short))
        }
        Value::Array(items) => match items.len() {
            0 => "an empty array".to_owned(),
            1 => "an array of 1 item".to_owned(),
            count => format!("an array of {count} items"),
        },
        Value::Object(members) if members.is_empty() => "an object without members".to_owned(),
        Value::Object(members) => {
            let names = members.keys().take(MAX_NAMES);
            let names: Vec<_> = names.map(|name| excerpt(&Value::from(name.as_str()))).collect();
            let more = if members.len() > MAX_NAMES { ", ..." } else { "" };
            format!("an object with {}{more}", names.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pointers_become_paths() {
        assert_eq!(dotted("/result/tools/2/a~1b~0c"), "result.tools[2].a/b~c");
        assert_eq!(dotted(""), "");
    }

    #[test]
    fn excerpts_are_short_and_without_control_characters() {
        assert_eq!(excerpt(&json!("a\u{0}b")), r#""a\u0000b""#);
        assert!(excerpt(&json!("é".repeat(10_000))).chars().count() < MAX_EXCERPT + 6);
        assert_eq!(excerpt(&json!({"a": 1, "b": 2})), r#"an object with "a", "b""#);
        assert_eq!(excerpt(&json!([1, 2])), "an array of 2 items");
        assert_eq!(excerpt(&json!(-0.5)), "-0.5");
    }
}
