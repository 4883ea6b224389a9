//! Building what an actor sends: the JSON-RPC message and the HTTP headers that the revision wants around it.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::CLIENT_NAME;
use crate::revision::{Era, Revision};
use crate::wire::header_value;

/// Prefix of the `_meta` members that the protocol defines.
const META: &str = "io.modelcontextprotocol/";

/// The capabilities an actor declares unless the scenario says otherwise: all that a client of the revision can have.
pub fn default_capabilities(revision: Revision) -> Value {
    let mut all = json!({ "sampling": {}, "roots": { "listChanged": true } });
    if let Some(elicitation) = elicitation(revision) {
        all["elicitation"] = elicitation;
    }
    all
}

/// Elicitation came with 2025-06-18, its modes with 2025-11-25 (client/elicitation).
fn elicitation(revision: Revision) -> Option<Value> {
    match revision {
        Revision::V2024_11_05 | Revision::V2025_03_26 => None,
        Revision::V2025_06_18 => Some(json!({})),
        Revision::V2025_11_25 | Revision::V2026_07_28 | Revision::Draft => Some(json!({ "form": {}, "url": {} })),
    }
}

/// Who the harness says it is.
pub fn client_info() -> Value {
    json!({ "name": CLIENT_NAME, "version": env!("CARGO_PKG_VERSION") })
}

/// What goes into `_meta` of one request.
#[derive(Debug)]
pub struct Meta<'a> {
    /// Version to claim.
    pub version: &'a str,
    /// Capabilities to declare.
    pub capabilities: &'a Value,
    /// Members on top; null takes one away.
    pub extra: &'a IndexMap<String, Value>,
}

/// Add `_meta` to params: what a stateless revision wants in every request, then what the step says.
pub fn add_meta(revision: Revision, params: Option<Value>, meta: &Meta<'_>) -> Option<Value> {
    let stateless = revision.era() == Era::Stateless;
    if !stateless && meta.extra.is_empty() {
        return params;
    }
    let mut params = match params {
        None => Map::new(),
        Some(Value::Object(members)) => members,
        other => return other,
    };
    let mut members = match params.remove("_meta") {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    if stateless {
        let own = [
            ("protocolVersion", json!(meta.version)),
            ("clientInfo", client_info()),
            ("clientCapabilities", meta.capabilities.clone()),
        ];
        for (name, value) in own {
            members.entry(format!("{META}{name}")).or_insert(value);
        }
    }
    for (name, value) in meta.extra {
        if value.is_null() {
            members.shift_remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    if !members.is_empty() {
        params.insert("_meta".to_owned(), Value::Object(members));
    }
    Some(Value::Object(params))
}

/// A JSON-RPC message with its members in the usual order.
pub fn message(id: Option<&Value>, method: &str, params: Option<Value>) -> Value {
    let mut members = Map::new();
    members.insert("jsonrpc".to_owned(), json!("2.0"));
    if let Some(id) = id {
        members.insert("id".to_owned(), id.clone());
    }
    members.insert("method".to_owned(), json!(method));
    if let Some(params) = params {
        members.insert("params".to_owned(), params);
    }
    Value::Object(members)
}

/// Overwrite and leave out members by JSON pointer; a parent that is missing is made an object.
pub fn reshape(message: &mut Value, set: &IndexMap<String, Value>, unset: &[String]) {
    for (pointer, value) in set {
        put(message, pointer, value.clone());
    }
    for pointer in unset {
        let Some((parent, name)) = pointer.rsplit_once('/') else { continue };
        match message.pointer_mut(parent) {
            Some(Value::Object(members)) => {
                members.shift_remove(&unescape(name));
            }
            Some(Value::Array(items)) => {
                if let Ok(at) = name.parse::<usize>()
                    && at < items.len()
                {
                    items.remove(at);
                }
            }
            _ => {}
        }
    }
}

fn put(target: &mut Value, pointer: &str, value: Value) {
    if let Some(slot) = target.pointer_mut(pointer) {
        *slot = value;
        return;
    }
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    if !parent.is_empty() && !target.pointer(parent).is_some_and(|v| v.is_object() || v.is_array()) {
        put(target, parent, json!({}));
    }
    match target.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.insert(unescape(name), value);
        }
        Some(Value::Array(items)) => items.push(value),
        _ => {}
    }
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// The headers that a stateless revision derives from a message: method, name, and annotated tool arguments.
pub fn derived_headers(message: &Value, tools: &[Value]) -> Vec<(String, String)> {
    let Some(method) = message.get("method").and_then(Value::as_str) else { return Vec::new() };
    let mut headers = vec![("Mcp-Method".to_owned(), method.to_owned())];
    let part = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
    let name = match method {
        "tools/call" | "prompts/get" => part("/params/name"),
        "resources/read" => part("/params/uri"),
        "tasks/get" | "tasks/update" | "tasks/cancel" => part("/params/taskId"),
        _ => None,
    };
    if let Some(name) = name {
        headers.push(("Mcp-Name".to_owned(), header_value::encode(name).into_owned()));
    }
    if method == "tools/call" {
        let tool = tools.iter().find(|tool| tool.get("name").and_then(Value::as_str) == name);
        if let (Some(tool), Some(arguments)) = (tool, message.pointer("/params/arguments")) {
            mirror(tool.get("inputSchema").unwrap_or(&Value::Null), arguments, &mut headers);
        }
    }
    headers
}

/// The headers for annotated properties of a schema, and of those within them; serde_json bounds how deep they nest.
fn mirror(schema: &Value, arguments: &Value, headers: &mut Vec<(String, String)>) {
    for (property, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let Some(argument) = arguments.get(property) else { continue };
        mirror(schema, argument, headers);
        let Some(header) = schema.get("x-mcp-header").and_then(Value::as_str) else { continue };
        let text = match argument {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            _ => continue,
        };
        headers.push((format!("Mcp-Param-{header}"), header_value::encode(&text).into_owned()));
    }
}

/// Apply header changes: null takes a header away, a text replaces it, a list repeats it.
pub fn change_headers(headers: &mut Vec<(String, String)>, changes: &IndexMap<String, Value>) {
    for (name, change) in changes {
        let at = headers.iter().position(|(n, _)| n.eq_ignore_ascii_case(name));
        headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        let at = at.unwrap_or(headers.len()).min(headers.len());
        let values: Vec<String> = match change {
            Value::Null => Vec::new(),
            Value::Array(items) => items.iter().map(text_of).collect(),
            one => vec![text_of(one)],
        };
        headers.splice(at..at, values.into_iter().map(|value| (name.clone(), value)));
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_overwritten_made_and_left_out() {
        let mut value = json!({ "params": { "a": 1, "b": [1, 2] } });
        let set = IndexMap::from([("/params/c/d".to_owned(), json!(2)), ("/id".to_owned(), json!(null))]);
        reshape(&mut value, &set, &["/params/a".to_owned(), "/params/b/0".to_owned(), "/none/x".to_owned()]);
        assert_eq!(value, json!({ "params": { "b": [2], "c": { "d": 2 } }, "id": null }));
    }

    #[test]
    fn stateless_requests_carry_meta_and_steps_can_change_it() {
        let capabilities = json!({});
        let extra = IndexMap::from([(format!("{META}clientInfo"), Value::Null), ("x/y".to_owned(), json!(1))]);
        let meta = Meta { version: "2026-07-28", capabilities: &capabilities, extra: &extra };
        let params = add_meta(Revision::V2026_07_28, None, &meta);
        let members = params.as_ref().and_then(|p| p.get("_meta")).cloned().unwrap_or_default();
        assert_eq!(members[format!("{META}protocolVersion")], "2026-07-28");
        assert!(members.get(format!("{META}clientInfo")).is_none());
        assert_eq!(members["x/y"], 1);
        let none = IndexMap::new();
        let plain = Meta { extra: &none, ..meta };
        assert_eq!(add_meta(Revision::V2025_11_25, None, &plain), None);
    }

    #[test]
    fn annotated_arguments_are_mirrored_at_any_depth() {
        let city = json!({ "type": "string", "x-mcp-header": "City" });
        let place = json!({ "type": "object", "properties": { "city": city, "street": { "type": "string" } } });
        let urgent = json!({ "type": "boolean", "x-mcp-header": "Urgent" });
        let schema = json!({ "type": "object", "properties": { "place": place, "urgent": urgent } });
        let tools = [json!({ "name": "send", "inputSchema": schema })];
        let call =
            |arguments: Value| json!({ "method": "tools/call", "params": { "name": "send", "arguments": arguments } });
        let mirrored = |arguments: Value| {
            let headers = derived_headers(&call(arguments), &tools).into_iter().skip(2);
            headers.map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>()
        };
        let all = json!({ "place": { "city": "Oslo", "street": "Main" }, "urgent": true });
        assert_eq!(mirrored(all), ["Mcp-Param-City:Oslo", "Mcp-Param-Urgent:true"]);
        assert!(mirrored(json!({ "place": { "city": null }, "urgent": null })).is_empty());
    }

    #[test]
    fn headers_are_taken_away_replaced_and_repeated() {
        let mut headers = vec![("Accept".to_owned(), "a".to_owned()), ("Host".to_owned(), "h".to_owned())];
        let changes = IndexMap::from([
            ("accept".to_owned(), json!(["b", "c"])),
            ("Host".to_owned(), Value::Null),
            ("X".to_owned(), json!(1)),
        ]);
        change_headers(&mut headers, &changes);
        let shown: Vec<String> = headers.iter().map(|(n, v)| format!("{n}:{v}")).collect();
        assert_eq!(shown, ["accept:b", "accept:c", "X:1"]);
    }
}
