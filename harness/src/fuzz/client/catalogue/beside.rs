//! What comes besides an answer: messages that nobody expects, and what is no message.

use serde_json::{Value, json};

use super::{Matter, PLACE, case, event, literal, rule, stream};
use crate::fuzz::client::baseline::Answer;
use crate::fuzz::client::case::{Case, Nature};
use crate::generate::{Choices, Hints, MethodKind, broken_bytes};
use crate::revision::Era;
use crate::scenario::Mutation;

/// The tool that is only in an answer to a request that nobody sent.
pub(in crate::fuzz::client) const UNASKED_TOOL: &str = "assay_unasked";
/// How the ids of requests begin that the server sends.
pub(in crate::fuzz::client) const ASK: &str = "assay-";

pub(super) fn all(matter: &Matter<'_>, choices: &mut Choices) -> Vec<Case> {
    let Some(answer) = matter.midway() else { return Vec::new() };
    let mut all = Vec::new();
    all.extend(responses(answer));
    all.extend(believed(matter));
    all.extend(asked(matter, answer, choices));
    all.extend(notified(matter, answer, choices));
    for broken in broken_bytes(
        json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": {} }).to_string().as_bytes(),
    ) {
        all.push(before(matter, answer, &format!("before it {}", broken.name), &broken.bytes));
    }
    all
}

/// These bytes, then the answer.
fn before(matter: &Matter<'_>, answer: &Answer, wrong: &str, bytes: &[u8]) -> Case {
    let method = answer.method.as_str();
    let value = serde_json::from_slice::<Value>(bytes).ok();
    let value = value.filter(|value| {
        let text = value.to_string();
        text.as_bytes() == bytes && !text.contains(PLACE)
    });
    let made = match value {
        Some(value) => Mutation { before: vec![value], ..rule(method) },
        None if matter.is_http() => {
            let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            let garbage = [b"data: ".as_slice(), &lines.join(b"\ndata: ".as_slice()), b"\n\n"].concat();
            stream(method, &[garbage, event(answer.value.to_string().as_bytes())].concat())
        }
        None => Mutation { stdout: Some(literal(bytes.strip_suffix(b"\n").unwrap_or(bytes))), ..rule(method) },
    };
    case(method, wrong, Nature::Answered, made)
}

fn before_value(matter: &Matter<'_>, answer: &Answer, wrong: &str, value: &Value) -> Case {
    before(matter, answer, wrong, value.to_string().as_bytes())
}

/// Answers to nothing.
fn responses(answer: &Answer) -> Vec<Case> {
    let error = json!({ "code": -32603, "message": "m" });
    let all = [
        ("a result for nobody", json!({ "jsonrpc": "2.0", "id": "nobody", "result": {} })),
        ("a result for a number", json!({ "jsonrpc": "2.0", "id": 918_273_645, "result": {} })),
        ("an error for nobody", json!({ "jsonrpc": "2.0", "id": "nobody", "error": error })),
        ("an error for null", json!({ "jsonrpc": "2.0", "id": null, "error": error })),
        ("an error without id", json!({ "jsonrpc": "2.0", "error": error })),
        ("a result for null", json!({ "jsonrpc": "2.0", "id": null, "result": {} })),
        ("a result for a list", json!({ "jsonrpc": "2.0", "id": [], "result": {} })),
        ("an empty object", json!({})),
        ("only a version", json!({ "jsonrpc": "2.0" })),
        ("another version", json!({ "jsonrpc": "3.0", "id": 1, "method": "ping" })),
        ("a batch", json!([{ "jsonrpc": "2.0", "method": "notifications/message" }])),
    ];
    let method = answer.method.as_str();
    let with = |(name, value): (&str, Value)| {
        let rule = Mutation { before: vec![value], ..rule(method) };
        case(method, &format!("before it {name}"), Nature::Answered, rule)
    };
    all.into_iter().map(with).collect()
}

/// A list of tools that is the answer to another request, before the answer.
fn believed(matter: &Matter<'_>) -> Vec<Case> {
    let Some(answer) = matter.baseline.answer("tools/list") else { return Vec::new() };
    let mut result = answer.value.get("result").cloned().unwrap_or_default();
    result["tools"] = json!([{ "name": UNASKED_TOOL, "inputSchema": { "type": "object" } }]);
    let ids = [("a number", json!(918_273_645)), ("a text", json!("nobody")), ("null", Value::Null)];
    let with = |(name, id): (&str, Value)| {
        let before = vec![json!({ "jsonrpc": "2.0", "id": id, "result": result })];
        let rule = Mutation { before, delay: "300ms".parse().ok(), ..rule(&answer.method) };
        case(&answer.method, &format!("before it the tools of another, id: {name}"), Nature::Answered, rule)
    };
    ids.into_iter().map(with).collect()
}

/// Requests of the server's.
fn asked(matter: &Matter<'_>, answer: &Answer, choices: &mut Choices) -> Vec<Case> {
    let mut all = Vec::new();
    let handshake = matter.axis.revision.era() == Era::Handshake;
    let ids = [
        ("zero", json!(0)),
        ("below zero", json!(-7)),
        ("beyond 32 bits", json!(1_099_511_627_777_u64)),
        ("the largest that every reader keeps", json!(9_007_199_254_740_991_u64)),
        ("a text", json!("assay-\u{e9}\u{2603}\u{1f980}\"\\/")),
        ("a long text", json!("a".repeat(1000))),
    ];
    for (name, id) in ids {
        let ping = json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
        let mut case = before_value(matter, answer, &format!("before it a ping, id: {name}"), &ping);
        case.asks.extend(handshake.then(|| id.to_string()));
        all.push(case);
    }
    let unknown =
        json!({ "jsonrpc": "2.0", "id": format!("{ASK}1"), "method": "assay/unknown", "params": { "a": null } });
    let mut case = before_value(matter, answer, "before it an unknown request", &unknown);
    case.asks.extend(handshake.then(|| format!("\"{ASK}1\"")));
    all.push(case);
    let methods = matter.messages.methods().iter().filter(|method| method.kind == MethodKind::Request);
    for method in methods {
        let id = json!(format!("{ASK}2"));
        let Ok(message) = matter.messages.generate(method, &id, &Hints::new(), choices) else { continue };
        let mut case = before_value(matter, answer, &format!("before it {}", method.name), &message);
        case.asks.extend(handshake.then(|| id.to_string()));
        all.push(case);
        for mutated in matter.messages.mutations(method, &message, choices) {
            let wrong = format!("before it {}, {} at {}", method.name, mutated.mutation.name(), mutated.at);
            all.push(before(matter, answer, &wrong, &mutated.text));
        }
    }
    all
}

/// Notifications, known and unknown.
fn notified(matter: &Matter<'_>, answer: &Answer, choices: &mut Choices) -> Vec<Case> {
    let unknown = [
        (
            "an unknown notification",
            json!({ "jsonrpc": "2.0", "method": "notifications/assay", "params": { "a": [] } }),
        ),
        ("a notification without name", json!({ "jsonrpc": "2.0", "method": "" })),
        ("a notification of null", json!({ "jsonrpc": "2.0", "method": null })),
        ("a notification with a list", json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": [1] })),
        (
            "progress of nobody",
            json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": { "progressToken": "nobody", "progress": 1 } }),
        ),
        (
            "a cancellation of nobody",
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "nobody" } }),
        ),
    ];
    let mut all: Vec<Case> =
        unknown.iter().map(|(name, value)| before_value(matter, answer, &format!("before it {name}"), value)).collect();
    let methods = matter.messages.methods().iter().filter(|method| method.kind == MethodKind::Notification);
    for method in methods {
        let Ok(message) = matter.messages.generate(method, &Value::Null, &Hints::new(), choices) else { continue };
        all.push(before_value(matter, answer, &format!("before it {}", method.name), &message));
        for mutated in matter.messages.mutations(method, &message, choices) {
            let wrong = format!("before it {}, {} at {}", method.name, mutated.mutation.name(), mutated.at);
            all.push(before(matter, answer, &wrong, &mutated.text));
        }
    }
    all
}
