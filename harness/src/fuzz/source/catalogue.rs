//! Everything that is sent once before chance decides.

use serde_json::{Value, json};

use super::bases::{Base, stays_open};
use crate::action::Chunks;
use crate::fuzz::case::{Act, Body, Case, Expect, IdForm};
use crate::fuzz::oracle::MARK;
use crate::generate::{
    Choices, Expected, Framing, Hints, Messages, MethodKind, Mutated, Mutation, SchemaValues, broken_bytes, same_value,
};

/// Stands for the id of a message while its text is made; no number that anything else has.
const ID_MARK: u64 = 8_210_671_543_209_876;
/// No such method (JSON-RPC 2.0).
const METHOD_NOT_FOUND: i64 = -32601;
/// Valid messages of a method, or of one tool, that are broken in every way.
const BROKEN_OF_A_KIND: usize = 1;

/// All cases of the catalogue, the simplest first.
pub fn catalogue(messages: &Messages, bases: &[Base], hints: &Hints, http: bool, choices: &mut Choices) -> Vec<Case> {
    let mut all: Vec<Case> = bases.iter().map(|base| alone(base.act.clone())).collect();
    for base in bases {
        for id in [IdForm::Text, IdForm::Negative, IdForm::Large] {
            all.extend(with_id(base, id));
        }
        all.extend(respelled(base, http));
        all.extend(in_pieces(base));
    }
    all.push(alone(unknown_method(bases)));
    all.extend(bases.first().and_then(method_marked).map(alone));
    if http {
        for base in bases.iter().take(2) {
            all.extend(headers(base).into_iter().map(alone));
        }
    }
    all.extend(
        bases
            .iter()
            .filter(|base| base.act.subject == "resources/subscribe")
            .map(|base| Case { acts: vec![Act { awaited: true, ..base.act.clone() }, base.act.clone()], alone: false }),
    );
    for base in bases.iter().take(1).chain(bases.iter().filter(|base| base.arguments.is_some()).take(1)) {
        if let Some(first) = bases.first() {
            all.extend(bytes(base, &first.act, http));
        }
    }
    all.extend(notifications(messages, hints, choices));
    for base in bases {
        all.extend(super::sequences::cancelled(base));
    }
    let mut seen: Vec<&str> = Vec::new();
    for base in bases {
        let subject = base.act.subject.as_str();
        if seen.iter().filter(|one| **one == subject).count() >= BROKEN_OF_A_KIND {
            continue;
        }
        seen.push(subject);
        all.extend(every_way(messages, base, choices).into_iter().map(alone));
        all.extend(marked(base).map(alone));
        all.extend(hostile(base).into_iter().map(alone));
    }
    all
}

pub(super) fn alone(act: Act) -> Case {
    Case { acts: vec![act], alone: false }
}

fn with_id(base: &Base, form: IdForm) -> Option<Case> {
    let Body::Message { value, .. } = &base.act.body else { return None };
    let act = Act { body: Body::Message { value: value.clone(), id: form }, ..base.act.clone() };
    Some(alone(act))
}

/// The request as it is, then in other words.
fn respelled(base: &Base, http: bool) -> Vec<Case> {
    if base.stable.is_none() {
        return Vec::new();
    }
    let fits = |framing: Framing| framing == Framing::Any || (http == (framing == Framing::Http));
    let spellings = same_value(&marked_with_id(base)).into_iter().filter(|spelled| fits(spelled.framing));
    spellings
        .map(|spelled| {
            let first = Act { awaited: true, ..base.act.clone() };
            let mut second = act_of(&base.act.subject, &format!("spelled {}", spelled.name), &spelled.text);
            second.expect = Expect::SameAs(0);
            Case { acts: vec![first, second], alone: false }
        })
        .collect()
}

/// The request whole, then in pieces.
fn in_pieces(base: &Base) -> Vec<Case> {
    if base.stable.is_none() {
        return Vec::new();
    }
    let length = base.message().to_string().len();
    let ways = [("in halves", vec![length / 2]), ("byte by byte", vec![1]), ("but its last bytes", vec![length, 1])];
    ways.into_iter()
        .map(|(name, counts)| {
            let first = Act { awaited: true, ..base.act.clone() };
            let mutation = format!("sent {name}");
            let second = Act { chunks: Chunks(counts), mutation, expect: Expect::SameAs(0), ..base.act.clone() };
            Case { acts: vec![first, second], alone: false }
        })
        .collect()
}

/// A message with something in every text that would be a header if it got among headers.
fn marked(base: &Base) -> Option<Act> {
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

fn method_marked(base: &Base) -> Option<Act> {
    let mut message = base.message();
    *message.get_mut("method")? = json!(format!("a\r\n{MARK}: 1"));
    let mutation = "line ends in the method".to_owned();
    Some(Act { subject: base.act.subject.clone(), mutation, expect: Expect::Anything, ..Act::plain(message) })
}

/// The message with headers left out, or with others in their place.
fn headers(base: &Base) -> Vec<Act> {
    let changes = [
        ("Accept", Value::Null),
        ("Accept", json!("")),
        ("Accept", json!("text/html")),
        ("Accept", json!("application/json")),
        ("Accept", json!("*/*;q=x,,;")),
        ("Content-Type", Value::Null),
        ("Content-Type", json!("text/plain")),
        ("Content-Type", json!("application/json; charset=utf-16")),
        ("Content-Type", json!(";")),
        ("MCP-Protocol-Version", Value::Null),
        ("MCP-Protocol-Version", json!("1999-01-01")),
        ("MCP-Protocol-Version", json!("\u{e9}")),
        ("Mcp-Session-Id", Value::Null),
        ("Mcp-Session-Id", json!("assay")),
        ("Mcp-Session-Id", json!("")),
        ("Mcp-Session-Id", json!("a".repeat(8000))),
        ("Last-Event-ID", json!("assay")),
        ("Mcp-Method", json!("assay")),
        ("Mcp-Name", json!("=?base64?!?=")),
        ("Authorization", json!("Bearer")),
        ("Cookie", json!("a=b; ;=")),
        ("X-Forwarded-For", json!("999.1.1.1,,")),
        ("Content-Encoding", json!("gzip")),
        ("Expect", json!("100-continue")),
    ];
    changes
        .into_iter()
        .map(|(name, value)| {
            let mutation = match value.as_str() {
                None => format!("without the header {name}"),
                Some(text) => format!("with the header {name}: {}", text.chars().take(24).collect::<String>()),
            };
            let headers = serde_json::Map::from_iter([(name.to_owned(), value)]);
            Act { mutation, headers, expect: Expect::Anything, ..base.act.clone() }
        })
        .collect()
}

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
fn hostile(base: &Base) -> Vec<Act> {
    let places = ["/params/name", "/params/uri", "/params/cursor", "/params/level", "/params/argument/value"];
    let mut all = Vec::new();
    for place in places {
        let message = base.message();
        if message.pointer(place).is_none_or(|value| !value.is_string()) {
            continue;
        }
        for text in HOSTILE {
            for text in [
                text.to_owned(),
                format!("{}{text}", message.pointer(place).and_then(Value::as_str).unwrap_or_default()),
            ] {
                let mut message = message.clone();
                if let Some(at) = message.pointer_mut(place) {
                    *at = json!(text);
                }
                let mutation = format!("hostile text {} at {place}", json!(text));
                all.push(Act { subject: base.act.subject.clone(), mutation, ..Act::plain(message) });
            }
        }
    }
    all
}

fn unknown_method(bases: &[Base]) -> Act {
    let mut message = bases.first().map(Base::message).unwrap_or_default();
    message["method"] = json!("assay/no-such-method");
    Act {
        mutation: "no such method".to_owned(),
        expect: Expect::ErrorOf(vec![METHOD_NOT_FOUND]),
        ..Act::plain(message)
    }
}

/// The message broken in every way.
fn every_way(messages: &Messages, base: &Base, choices: &mut Choices) -> Vec<Act> {
    let message = marked_with_id(base);
    let Some(method) = base.act.method().and_then(|name| messages.method(name, MethodKind::Request)) else {
        return Vec::new();
    };
    let mut all: Vec<Act> = messages
        .mutations(method, &message, choices)
        .iter()
        .filter_map(|mutated| mutated_act(messages, base, mutated))
        .collect();
    if let Some((values, arguments)) = arguments_of(base, &message) {
        let broken = values.mutations(&arguments, choices);
        all.extend(broken.iter().map(|mutated| argument_act(base, &message, mutated)));
    }
    all
}

/// A message broken in one way.
pub fn broken(messages: &Messages, base: &Base, value: &Value, choices: &mut Choices) -> Option<Act> {
    let mut message = value.clone();
    message["id"] = json!(ID_MARK);
    if let Some((values, arguments)) = arguments_of(base, &message)
        && choices.once_in(2)
    {
        let mutated = values.mutate(&arguments, choices)?;
        return Some(argument_act(base, &message, &mutated));
    }
    let method = messages.method(base.act.method()?, MethodKind::Request)?;
    mutated_act(messages, base, &messages.mutate(method, &message, choices)?)
}

fn arguments_of(base: &Base, message: &Value) -> Option<(SchemaValues, Value)> {
    let values = SchemaValues::new(base.arguments.as_ref()?).ok()?;
    Some((values, message.pointer("/params/arguments")?.clone()))
}

fn marked_with_id(base: &Base) -> Value {
    let message = base.message();
    let mut marked = serde_json::Map::new();
    if let Value::Object(members) = message {
        for (name, member) in members {
            let first = marked.is_empty();
            marked.insert(name, member);
            if first {
                marked.insert("id".to_owned(), json!(ID_MARK));
            }
        }
    }
    Value::Object(marked)
}

fn mutated_act(messages: &Messages, base: &Base, mutated: &Mutated) -> Option<Act> {
    let at = mutated.at.as_str();
    let subject = base.act.subject.as_str();
    // What else a tool of another name would do is not ours to find out.
    let method = base.act.method()?;
    let mut act = act_of(subject, &label(mutated.mutation, at), &mutated.text);
    let inner = at.strip_prefix("/params/").is_some_and(|inner| !inner.starts_with("_meta"));
    let doubtful = matches!(
        mutated.mutation,
        Mutation::LoneSurrogate | Mutation::DuplicateMember | Mutation::DeepNesting | Mutation::HugeNumber
    );
    act.expect = match mutated.expected {
        _ if !inner || doubtful || stays_open(method) => Expect::Anything,
        // What is refused anyway may be refused for that.
        Expected::MustReject => Expect::Codes(messages.refusals(mutated).into_iter().chain(base.code).collect()),
        Expected::MayReject | Expected::MustAccept => Expect::Answer,
    };
    Some(act)
}

fn argument_act(base: &Base, message: &Value, mutated: &Mutated) -> Act {
    let place = format!("{ID_MARK}0");
    let mut message = message.clone();
    message["params"]["arguments"] = json!(place);
    let text = message.to_string();
    let arguments = String::from_utf8_lossy(&mutated.text).into_owned();
    let text = text.replacen(&format!("\"{place}\""), &arguments, 1);
    let at = format!("/params/arguments{}", mutated.at);
    let mut act = act_of(&base.act.subject, &label(mutated.mutation, &at), text.as_bytes());
    let doubtful = matches!(
        mutated.mutation,
        Mutation::LoneSurrogate | Mutation::DuplicateMember | Mutation::DeepNesting | Mutation::HugeNumber
    );
    // Which code an argument is refused with is for the tool to say; that it is refused is not, where no reading of it fits.
    let plainly_wrong = matches!(mutated.mutation, Mutation::DropMember) && !mutated.at.is_empty();
    act.expect = match mutated.expected {
        _ if doubtful => Expect::Anything,
        Expected::MustReject if plainly_wrong => Expect::Refusal,
        _ => Expect::Answer,
    };
    act
}

fn label(mutation: Mutation, at: &str) -> String {
    format!("{} at {}", mutation.name(), if at.is_empty() { "/" } else { at })
}

/// An act from the text of a message whose id is the mark: as a value where that loses nothing.
fn act_of(subject: &str, mutation: &str, text: &[u8]) -> Act {
    let mark = ID_MARK.to_string();
    let value = serde_json::from_slice::<Value>(text).ok().filter(|value| value.to_string().as_bytes() == text);
    let body = match value {
        Some(Value::Object(mut members)) => {
            let counted = members.get("id").is_some_and(|id| *id == json!(ID_MARK));
            if counted {
                members.shift_remove("id");
            }
            let id = if counted { IdForm::Counted } else { IdForm::Own };
            Body::Message { value: Value::Object(members), id }
        }
        _ => Body::Bytes(replaced(text, mark.as_bytes(), b"{id}")),
    };
    let act = Act::plain(Value::Null);
    Act { subject: subject.to_owned(), mutation: mutation.to_owned(), body, ..act }
}

fn replaced(text: &[u8], part: &[u8], with: &[u8]) -> Vec<u8> {
    match text.windows(part.len()).position(|window| window == part) {
        Some(at) => {
            let (before, rest) = text.split_at(at);
            [before, with, &replaced(rest.get(part.len()..).unwrap_or_default(), part, with)].concat()
        }
        None => text.to_vec(),
    }
}

/// What is no message at all.
fn bytes(base: &Base, after: &Act, http: bool) -> Vec<Case> {
    let text = marked_with_id(base).to_string();
    let broken = broken_bytes(text.as_bytes()).into_iter().filter(|broken| match broken.framing {
        Framing::Any => true,
        Framing::Http => http,
        // Without an end it would swallow what others send.
        Framing::Stdio => !http && broken.bytes.ends_with(b"\n"),
    });
    broken
        .map(|broken| {
            let mut bytes = broken.bytes;
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            }
            let bytes = replaced(&bytes, ID_MARK.to_string().as_bytes(), b"{id}");
            let act = Act {
                subject: "bytes".to_owned(),
                mutation: broken.name.to_owned(),
                body: Body::Bytes(bytes),
                expect: Expect::Anything,
                ..Act::plain(Value::Null)
            };
            // What comes behind it shows whether it was read to its end and no further.
            Case { acts: vec![act, after.clone()], alone: false }
        })
        .collect()
}

/// Every notification, valid and broken.
fn notifications(messages: &Messages, hints: &Hints, choices: &mut Choices) -> Vec<Case> {
    let mut all = Vec::new();
    let methods: Vec<_> = messages.methods().iter().filter(|method| method.kind == MethodKind::Notification).collect();
    for method in methods {
        let Ok(message) = messages.generate(method, &Value::Null, hints, choices) else { continue };
        let plain = Act { expect: Expect::Nothing, ..Act::plain(message.clone()) };
        let plain = Act { body: Body::Message { value: message.clone(), id: IdForm::Own }, ..plain };
        all.push(alone(plain));
        for mutated in messages.mutations(method, &message, choices) {
            let mut act = act_of(&method.name, &label(mutated.mutation, &mutated.at), &mutated.text);
            // Whatever is wrong in its parameters, a notification it is; where something else is, who knows.
            let is_one = mutated.at.starts_with("/params") && matches!(act.body, Body::Message { .. });
            act.expect = if is_one { Expect::Nothing } else { Expect::Anything };
            all.push(Case { acts: vec![act], alone: is_one && mutated.at == "/params" });
        }
    }
    all
}
