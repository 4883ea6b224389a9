//! Partial patterns: what a message must at least be.
//!
//! A pattern is JSON. An object is matched by its listed members, a list item by item at equal length, a scalar by
//! equality (numbers by value, so `1` is `1.0`). An object whose keys are operators says more:
//!
//! | operator | matches |
//! |---|---|
//! | `$exists: true` or `false` | where there is something, or nothing |
//! | `$kind: string` (`integer`, `number`, `boolean`, `array`, `object`, `null`) | a value of that kind |
//! | `$equals: value` | exactly that value, with no further members and no operators inside |
//! | `$any_of: [pattern, ...]` | what at least one of the patterns matches |
//! | `$not: pattern` | what the pattern does not match, so also nothing at all |
//! | `$regex: "..."` | a string in which the expression finds something |
//! | `$contains: value` | a string with that part; a list with an item that matches that pattern |
//!
//! Several operators in one object must all match. Keywords of JSON Schema (`$schema`, `$ref`, `$defs`, ...) are members
//! like any other.

use regex::Regex;
use serde_json::{Map, Value};

/// Names that start with a dollar and are no operators, since JSON Schemas occur in messages.
const PLAIN: [&str; 9] =
    ["$schema", "$ref", "$defs", "$id", "$anchor", "$comment", "$dynamicRef", "$dynamicAnchor", "$vocabulary"];
/// Deepest nesting of a pattern.
const MAX_DEPTH: usize = 64;
/// How much of a value a mismatch shows, in characters.
const SHOWN: usize = 200;

/// The first place where a value is not as the pattern wants it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: wanted {wanted}, got {got}", if .path.is_empty() { "the value" } else { .path.as_str() })]
pub struct Mismatch {
    /// Dotted path from the root of the value; empty for the root.
    pub path: String,
    /// What the pattern says there, as JSON, shortened.
    pub wanted: String,
    /// What is there, as JSON, shortened; `nothing` where there is nothing.
    pub got: String,
}

/// Whether the value matches the pattern.
///
/// # Errors
/// The first [`Mismatch`]. A pattern that [`check_pattern`] refuses matches nothing where it is wrong.
pub fn matches(pattern: &Value, value: &Value) -> Result<(), Mismatch> {
    compare(pattern, Some(value), &mut Vec::new())
}

/// Whether this is a well-made pattern: known operators with operands of the right kind, not mixed with members.
///
/// # Errors
/// What is wrong, where, and what to write instead.
pub fn check_pattern(pattern: &Value) -> Result<(), String> {
    check(pattern, 0)
}

fn check(pattern: &Value, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("a pattern is nested more than {MAX_DEPTH} deep: write a shallower one"));
    }
    match pattern {
        Value::Array(items) => items.iter().try_for_each(|item| check(item, depth + 1)),
        Value::Object(members) => {
            let operators = members.keys().filter(|key| is_operator(key)).count();
            if operators == 0 {
                return members.values().try_for_each(|member| check(member, depth + 1));
            }
            if operators < members.len() {
                let names: Vec<_> = members.keys().map(String::as_str).collect();
                return Err(format!("operators and members stand side by side in `{}`: split them", names.join(", ")));
            }
            members.iter().try_for_each(|(name, operand)| check_operator(name, operand, depth + 1))
        }
        _ => Ok(()),
    }
}

fn check_operator(name: &str, operand: &Value, depth: usize) -> Result<(), String> {
    let wants = |kind: &str| Err(format!("`{name}` wants {kind}, not {}", shown(Some(operand))));
    match name {
        "$exists" if !operand.is_boolean() => wants("true or false"),
        "$kind" if operand.as_str().is_none_or(|kind| !KINDS.contains(&kind)) => {
            wants(&format!("one of {}", KINDS.join(", ")))
        }
        "$regex" => match operand.as_str().map(Regex::new) {
            None => wants("a regular expression as a string"),
            Some(Err(error)) => Err(format!("`$regex` is no regular expression: {error}")),
            Some(Ok(_)) => Ok(()),
        },
        "$any_of" => match operand.as_array() {
            Some(patterns) if !patterns.is_empty() => patterns.iter().try_for_each(|pattern| check(pattern, depth)),
            _ => wants("a list of patterns"),
        },
        "$contains" | "$not" => check(operand, depth),
        "$exists" | "$kind" | "$equals" => Ok(()),
        _ => Err(format!(
            "`{name}` is no operator: there are $exists, $kind, $equals, $any_of, $not, $regex, $contains; \
             for a member of that name write the object with $equals"
        )),
    }
}

const KINDS: [&str; 7] = ["string", "integer", "number", "boolean", "array", "object", "null"];

fn is_operator(key: &str) -> bool {
    key.starts_with('$') && !PLAIN.contains(&key)
}

fn compare(pattern: &Value, value: Option<&Value>, path: &mut Vec<String>) -> Result<(), Mismatch> {
    let fits = match (pattern, value) {
        (Value::Object(members), _) if members.keys().any(|key| is_operator(key)) => {
            members.iter().all(|(name, operand)| holds(name, operand, value))
        }
        (Value::Object(members), Some(Value::Object(found))) => {
            return members.iter().try_for_each(|(name, member)| {
                path.push(name.clone());
                compare(member, found.get(name), path)?;
                path.pop();
                Ok(())
            });
        }
        (Value::Array(items), Some(Value::Array(found))) if items.len() == found.len() => {
            return items.iter().zip(found).enumerate().try_for_each(|(at, (item, value))| {
                path.push(at.to_string());
                compare(item, Some(value), path)?;
                path.pop();
                Ok(())
            });
        }
        (Value::Object(_) | Value::Array(_), _) => false,
        (scalar, found) => found.is_some_and(|found| equal(scalar, found)),
    };
    if fits {
        return Ok(());
    }
    Err(Mismatch { path: path.join("."), wanted: shown(Some(pattern)), got: shown(value) })
}

fn holds(operator: &str, operand: &Value, value: Option<&Value>) -> bool {
    let fits = |pattern: &Value, value: Option<&Value>| compare(pattern, value, &mut Vec::new()).is_ok();
    match (operator, operand) {
        ("$exists", Value::Bool(wanted)) => value.is_some() == *wanted,
        ("$kind", Value::String(kind)) => value.is_some_and(|value| is_kind(kind, value)),
        ("$equals", wanted) => value.is_some_and(|value| equal(wanted, value)),
        ("$any_of", Value::Array(patterns)) => patterns.iter().any(|pattern| fits(pattern, value)),
        ("$not", pattern) => !fits(pattern, value),
        ("$regex", Value::String(expression)) => match (Regex::new(expression), value) {
            (Ok(regex), Some(Value::String(text))) => regex.is_match(text),
            _ => false,
        },
        ("$contains", part) => match (part, value) {
            (Value::String(part), Some(Value::String(text))) => text.contains(part),
            (pattern, Some(Value::Array(items))) => items.iter().any(|item| fits(pattern, Some(item))),
            _ => false,
        },
        _ => false,
    }
}

fn is_kind(kind: &str, value: &Value) -> bool {
    match value {
        Value::String(_) => kind == "string",
        Value::Number(number) => {
            kind == "number" || kind == "integer" && number.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        Value::Bool(_) => kind == "boolean",
        Value::Array(_) => kind == "array",
        Value::Object(_) => kind == "object",
        Value::Null => kind == "null",
    }
}

/// Equality of JSON: numbers by value, the order of members does not count.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => one.len() == other.len() && same_members(one, other),
        _ => one == other,
    }
}

fn same_members(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    one.iter().all(|(name, value)| other.get(name).is_some_and(|found| equal(value, found)))
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_match_partially_and_lists_wholly() {
        let value = json!({ "id": 1, "result": { "tools": [{ "name": "a", "size": 2.0 }], "next": null } });
        for pattern in [
            json!({}),
            json!({ "id": 1.0 }),
            json!({ "result": { "tools": [{ "size": 2 }] } }),
            json!({ "result": { "next": null } }),
            json!({ "result": { "gone": { "$exists": false }, "next": { "$exists": true, "$kind": "null" } } }),
            json!({ "result": { "tools": { "$contains": { "name": { "$regex": "^a$" } } } } }),
            json!({ "id": { "$any_of": ["1", { "$kind": "integer" }] } }),
            json!({ "error": { "$not": { "$kind": "object" } } }),
            json!({ "result": { "tools": [{ "$equals": { "size": 2, "name": "a" } }] } }),
        ] {
            assert_eq!(check_pattern(&pattern), Ok(()), "{pattern}");
            assert_eq!(matches(&pattern, &value), Ok(()), "{pattern}");
        }
        for (pattern, path) in [
            (json!([]), ""),
            (json!({ "id": "1" }), "id"),
            (json!({ "id": { "$kind": "string" } }), "id"),
            (json!({ "error": { "code": 1 } }), "error"),
            (json!({ "error": null }), "error"),
            (json!({ "result": { "tools": [] } }), "result.tools"),
            (json!({ "result": { "tools": [{ "name": "b" }] } }), "result.tools.0.name"),
            (json!({ "result": { "tools": [{ "name": { "$contains": "b" } }] } }), "result.tools.0.name"),
            (json!({ "result": { "tools": [{ "$equals": { "name": "a" } }] } }), "result.tools.0"),
            (json!({ "result": { "$exists": false } }), "result"),
        ] {
            assert_eq!(check_pattern(&pattern), Ok(()), "{pattern}");
            assert_eq!(matches(&pattern, &value).map_err(|m| m.path), Err(path.to_owned()), "{pattern}");
        }
    }

    #[test]
    fn a_mismatch_says_what_was_wanted_and_what_came() {
        let told = matches(&json!({ "a": ["x"] }), &json!({ "a": ["y"] })).map_err(|m| m.to_string());
        assert_eq!(told, Err("a.0: wanted \"x\", got \"y\"".to_owned()));
        let told = matches(&json!({ "a": 1 }), &json!({ "b": "é".repeat(900) })).map_err(|m| m.to_string());
        assert_eq!(told, Err("a: wanted 1, got nothing".to_owned()));
        let told = matches(&json!(1), &json!("é".repeat(900))).map_err(|m| m.got.chars().count());
        assert_eq!(told, Err(SHOWN + 1));
    }

    #[test]
    fn bad_patterns_are_refused_when_loaded() {
        for (pattern, hint) in [
            (json!({ "a": [{ "$exits": true }] }), "`$exits` is no operator"),
            (json!({ "$exists": "yes" }), "true or false"),
            (json!({ "$kind": "text" }), "one of string"),
            (json!({ "$regex": "(" }), "no regular expression"),
            (json!({ "$any_of": [] }), "a list of patterns"),
            (json!({ "$not": { "$contains": { "$x": 1 } } }), "`$x` is no operator"),
            (json!({ "$exists": true, "name": "a" }), "side by side"),
        ] {
            let told = check_pattern(&pattern).err().unwrap_or_default();
            assert!(told.contains(hint), "{pattern}: {told}");
        }
        assert_eq!(
            check_pattern(&json!({ "inputSchema": { "$schema": { "$contains": "2020" }, "$ref": "#" } })),
            Ok(())
        );
        let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
        assert!(check_pattern(&deep).is_err_and(|told| told.contains("deep")));
    }
}
