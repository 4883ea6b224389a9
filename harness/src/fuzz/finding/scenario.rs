//! A finding as a scenario file, which any run of `mcp-assay server` carries out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Finding;
use super::actors;
use super::check::{Holds, check};
use crate::fuzz::case::{Act, Body, Expect, IdForm};
use crate::fuzz::oracle::Oracle;
use crate::fuzz::rules::claims;
use crate::scenario::Transport;

/// Longest wait for what should come.
const WITHIN: &str = "5s";
/// What stands in the place of a method until an answer is made of the message.
const NO_METHOD: &str = "notifications/none";
/// Levels of a message that a file says as YAML; deeper ones stand in it as text.
const MAX_DEPTH: usize = 32;

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
    lines.extend(actors::lines(finding));
    lines.push("steps:".to_owned());
    lines.extend(actors::opened(finding));
    let mut number = 0;
    for case in &finding.cases {
        let first = number + 1;
        for act in &case.acts {
            number += 1;
            // What a case does not wait for is under way at the same time.
            let last = if finding.together { finding.acts() } else { first + case.acts.len() - 1 };
            // What may end the server is not waited for: then nothing would be judged.
            let at_end = matches!(finding.oracle, Oracle::Exit | Oracle::Hang) && number == finding.acts();
            let waits = (act.awaited || number == last) && !at_end;
            if act.pause > 0 {
                let because = "what was begun goes on meanwhile";
                lines.push(format!(
                    "  - {}",
                    json!({ "pause": { "for": format!("{}ms", act.pause), "because": because } })
                ));
            }
            match act.operation {
                Some(operation) => lines.extend(actors::operation(act, operation)),
                None => lines.push(format!("  - {}", step(finding, act, (number, first), waits))),
            }
        }
    }
    // Over HTTP nothing says that what comes next is read after it.
    if is_read_late(finding) {
        let last = stream(number);
        lines.push(format!("  - await: {{ streams: [{last}], until: ended, within: {WITHIN}, may_miss: true }}"));
    }
    lines.extend(awaited(finding));
    // The answer to this shows what became of the server.
    lines.push(format!("  - alive: {{ as: alive, within: {WITHIN} }}"));
    lines.push("checks:".to_owned());
    if finding.oracle == Oracle::Sequence {
        lines.extend(rules(finding, number));
    } else {
        let (requirement, holds) = check(finding, number);
        lines.push(format!("  - requirement: {requirement}"));
        lines.push(match holds {
            Holds::Expression(text) => format!("    expect: {}", json!(text)),
            Holds::Match(pattern) => format!("    match: {pattern}"),
        });
        lines.extend(MET_BY_LITTLE.map(str::to_owned));
    }
    lines.join("\n") + "\n"
}

/// Whether what is judged may come after the answer to what is sent next.
fn is_read_late(finding: &Finding) -> bool {
    match finding.transport {
        Transport::Stdio => false,
        Transport::Http => matches!(finding.oracle, Oracle::Exit | Oracle::Hang),
        // Answers come on the event stream, whatever becomes of the response to the message.
        Transport::Sse => {
            matches!(finding.oracle, Oracle::Exit | Oracle::Hang | Oracle::Reflected | Oracle::ServerError)
        }
    }
}

/// Of a finding about several acts: what went on beside others has to be there too.
fn awaited(finding: &Finding) -> Option<String> {
    let acts = finding.cases.iter().flat_map(|case| &case.acts).enumerate();
    let waits = |act: &Act| act.awaited && act.expect.is_answer() && act.asks.is_none() || act.operation.is_some();
    let beside = acts.filter(|(_, act)| act.method().is_some() && !waits(act)).map(|(at, _)| stream(at + 1));
    let streams: Vec<String> = beside.collect();
    let several = finding.oracle == Oracle::Sequence && !streams.is_empty();
    several.then(|| format!("  - await: {{ streams: [{}], within: {WITHIN}, may_miss: true }}", streams.join(", ")))
}

/// What is no less right for saying little.
const MET_BY_LITTLE: [&str; 2] = ["    met_by_refusal: true", "    met_by_empty_result: true"];

/// The checks of a finding about several acts: each of its rule, as it was judged.
fn rules(finding: &Finding, last: usize) -> Vec<String> {
    let Some(case) = finding.cases.last() else { return Vec::new() };
    let mut lines = Vec::new();
    let broken = claims(finding.revision, case, last - case.acts.len());
    for (number, claim) in broken.into_iter().filter(|claim| claim.name == finding.sign).enumerate() {
        lines.push(format!("  - requirement: {}", json!(claim.requirements)));
        if number > 0 {
            lines.push(format!("    name: again-{number}"));
        }
        lines.push(format!("    when: {}", json!(claim.when)));
        lines.push("    otherwise: it did not come to that".to_owned());
        lines.push(format!("    expect: {}", json!(claim.expect)));
        lines.extend(MET_BY_LITTLE.map(str::to_owned));
    }
    lines
}

fn title(finding: &Finding) -> String {
    let last = finding.cases.last().and_then(|case| case.acts.last()).map(Act::kind).unwrap_or_default();
    let plain: String = last.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect();
    format!("It is not so that the server {} ({})", finding.oracle.about(), plain.trim_end_matches('.'))
}

pub(super) fn stream(number: usize) -> String {
    format!("act_{number}")
}

fn step(finding: &Finding, act: &Act, (number, first): (usize, usize), waits: bool) -> Value {
    let wrong = !act.mutation.is_empty();
    let referring = act.referring(|of| stream(first + of));
    let mut members = Map::new();
    members.insert("as".to_owned(), json!(stream(number)));
    let by = actors::name(act);
    if by != "main" {
        members.insert("by".to_owned(), json!(by));
    }
    let verb = match (&act.body, &referring.body) {
        (_, Body::Bytes(bytes)) if act.verb.is_some() && bytes.is_empty() => {
            members.insert("verb".to_owned(), json!(act.verb));
            if act.expect == Expect::Anything {
                members.insert("until".to_owned(), json!("open"));
            }
            "http"
        }
        (Body::Message { value: plain, id }, Body::Message { value, .. }) if is_plain(plain, *id) => {
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
        (_, Body::Message { value, .. }) if act.answers() => {
            members.insert("method".to_owned(), json!(NO_METHOD));
            let kept =
                ["id", "result", "error"].into_iter().filter_map(|name| Some((format!("/{name}"), value.get(name)?)));
            let set: Map<String, Value> = kept.map(|(at, member)| (at, member.clone())).collect();
            members.insert("set".to_owned(), Value::Object(set));
            members.insert("unset".to_owned(), json!(["/method", "/params"]));
            "notify"
        }
        _ => {
            let bytes = act.bytes(9_000 + u64::try_from(number).unwrap_or(0), &[]);
            let body = match String::from_utf8(bytes) {
                Ok(text) => json!(text),
                Err(bytes) => json!({ "base64": STANDARD.encode(bytes.as_bytes()) }),
            };
            members.insert("body".to_owned(), body);
            "raw"
        }
    };
    if !referring.headers.is_empty() {
        members.insert("headers".to_owned(), Value::Object(referring.headers));
    }
    if !act.chunks.is_whole() {
        members.insert("chunks".to_owned(), json!(act.chunks));
    }
    if wrong {
        members.insert("wrong".to_owned(), json!(true));
    }
    // What is to be judged has to be there; where the server ends, nothing has.
    let ends = matches!(finding.oracle, Oracle::Exit | Oracle::Hang) && !act.awaited;
    let waits = waits && !["notify", "http"].contains(&verb) && act.expect.is_answer() && !ends;
    if let Some(asked) = &act.asks {
        members.insert("until".to_owned(), json!({ "message": { "method": asked } }));
        members.insert("within".to_owned(), json!(WITHIN));
    } else if waits {
        members.insert("until".to_owned(), json!("answered"));
        members.insert("within".to_owned(), json!(WITHIN));
    } else if verb == "request" {
        members.insert("until".to_owned(), json!("sent"));
    }
    json!({ verb: members })
}

/// Whether a message is one that a step can say: its members in their usual order, with a method, and nothing in it that a step would
/// read as a reference or that nests too deep for a file.
fn is_plain(value: &Value, id: IdForm) -> bool {
    let Value::Object(members) = value else { return false };
    let mut usual = ["jsonrpc", "method", "params"].into_iter();
    let in_order = members.keys().all(|name| usual.any(|one| one == name));
    let method = members.get("method").is_some_and(Value::is_string);
    in_order
        && method
        && depth(value) <= MAX_DEPTH
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

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Object(members) => members.values().map(depth).max(),
        Value::Array(items) => items.iter().map(depth).max(),
        _ => return 0,
    };
    inner.unwrap_or(0) + 1
}
