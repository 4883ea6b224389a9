//! Texts at which servers have gone wrong, where something is named.

use serde_json::{Value, json};

use crate::fuzz::case::{Act, Expect};
use crate::fuzz::oracle::MARK;
use crate::fuzz::source::Base;

/// No such method (JSON-RPC 2.0).
const METHOD_NOT_FOUND: i64 = -32601;

/// Texts at which programs that take them for a path, a pattern, a query or an address have gone wrong.
const HOSTILE: [&str; 14] = [
    "%",
    "%zz",
    "%00",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "..%2f..%2f",
    "\u{0}",
    "{{7*7}}",
    "${x}",
    "'",
    "a\\b",
    "http://[::1",
    "\u{1f600}\u{202e}",
    "*",
];

/// The message with such texts where it names something.
pub(super) fn hostile(base: &Base) -> Vec<Act> {
    let places = ["/params/name", "/params/uri", "/params/cursor", "/params/level", "/params/argument/value"];
    let mut all = Vec::new();
    for place in places {
        let message = base.message();
        if message.pointer(place).is_none_or(|value| !value.is_string()) {
            continue;
        }
        for text in HOSTILE {
            let before = message.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
            for (how, before) in [("text", ""), ("end", before.as_str())] {
                let mut message = message.clone();
                if let Some(at) = message.pointer_mut(place) {
                    *at = json!(format!("{before}{text}"));
                }
                let mutation = format!("hostile {how} {} at {place}", json!(text));
                all.push(Act { subject: base.act.subject.clone(), mutation, ..Act::plain(message) });
            }
        }
    }
    all
}

/// A message with something in every text that would be a header if it got among headers.
pub(super) fn marked(base: &Base) -> Option<Act> {
    let mut message = base.message();
    let params = message.get_mut("params")?;
    let mark = format!("a\r\n{MARK}: 1\r\n");
    let mut changed = false;
    for at in ["/name", "/uri", "/cursor", "/level"] {
        if let Some(text) = params.pointer_mut(at) {
            *text = json!(mark);
            changed = true;
        }
    }
    changed.then(|| Act {
        subject: base.act.subject.clone(),
        mutation: "line ends in a name".to_owned(),
        expect: Expect::Anything,
        ..Act::plain(message)
    })
}

pub(super) fn method_marked(base: &Base) -> Option<Act> {
    let mut message = base.message();
    *message.get_mut("method")? = json!(format!("a\r\n{MARK}: 1"));
    let mutation = "line ends in the method".to_owned();
    Some(Act { subject: base.act.subject.clone(), mutation, expect: Expect::Anything, ..Act::plain(message) })
}

pub(super) fn unknown_method(bases: &[Base]) -> Act {
    let mut message = bases.first().map(Base::message).unwrap_or_default();
    message["method"] = json!("assay/no-such-method");
    Act {
        mutation: "no such method".to_owned(),
        expect: Expect::ErrorOf(vec![METHOD_NOT_FOUND]),
        ..Act::plain(message)
    }
}
