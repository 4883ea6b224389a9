//! Answers that are broken, or do not come.

use serde_json::{Value, json};

use super::{Matter, case, literal, raw, rule};
use crate::action::{Bytes, Made};
use crate::fuzz::client::baseline::{Answer, ID_MARK};
use crate::fuzz::client::case::{Case, Nature};
use crate::generate::{Choices, Expected, Framing, MethodKind, Mutated, Mutation as Breaks, broken_bytes};
use crate::scenario::{Answering, Mutation};

/// Characters of a text that is huge.
const HUGE: usize = 4 << 20;
/// Levels of a value that is deep.
const DEEP: usize = 100_000;

pub(super) fn all(matter: &Matter<'_>, choices: &mut Choices) -> Vec<Case> {
    let mut all = Vec::new();
    for answer in &matter.baseline.answers {
        all.extend(lost(answer));
        all.extend(identified(answer));
        all.extend(errors(answer));
        all.extend(bytes(matter, answer));
        all.extend(huge(answer));
        all.extend(shapes(matter, answer, choices));
    }
    all
}

/// It does not come, or not whole.
fn lost(answer: &Answer) -> Vec<Case> {
    let text = answer.value.to_string();
    let half = text.get(..text.len() / 2).unwrap_or_default();
    let method = answer.method.as_str();
    let with = |answering, bytes: &str| Mutation { answering, ..raw(method, bytes.as_bytes()) };
    vec![
        case(method, "closed", Nature::Closed, Mutation { answering: Answering::Close, ..rule(method) }),
        case(method, "cut", Nature::Closed, with(Answering::Cut, half)),
        case(method, "stalled", Nature::Broken, with(Answering::Stall, half)),
        case(method, "never", Nature::Broken, Mutation { answering: Answering::Never, ..rule(method) }),
        case(method, "twice", Nature::Answered, Mutation { answering: Answering::Twice, ..rule(method) }),
    ]
}

/// Its id is another.
fn identified(answer: &Answer) -> Vec<Case> {
    let ids = [
        ("another", json!(918_273_645)),
        ("a text", json!(ID_MARK.to_string())),
        ("null", Value::Null),
        ("a fraction", json!(0.5)),
        ("a list", json!([ID_MARK])),
        ("an object", json!({ "id": ID_MARK })),
        ("true", json!(true)),
        ("below zero", json!(-1)),
        ("large", json!(u64::MAX)),
        ("an empty text", json!("")),
    ];
    let with = |name: &str, value: &Value| {
        case(&answer.method, &format!("id: {name}"), Nature::Broken, raw(&answer.method, value.to_string().as_bytes()))
    };
    let mut all: Vec<Case> = Vec::new();
    for (name, id) in ids {
        let mut value = answer.value.clone();
        value["id"] = id;
        all.push(with(name, &value));
    }
    let mut without = answer.value.clone();
    without.as_object_mut().and_then(|members| members.shift_remove("id"));
    all.push(with("none", &without));
    all
}

/// It is an error, mostly a broken one.
fn errors(answer: &Answer) -> Vec<Case> {
    let id = json!(ID_MARK);
    let errors = [
        ("internal", json!({ "code": -32603, "message": "Internal error" })),
        ("unknown", json!({ "code": 7, "message": "", "data": { "a": [null] } })),
        ("null", Value::Null),
        ("a text", json!("failed")),
        ("a list", json!([])),
        ("empty", json!({})),
        ("without code", json!({ "message": "m" })),
        ("without message", json!({ "code": -32603 })),
        ("code: a text", json!({ "code": "x", "message": "m" })),
        ("code: huge", json!({ "code": 1e300, "message": "m" })),
        ("code: a fraction", json!({ "code": 0.5, "message": "m" })),
        ("message: null", json!({ "code": 1, "message": null })),
        ("message: an object", json!({ "code": 1, "message": {} })),
        ("message: escapes", json!({ "code": 1, "message": "\u{1b}[2J%s%n{}\0\u{202e}" })),
        ("version", json!({ "code": -32022, "message": "m", "data": { "supported": null } })),
        ("elicitation", json!({ "code": -32042, "message": "m", "data": { "elicitations": [null] } })),
    ];
    let with = |name: &str, value: Value| {
        case(
            &answer.method,
            &format!("error: {name}"),
            Nature::Broken,
            raw(&answer.method, value.to_string().as_bytes()),
        )
    };
    let mut all: Vec<Case> = errors
        .into_iter()
        .map(|(name, error)| with(name, json!({ "jsonrpc": "2.0", "id": id, "error": error })))
        .collect();
    let mut both = answer.value.clone();
    both["error"] = json!({ "code": 1, "message": "m" });
    all.push(with("with result", both));
    all.push(with("neither", json!({ "jsonrpc": "2.0", "id": id })));
    all
}

/// It is no message.
fn bytes(matter: &Matter<'_>, answer: &Answer) -> Vec<Case> {
    let fits = |framing: Framing| framing == Framing::Any || (framing == Framing::Http) == matter.is_http();
    let broken = broken_bytes(answer.value.to_string().as_bytes()).into_iter().filter(|broken| fits(broken.framing));
    broken
        .map(|broken| {
            let line = broken.bytes.strip_suffix(b"\n").unwrap_or(&broken.bytes);
            case(&answer.method, broken.name, Nature::Broken, raw(&answer.method, line))
        })
        .collect()
}

/// It has more in it than anybody can use.
fn huge(answer: &Answer) -> Vec<Case> {
    let text = |text: &str| Bytes::Text(text.to_owned());
    let many = |text: &str, times| Bytes::Made(Made::Repeat { text: text.to_owned(), times });
    let head = || text("{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{\"a\":");
    let with = |name: &str, parts: Vec<Bytes>| {
        let raw = Some(Bytes::Made(Made::Join(parts)));
        case(&answer.method, name, Nature::Broken, Mutation { raw, ..rule(&answer.method) })
    };
    let rest = answer.value.get("result").map(Value::to_string).unwrap_or_default();
    let rest = literal(format!(",{}}}", rest.get(1..).unwrap_or_default()).as_bytes());
    vec![
        with("huge text", vec![head(), text("\""), many("a", HUGE), text("\""), rest.clone()]),
        with("huge list", vec![head(), text("["), many("0,", HUGE / 8), text("0]"), rest.clone()]),
        with("deep lists", vec![head(), many("[", DEEP), many("]", DEEP), rest.clone()]),
        with("deep objects", vec![head(), many("{\"a\":", DEEP), text("1"), many("}", DEEP), rest]),
    ]
}

/// It is broken in one place.
fn shapes(matter: &Matter<'_>, answer: &Answer, choices: &mut Choices) -> Vec<Case> {
    let Some(method) = matter.messages.method(&answer.method, MethodKind::Result) else { return Vec::new() };
    let mutated = matter.messages.mutations(method, &answer.value, choices).into_iter();
    mutated
        .map(|mutated| {
            let wrong = format!("{} at {}", mutated.mutation.name(), mutated.at);
            case(&answer.method, &wrong, nature(&mutated), raw(&answer.method, &mutated.text))
        })
        .collect()
}

/// An answer whose shape is right, and that every reader can read, is an answer.
fn nature(mutated: &Mutated) -> Nature {
    let readable = matches!(
        mutated.mutation,
        Breaks::ExtraMember | Breaks::Empty | Breaks::LongString | Breaks::UnicodeEdge | Breaks::NumberSpelling
    );
    let right = mutated.expected != Expected::MustReject && readable && !mutated.at.starts_with("/id");
    if right { Nature::Answered } else { Nature::Broken }
}
