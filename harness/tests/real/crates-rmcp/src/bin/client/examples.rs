//! Values that a JSON Schema allows, as far as the schemas of tools and forms usually go.

use serde_json::{Map, Value, json};

const DEPTH: usize = 5;

/// What a `$ref` within the same schema stands for; one to elsewhere is not followed.
fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
        Some(path) => root.pointer(path).unwrap_or(&Value::Null),
        None => schema,
    }
}

fn text(schema: &Value) -> String {
    let mut words = match schema["format"].as_str() {
        Some("email") => "someone@example.com",
        Some("uri") => "https://example.com/",
        Some("date") => "2026-01-02",
        Some("date-time") => "2026-01-02T03:04:05Z",
        _ => "example",
    }
    .to_owned();
    let limit = |name: &str| schema[name].as_u64().and_then(|number| usize::try_from(number).ok());
    while limit("minLength").is_some_and(|least| words.len() < least) {
        words.push('x');
    }
    words.truncate(limit("maxLength").unwrap_or(words.len()));
    words
}

fn number(schema: &Value, usual: f64) -> f64 {
    let least = schema["minimum"].as_f64().unwrap_or(f64::NEG_INFINITY);
    let most = schema["maximum"].as_f64().unwrap_or(f64::INFINITY);
    usual.max(least).min(most)
}

/// A value for the schema: its default or its first choice if it has one.
fn example(given: &Value, root: &Value, depth: usize) -> Value {
    if !given.is_object() || depth == 0 {
        return Value::Null;
    }
    let schema = resolve(given, root);
    for key in ["default", "const"] {
        if let Some(value) = schema.get(key) {
            return value.clone();
        }
    }
    if let Some(first) = schema.pointer("/enum/0") {
        return first.clone();
    }
    let choice = ["/oneOf/0", "/anyOf/0", "/allOf/0"].iter().find_map(|path| schema.pointer(path));
    if let (Some(choice), None) = (choice, schema.get("properties")) {
        return example(choice, root, depth - 1);
    }
    let unnamed = if schema["properties"].is_object() { "object" } else { "string" };
    match schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or(unnamed) {
        "integer" => json!(number(schema, 2.0) as i64),
        "number" => json!(number(schema, 1.5)),
        "boolean" => json!(true),
        "null" => Value::Null,
        "array" => list(schema, root, depth),
        "object" => Value::Object(members(schema, root, depth - 1)),
        _ => Value::String(text(schema)),
    }
}

fn list(schema: &Value, root: &Value, depth: usize) -> Value {
    let items = schema["prefixItems"].as_array().cloned().unwrap_or_else(|| {
        let least = schema["minItems"].as_u64().unwrap_or(1).clamp(1, 9) as usize;
        vec![schema.get("items").cloned().unwrap_or(json!({})); least]
    });
    items.iter().map(|item| example(item, root, depth - 1)).collect()
}

/// A value for each property; one described elsewhere is left out unless it is required.
fn members(schema: &Value, root: &Value, depth: usize) -> Map<String, Value> {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|each| each == name));
    let fields = schema["properties"].as_object().into_iter().flatten();
    fields
        .filter(|(name, field)| required(name) || resolve(field, root).get("$ref").is_none())
        .map(|(name, field)| (name.clone(), example(field, root, depth)))
        .collect()
}

/// An answer to a form.
pub fn filled(schema: &Value) -> Map<String, Value> {
    members(schema, schema, DEPTH)
}
