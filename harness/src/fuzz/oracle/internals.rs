//! Whether an answer tells what is none of a client's business, or carries what a client sent into a header.

use std::sync::LazyLock;

use regex::Regex;

use super::answer::short;
use super::{Oracle, Suspicion};
use crate::fuzz::peer::Reply;
use crate::fuzz::{Act, Body};

/// A header that nothing but a message of ours, taken for a header, can have made.
pub const MARK: &str = "X-Assay-Mark";

/// What stack traces look like, in the languages that servers are written in, as they are and as they stand in JSON.
const TRACES: &[&str] = &[
    r"Traceback \(most recent call last\)",
    r#"File \\?"[^"\n]+\.py\\?", line \d+"#,
    r"(\n|\\n)\s+at [\w.<>$ \[\]]+\(?[^\s()]+:\d+:\d+\)?",
    r"(\b|\\t)at [\w$.]+\([\w$]+\.(java|kt|scala):\d+\)",
    r"goroutine \d+ \[",
    r"panicked at [^\s]+\.rs:\d+",
    r"\bin [/A-Za-z][^\s:]*\.(cs|rb|php|go):(line )?\d+",
];
/// What places in a program's own files look like.
const PLACES: &[&str] = &[
    r"/(site|dist)-packages/",
    r"/node_modules/",
    r"(/[\w.@-]+){2,}\.(py|js|mjs|cjs|ts|rs|go|rb|php|java):\d+",
    r"(/usr|/opt|/home|/root|/srv|/app|/var)(/[\w.@-]+){2,}\.(py|js|mjs|cjs|ts|rs|go|rb|php|java|so|jar|conf|toml|env|json|ya?ml|db|sqlite|log|txt)\b",
];

static TRACE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&TRACES.join("|")).ok());
static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&PLACES.join("|")).ok());

/// Judge what came back for an act.
pub(super) fn judge(act: &Act, reply: &Reply, place: (usize, usize), found: &mut Vec<Suspicion>) {
    for (name, _) in &reply.headers {
        if name.eq_ignore_ascii_case(MARK) {
            found.push(Suspicion::at(
                Oracle::Reflected,
                place,
                act.kind().into_owned(),
                format!("the header {name} came back"),
            ));
        }
    }
    let refused = reply.is_refused();
    let failed = reply.result().is_some_and(|result| result.get("isError") == Some(&serde_json::Value::Bool(true)));
    if !refused && !failed {
        return;
    }
    let of_message = reply.answer().and_then(|answer| answer.value.as_ref()).map(texts).unwrap_or_default();
    let text = if of_message.is_empty() { reply.text.clone() } else { of_message };
    // What a tool says about files in an error of its own may be its business; a stack trace never is.
    let places = if refused { PLACE.as_ref() } else { None };
    for pattern in [TRACE.as_ref(), places].into_iter().flatten() {
        if let Some(hit) = pattern.find(&text)
            && !sent(act, hit.as_str())
        {
            let seen = format!("{} in {}", hit.as_str().trim(), short(&text));
            found.push(Suspicion::at(Oracle::Internals, place, sign(hit.as_str()), seen));
            return;
        }
    }
}

/// What is the same of it wherever the program is installed, and in the next version.
fn sign(hit: &str) -> String {
    let names = hit.trim().split('/').next_back().unwrap_or_default();
    names.chars().filter(|c| !c.is_ascii_digit()).take(80).collect()
}

/// What was seen was taken for this: a regular expression, which holds for what is like it, too.
pub fn internals_like(seen: &str) -> String {
    // The line break and the blanks before it were left out.
    let text = format!("\n {seen}");
    let is = |pattern: &&&str| Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(&text));
    let hit = || regex::escape(seen.split(" in ").next().unwrap_or_default());
    TRACES.iter().chain(PLACES).find(is).map_or_else(hit, |pattern| (*pattern).to_owned())
}

/// Whether it is only what was sent.
fn sent(act: &Act, text: &str) -> bool {
    match &act.body {
        Body::Message { value, .. } => texts(value).contains(text),
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).contains(text),
    }
}

/// All strings in a value, a line each.
fn texts(value: &serde_json::Value) -> String {
    use serde_json::Value;
    let mut all = String::new();
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::String(text) => {
                all.push_str(text);
                all.push('\n');
            }
            Value::Array(items) => rest.extend(items),
            Value::Object(members) => rest.extend(members.values()),
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_place_is_the_same_wherever_it_is_installed() {
        assert_eq!(sign("/srv/one/node_modules/a/index.js:163"), sign("/opt/a/index.js:7"));
        assert_eq!(internals_like("/srv/one/index.js:163 in Error"), PLACES[2]);
        assert_eq!(internals_like("at f (index.js:1:2) in Error"), TRACES[2]);
        assert_eq!(internals_like("a.b in an error"), r"a\.b");
    }

    #[test]
    fn traces_and_places_are_known_and_ordinary_texts_are_not() {
        let (trace, place) = (TRACE.as_ref().unwrap(), PLACE.as_ref().unwrap());
        for text in [
            "Traceback (most recent call last):\n  File \"x.py\", line 3",
            "Error: no\n    at Object.handle (/srv/app/index.js:10:5)",
            "java.lang.NullPointerException\n\tat com.example.Tool.call(Tool.java:17)",
            "thread 'main' panicked at src/main.rs:3",
            "goroutine 12 [running]:",
            r#"{"message":"File \"x.py\", line 3"}"#,
            r#"{"message":"Error: no\n    at Object.handle (/srv/app/index.js:10:5)"}"#,
            r#"{"stack":"NullPointerException\n\tat com.example.Tool.call(Tool.java:17)"}"#,
        ] {
            assert!(trace.is_match(text), "{text}");
        }
        assert!(place.is_match("cannot read /usr/lib/python3/dist-packages/x"));
        assert!(place.is_match("failed at /home/dev/server/tool.py:12"));
        for text in [
            "Unknown tool: a/b",
            "at least one item is needed, at index 3",
            "MCP error -32602: Invalid arguments: [{\"path\":[\"a\"]}]",
            "For further information visit https://errors.pydantic.dev/2.11/v/missing",
            "file:///docs/readme.md was not found",
        ] {
            assert!(!trace.is_match(text) && !place.is_match(text), "{text}");
        }
    }
}
