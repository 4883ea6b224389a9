//! A finding as a scenario file, which any run of `mcp-assay server` carries out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Finding;
use crate::fuzz::case::{Act, Body, Expect, IdForm};
use crate::fuzz::oracle::Oracle;
use crate::revision::Era;

/// Longest wait for what should come.
const WITHIN: &str = "5s";
/// Actors: the clients of a case.
const CLIENTS: [&str; 4] = ["main", "second", "third", "fourth"];

/// The text of the file. The steps and checks are ordinary ones; `machine` is a comment that `--replay` reads.
pub fn text(finding: &Finding, machine: &str) -> String {
    let name = format!("found/{}", finding.name());
    let mut lines = Vec::new();
    for line in super::paragraph(finding).lines() {
        lines.push(format!("# {line}").trim_end().to_owned());
    }
    lines.push(machine.to_owned());
    lines.push(format!("scenario: {name}"));
    lines.push(format!("title: {}", json!(title(finding))));
    let span = finding.revision.as_str();
    lines.push(format!("applies: {{ since: {span}, until: {span}, transport: {} }}", finding.transport.as_str()));
    lines.push("deadline: 30s".to_owned());
    lines.push("actors:".to_owned());
    let clients = finding.cases.iter().flat_map(|case| &case.acts).map(|act| act.client).max().unwrap_or(0);
    for client in CLIENTS.iter().take(clients + 1) {
        lines.push(format!("  {client}: {{ fresh: true, capabilities: {{}} }}"));
    }
    lines.push("steps:".to_owned());
    let mut number = 0;
    for case in &finding.cases {
        let first = number + 1;
        for act in &case.acts {
            number += 1;
            lines.push(format!("  - {}", step(act, number, first)));
        }
    }
    // The answer to this shows what became of the server.
    lines.push(format!("  - alive: {{ as: alive, within: {WITHIN} }}"));
    lines.push("checks:".to_owned());
    let (requirement, expect) = check(finding, number);
    lines.push(format!("  - requirement: {requirement}"));
    lines.push(format!("    expect: {}", json!(expect)));
    lines.push("    met_by_refusal: true".to_owned());
    lines.push("    met_by_empty_result: true".to_owned());
    lines.join("\n") + "\n"
}

fn title(finding: &Finding) -> String {
    let last = finding.cases.last().and_then(|case| case.acts.last()).map(Act::kind).unwrap_or_default();
    let plain: String = last.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect();
    format!("It is not so that the server {} ({})", finding.oracle.about(), plain.trim_end_matches('.'))
}

fn stream(number: usize) -> String {
    format!("act_{number}")
}

fn step(act: &Act, number: usize, first: usize) -> Value {
    let wrong = !act.mutation.is_empty();
    let mut members = Map::new();
    members.insert("as".to_owned(), json!(stream(number)));
    if act.client > 0 {
        members.insert("by".to_owned(), json!(CLIENTS.get(act.client).copied().unwrap_or("main")));
    }
    let verb = match &act.body {
        Body::Message { value, id } if is_plain(value, *id) => {
            let method = value.get("method").cloned().unwrap_or_default();
            let notification = act.expect == Expect::Nothing || *id == IdForm::Own;
            members.insert("method".to_owned(), method);
            // The message is this one to the letter, whatever would be added to it.
            match value.get("params") {
                Some(params) => members.insert("set".to_owned(), json!({ "/params": params })),
                None => members.insert("unset".to_owned(), json!(["/params"])),
            };
            match id {
                IdForm::Text => members.insert("id".to_owned(), json!(format!("assay/\u{e9}\u{2603}/{number}"))),
                IdForm::Negative => members.insert("id".to_owned(), json!(-9_000 - i64::try_from(number).unwrap_or(0))),
                IdForm::Large => members.insert("id".to_owned(), json!(1_000_000_000_000_000_u64)),
                IdForm::Earlier(back) => {
                    let of = stream(number.saturating_sub(*back).max(first));
                    let mut params = value.get("params").cloned().unwrap_or_else(|| json!({}));
                    params["requestId"] = json!({ "from": format!("{of}.request.id") });
                    members.insert("set".to_owned(), json!({ "/params": params }))
                }
                IdForm::Counted | IdForm::Own => None,
            };
            if notification || matches!(id, IdForm::Earlier(_)) { "notify" } else { "request" }
        }
        Body::Message { .. } | Body::Bytes(_) => {
            let bytes = act.bytes(9_000 + u64::try_from(number).unwrap_or(0), &[]);
            let body = match String::from_utf8(bytes) {
                Ok(text) => json!(text),
                Err(bytes) => json!({ "base64": STANDARD.encode(bytes.as_bytes()) }),
            };
            members.insert("body".to_owned(), body);
            "raw"
        }
    };
    if !act.headers.is_empty() {
        members.insert("headers".to_owned(), Value::Object(act.headers.clone()));
    }
    if !act.chunks.is_whole() {
        members.insert("chunks".to_owned(), json!(act.chunks));
    }
    if wrong {
        members.insert("wrong".to_owned(), json!(true));
    }
    // What is to be compared has to be there; anything else may be answered late or never.
    if verb == "request" && !waits(act) {
        members.insert("until".to_owned(), json!("sent"));
    } else if verb == "request" {
        members.insert("within".to_owned(), json!(WITHIN));
    }
    json!({ verb: members })
}

fn waits(act: &Act) -> bool {
    act.awaited
        || matches!(act.expect, Expect::SameAs(_) | Expect::Equals(_) | Expect::Codes(_) | Expect::ErrorOf(_))
        || act.expect == Expect::Refusal
}

/// Whether a message is one that a step can say: with a method, and nothing in it that a step would read as a reference.
fn is_plain(value: &Value, id: IdForm) -> bool {
    let Value::Object(members) = value else { return false };
    let known = members.keys().all(|name| ["jsonrpc", "method", "params"].contains(&name.as_str()));
    let method = members.get("method").is_some_and(Value::is_string);
    known
        && method
        && members.get("jsonrpc") == Some(&json!("2.0"))
        && !refers(value)
        && (id != IdForm::Own || !members.contains_key("id"))
}

fn refers(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("from") || members.values().any(refers),
        Value::Array(items) => items.iter().any(refers),
        _ => false,
    }
}

/// The requirement that it breaks, and what would hold.
fn check(finding: &Finding, last: usize) -> (&'static str, String) {
    let act = stream(last);
    let stateless = finding.revision.era() == Era::Stateless;
    match finding.oracle {
        Oracle::Exit | Oracle::Hang => ("base.one-response-per-request", "size(alive.responses) == 1".to_owned()),
        Oracle::NoAnswer => ("base.one-response-per-request", format!("size({act}.responses) == 1 || {act}.refused")),
        Oracle::Twice => {
            let all: Vec<String> =
                (1..=last).map(|number| format!("size({}.responses) <= 1", stream(number))).collect();
            ("base.one-response-per-request", all.join(" && "))
        }
        Oracle::Unasked => ("base.notification-not-answered", format!("size({act}.responses) == 0")),
        Oracle::Code => {
            let codes = finding.cases.last().and_then(|case| case.acts.last()).map(|act| match &act.expect {
                Expect::Codes(codes) | Expect::ErrorOf(codes) => codes.clone(),
                _ => Vec::new(),
            });
            let codes = codes.unwrap_or_default();
            let requirement = match codes.as_slice() {
                [-32601] => "base.method-not-found-32601",
                _ => "base.invalid-params-32602",
            };
            (requirement, format!("{act}.error == null || {act}.error.code in {}", json!(codes)))
        }
        Oracle::Accepted => (
            if stateless || finding.sign.contains("tools/call") {
                "tools.inputs-validated"
            } else {
                "base.invalid-params-32602"
            },
            format!("{act}.error != null || get({act}, \"result.isError\") == true"),
        ),
        Oracle::Differs => {
            let before = stream(last.saturating_sub(1).max(1));
            ("base.jsonrpc-2-0", format!("same({act}.result, {before}.result)"))
        }
        Oracle::StreamOpen => ("http.stream-ends-after-response", format!("{act}.ended == \"complete\"")),
        Oracle::ServerError => ("base.jsonrpc-2-0", format!("{act}.status < 500")),
        _ => ("base.jsonrpc-2-0", "main.messages.all(m, m.kind != \"invalid\")".to_owned()),
    }
}
