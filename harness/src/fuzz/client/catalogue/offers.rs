//! What a server says of itself and its tools that is valid, and hostile all the same.

use serde_json::{Map, Value, json};

use super::{Matter, case, rule, with_result};
use crate::fuzz::client::baseline::Answer;
use crate::fuzz::client::case::{Case, Nature};
use crate::scenario::Mutation;

/// Levels of a schema that is deep.
const DEEP: usize = 60;
/// Values that a schema lists.
const MANY: usize = 20_000;

pub(super) fn all(matter: &Matter<'_>) -> Vec<Case> {
    let mut all = Vec::new();
    if let Some(answer) = matter.baseline.answer("tools/list") {
        for (name, tool) in tools() {
            all.extend(in_place_of(answer, "tools", name, tool));
        }
    }
    if let Some(answer) = matter.baseline.answer("resources/list") {
        for (name, uri) in [
            ("no URI", "\u{1b}[2J"),
            ("a path", "file:///../../../../etc/passwd"),
            ("empty", ""),
            ("a command", "$(id)"),
        ] {
            all.extend(in_place_of(answer, "resources", name, json!({ "uri": uri, "name": uri })));
        }
    }
    if let Some(answer) = matter.baseline.answer("prompts/list") {
        let arguments: Vec<Value> = (0..500).map(|_| json!({ "name": "a", "required": true })).collect();
        all.extend(in_place_of(
            answer,
            "prompts",
            "500 arguments of one name",
            json!({ "name": "p", "arguments": arguments }),
        ));
    }
    for answer in matter.baseline.answers.iter().filter(|answer| answer.method.ends_with("/list")) {
        let mut result = answer.value.get("result").cloned().unwrap_or_default();
        result["nextCursor"] = json!("\u{1b}[2J\0\u{202e}{}");
        all.push(answered(answer, "a cursor of escapes", result));
    }
    all
}

fn answered(answer: &Answer, wrong: &str, result: Value) -> Case {
    let result = with_result(answer, result).get("result").cloned();
    case(&answer.method, wrong, Nature::Answered, Mutation { result, ..rule(&answer.method) })
}

/// A list with this one item.
fn in_place_of(answer: &Answer, list: &str, wrong: &str, item: Value) -> Option<Case> {
    let mut result = answer.value.get("result")?.clone();
    *result.get_mut(list)? = json!([item]);
    Some(answered(answer, &format!("offers {wrong}"), result))
}

fn tools() -> Vec<(&'static str, Value)> {
    let named = |name: &str| json!({ "name": name, "inputSchema": { "type": "object" } });
    let taking = |schema: Value| json!({ "name": "add_numbers", "inputSchema": schema });
    let giving = |schema: Value| {
        let plain = json!({ "type": "object" });
        json!({ "name": "add_numbers", "inputSchema": plain, "outputSchema": schema })
    };
    let mut deep = json!({ "type": "object" });
    for _ in 0..DEEP {
        deep = json!({ "type": "object", "properties": { "a": deep }, "required": ["a"] });
    }
    let recursive = json!({ "type": "object", "properties": { "a": { "$ref": "#" } }, "required": ["a"] });
    let endless = json!({ "type": "object", "allOf": [{ "$ref": "#" }] });
    let listed: Vec<String> = (0..MANY).map(|n| n.to_string()).collect();
    let object = |name: &str, value: Value| {
        let members: Map<String, Value> = Map::from_iter([(name.to_owned(), value)]);
        json!({ "type": "object", "properties": members })
    };
    vec![
        ("a tool named by escapes", named("\u{1b}]0;x\u{7}\u{1b}[2J\0\n\r")),
        ("a tool without name", named("")),
        ("a tool with a long name", named(&"a".repeat(100_000))),
        ("a tool named __proto__", named("__proto__")),
        ("a tool named by a path", named("../../../etc/passwd\0")),
        ("a tool named backwards", named("\u{202e}txt.exe\u{2066}\u{feff}")),
        ("a deep schema", taking(deep.clone())),
        ("a recursive schema", taking(recursive.clone())),
        ("an endless schema", taking(endless.clone())),
        ("a schema of what is not there", taking(json!({ "type": "object", "$ref": "#/$defs/nothing" }))),
        ("a schema of another place", taking(json!({ "type": "object", "$ref": "http://127.0.0.1:9/s.json" }))),
        ("a schema that lists much", taking(object("a", json!({ "enum": listed })))),
        ("a slow pattern", taking(object("a", json!({ "type": "string", "pattern": "^(a+)+$", "minLength": 40 })))),
        ("a broken pattern", taking(object("a", json!({ "type": "string", "pattern": "(" })))),
        ("a member named __proto__", taking(object("__proto__", json!({ "type": "object" })))),
        ("an unknown dialect", taking(json!({ "$schema": "http://127.0.0.1:9/d", "type": "object" }))),
        ("a deep output schema", giving(deep)),
        ("a recursive output schema", giving(recursive)),
        ("an endless output schema", giving(endless)),
        ("an output schema of nothing", giving(json!({ "type": "object", "$ref": "#/$defs/nothing" }))),
        ("an output schema with a broken pattern", giving(object("a", json!({ "type": "string", "pattern": "(" })))),
    ]
}
