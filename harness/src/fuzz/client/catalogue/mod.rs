//! What there is to try, each once: made from the answers that the client gets where nothing is wrong.

mod answers;
mod beside;
mod http;
mod offers;
mod same;

use serde_json::{Value, json};

pub(super) use beside::UNASKED_TOOL;

use super::baseline::{Answer, Baseline, ID_MARK};
use super::case::{Case, Nature};
use crate::action::{Bytes, Made};
use crate::generate::{Choices, Hints, Messages, MethodKind};
use crate::plan::Axis;
use crate::scenario::{Mutation, Transport};
use crate::schema::Sender;
use crate::wire::write::replaced;

/// What cases are made from.
struct Matter<'a> {
    baseline: &'a Baseline,
    messages: Messages,
    axis: &'a Axis,
}

impl Matter<'_> {
    fn is_http(&self) -> bool {
        self.axis.transport == Transport::Http
    }

    /// The answer with which a client is busy when something comes besides: the first that is no greeting.
    fn midway(&self) -> Option<&Answer> {
        let wanted = ["tools/list", "tools/call", "resources/list", "prompts/list"];
        wanted.iter().find_map(|method| self.baseline.answer(method)).or(self.baseline.answers.last())
    }
}

/// Every case of the catalogue, in an order that does not change.
pub fn catalogue(baseline: &Baseline, axis: &Axis, choices: &mut Choices) -> Vec<Case> {
    let messages = Messages::new(axis.revision, Sender::Server);
    let matter = Matter { baseline, messages, axis };
    let mut all = Vec::new();
    all.extend(beside::all(&matter, choices));
    all.extend(offers::all(&matter));
    all.extend(same::all(&matter));
    all.extend(answers::all(&matter, choices));
    if matter.is_http() {
        all.extend(http::all(&matter));
    }
    all
}

/// An answer made anew: as its schema says, or broken in one place.
pub fn generated(messages: &Messages, answer: &Answer, id: u64, choices: &mut Choices) -> Option<Case> {
    let method = messages.method(&answer.method, MethodKind::Result)?;
    let message = messages.generate(method, &json!(id), &Hints::new(), choices).ok()?;
    if choices.below(2) == 0 {
        let mutated = messages.mutate(method, &message, choices)?;
        let wrong = format!("made, {} at {}", mutated.mutation.name(), mutated.at);
        return Some(case(&answer.method, &wrong, Nature::Broken, raw(&answer.method, &mutated.text)));
    }
    Some(case(&answer.method, "made", Nature::Broken, raw(&answer.method, message.to_string().as_bytes())))
}

/// Several cases in one.
pub fn together(cases: &[&Case]) -> Case {
    let nature = |nature: Nature| cases.iter().any(|case| case.nature == nature);
    Case {
        kind: cases.iter().map(|case| case.kind.as_str()).collect::<Vec<_>>().join(" + "),
        nature: match () {
            () if nature(Nature::Broken) => Nature::Broken,
            () if nature(Nature::Closed) => Nature::Closed,
            () => Nature::Answered,
        },
        rules: cases.iter().flat_map(|case| case.rules.clone()).collect(),
        asks: Vec::new(),
    }
}

/// A rule for the first answer to a method.
fn rule(method: &str) -> Mutation {
    Mutation { to: Some(method.to_owned()), nth: Some(1), ..Mutation::default() }
}

fn case(method: &str, wrong: &str, nature: Nature, rule: Mutation) -> Case {
    Case { kind: format!("{method} / {wrong}"), nature, rules: vec![rule], asks: Vec::new() }
}

/// These bytes in place of the answer; the mark in them stands for its id.
fn raw(method: &str, bytes: &[u8]) -> Mutation {
    Mutation { raw: Some(literal(bytes)), ..rule(method) }
}

/// How the name of somebody who plays begins in the text of a rule.
const PLACE: &str = "${";

/// Bytes as a rule says them.
fn literal(bytes: &[u8]) -> Bytes {
    use base64::Engine as _;
    let bytes = replaced(bytes, ID_MARK.to_string().as_bytes(), b"{id}");
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains(PLACE) => Bytes::Text(text),
        Ok(text) => Bytes::Made(Made::Base64(base64::engine::general_purpose::STANDARD.encode(text))),
        Err(bytes) => Bytes::Made(Made::Base64(base64::engine::general_purpose::STANDARD.encode(bytes.as_bytes()))),
    }
}

/// A message as an event of a stream.
fn event(text: &[u8]) -> Vec<u8> {
    [b"event: message\ndata: ", text, b"\n\n"].concat()
}

/// A stream in place of the answer.
fn stream(method: &str, bytes: &[u8]) -> Mutation {
    let mut rule = raw(method, bytes);
    rule.headers.insert("content-type".to_owned(), Some("text/event-stream".to_owned()));
    rule
}

/// The answer with another member `result`.
fn with_result(answer: &Answer, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": answer.value.get("id"), "result": result })
}
