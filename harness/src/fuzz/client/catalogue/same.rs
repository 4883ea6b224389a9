//! The same in other words.

use serde_json::json;

use super::{Matter, case, event, raw, rule, stream};
use crate::action::Chunks;
use crate::fuzz::client::baseline::Answer;
use crate::fuzz::client::case::{Case, Nature};
use crate::generate::{Framing, same_value};
use crate::scenario::Mutation;

pub(super) fn all(matter: &Matter<'_>) -> Vec<Case> {
    let mut all = Vec::new();
    for answer in &matter.baseline.answers {
        let method = answer.method.as_str();
        let same = |wrong: &str, rule: Mutation| case(method, wrong, Nature::Same, rule);
        let fits = |framing: Framing| framing == Framing::Any || (framing == Framing::Http) == matter.is_http();
        let spelled = same_value(&answer.value).into_iter().filter(|spelled| fits(spelled.framing));
        all.extend(spelled.map(|spelled| same(&format!("spelled {}", spelled.name), raw(method, &spelled.text))));
        let length = answer.value.to_string().len();
        for (name, counts) in [("in halves", vec![length / 2]), ("byte by byte", vec![1])] {
            all.push(same(&format!("sent {name}"), Mutation { chunks: Chunks(counts), ..rule(method) }));
        }
        // Beside `jsonrpc`, `id` and `result` no revision says that more may be there.
        for at in ["/result/assay-unknown", "/result/_meta/assay.example~1unknown"] {
            let mut rule = rule(method);
            rule.set.insert(at.to_owned(), json!({ "a": [1, null] }));
            all.push(same(&format!("unknown member at {at}"), rule));
        }
        if matter.is_http() {
            all.extend(streams(answer));
        }
    }
    all
}

/// As an event stream, which a client has to take in every form that the format allows.
fn streams(answer: &Answer) -> Vec<Case> {
    let method = answer.method.as_str();
    let text = answer.value.to_string();
    let plain = String::from_utf8(event(text.as_bytes())).unwrap_or_default();
    let pretty = serde_json::to_string_pretty(&answer.value).unwrap_or_default();
    let lines: String = pretty.lines().map(|line| format!("data: {line}\n")).collect();
    let forms = [
        ("plain", plain.clone()),
        ("CR LF", plain.replace('\n', "\r\n")),
        ("CR", plain.replace('\n', "\r")),
        ("byte order mark", format!("\u{feff}{plain}")),
        ("comments", format!(": a\n:\n\n{plain}")),
        ("no space", format!("data:{text}\n\n")),
        ("several lines", format!("{lines}\n")),
        ("unknown fields", format!("assay: 1\nassay\n{plain}")),
        ("fields of others", format!("event: message\nretry\n{plain}")),
    ];
    let mut all: Vec<Case> = forms
        .iter()
        .map(|(name, text)| case(method, &format!("stream: {name}"), Nature::Same, stream(method, text.as_bytes())))
        .collect();
    let pieces = Mutation { chunks: Chunks(vec![1]), ..stream(method, plain.as_bytes()) };
    all.push(case(method, "stream: byte by byte", Nature::Same, pieces));
    let pieces = Mutation { chunks: Chunks(vec![plain.len() - 1]), ..stream(method, plain.as_bytes()) };
    all.push(case(method, "stream: the last byte late", Nature::Same, pieces));
    all
}
