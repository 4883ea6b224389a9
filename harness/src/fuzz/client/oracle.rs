//! What is wrong with what a client did.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::baseline::{Baseline, broken, said, sent};
use super::case::{Case, Nature};
use super::catalogue::UNASKED_TOOL;
use super::crash::crash;
use super::play::Trace;
use crate::check::Judge;
use crate::requirement::{Catalogue, Level};
use crate::transcript::{Event, What};

/// Memory, in KiB, that a client may take more than where nothing is wrong. The largest answer is far below.
const MUCH: u64 = 256 * 1024;
/// A client that has to be killed is busy for nothing if it worked for more than this share of its time.
const BUSY_PERCENT: u128 = 60;
/// Shorter runs say nothing about that.
const LONG: Duration = Duration::from_secs(2);

/// What is judged elsewhere: whether a program looks at what was negotiated, `mcp-assay client` says.
const ELSEWHERE: [&str; 1] = ["lifecycle.client-only-negotiated-capabilities"];

/// A notification that cannot be read for one may be called unreadable: what we send is often no message of the revision.
const UNANSWERED: &str = "base.notification-not-answered";
/// Codes that say so: parse error, invalid request.
const UNREADABLE: [i64; 2] = [-32700, -32600];

/// What found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Oracle {
    /// It dies.
    Crash,
    /// It does not end, and has nothing to wait for.
    Hang,
    /// It does not end, and is busy.
    Spins,
    /// It takes much more memory.
    Memory,
    /// It breaks a requirement that it keeps otherwise.
    Rule,
    /// It answers a request twice.
    Twice,
    /// It answers what nobody asked.
    Unasked,
    /// It leaves a request unanswered, and goes on.
    NoAnswer,
    /// It takes what answers another request for the answer to its own.
    Believed,
    /// It does something else where it is told the same.
    Differs,
}

impl Oracle {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::Crash,
        Self::Hang,
        Self::Spins,
        Self::Memory,
        Self::Rule,
        Self::Twice,
        Self::Unasked,
        Self::NoAnswer,
        Self::Believed,
        Self::Differs,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Hang => "hang",
            Self::Spins => "spins",
            Self::Memory => "memory",
            Self::Rule => "rule",
            Self::Twice => "twice",
            Self::Unasked => "unasked",
            Self::NoAnswer => "no-answer",
            Self::Believed => "believed",
            Self::Differs => "differs",
        }
    }

    /// What it means, as the end of "the client ...".
    pub const fn about(self) -> &'static str {
        match self {
            Self::Crash => "dies",
            Self::Hang => "does not end, with nothing left to wait for",
            Self::Spins => "does not end, and is busy all the time",
            Self::Memory => "takes much more memory than ever",
            Self::Rule => "breaks a requirement that it keeps otherwise",
            Self::Twice => "answers a request twice",
            Self::Unasked => "answers what nobody asked",
            Self::NoAnswer => "never answers a request, and goes on",
            Self::Believed => "takes the answer to another request for that to its own",
            Self::Differs => "does something else where it is told the same in other words",
        }
    }
}

impl fmt::Display for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something that looks wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// What found it.
    pub oracle: Oracle,
    /// What tells it from others of the oracle.
    pub sign: String,
    /// What was seen.
    pub seen: String,
}

impl Suspicion {
    fn new(oracle: Oracle, sign: &str, seen: &str) -> Self {
        Self { oracle, sign: sign.to_owned(), seen: seen.to_owned() }
    }

    /// That it does not end with a case.
    pub fn hang(case: &Case, seen: &str) -> Self {
        Self::new(Oracle::Hang, case.wrong(), seen)
    }

    /// Whether both are the same, found twice.
    pub fn is_like(&self, other: &Self) -> bool {
        self.oracle == other.oracle && self.sign == other.sign
    }
}

/// Everything that looks wrong in a run.
pub fn judge(trace: &Trace, case: &Case, baseline: &Baseline, judge: &Judge) -> Vec<Suspicion> {
    let mut found = Vec::new();
    let words = trace.words();
    let crashed = crash(trace.end.as_ref(), &words);
    let ended = trace.end.is_some();
    if let Some((sign, seen)) = &crashed {
        found.push(Suspicion::new(Oracle::Crash, sign, seen));
    }
    if !ended && baseline.end.is_some() {
        found.extend(outlived(trace, case, baseline));
    }
    if trace.used.peak > baseline.peak + MUCH {
        let seen = format!("{} MiB, {} where nothing is wrong", trace.used.peak / 1024, baseline.peak / 1024);
        found.push(Suspicion::new(Oracle::Memory, case.wrong(), &seen));
    }
    for (requirement, seen) in broken(trace, judge) {
        let elsewhere = case.is_about_an_id() || ELSEWHERE.contains(&requirement.as_str());
        let refused = requirement == UNANSWERED && only_refuses(sent(&trace.events));
        if !elsewhere && !refused && !baseline.broken.contains(&requirement) && is_must(&requirement) {
            found.push(Suspicion::new(Oracle::Rule, &requirement, &seen));
        }
    }
    found.extend(answers(trace, case, crashed.is_none() && ended));
    let unasked = |message: Value| message.pointer("/params/name").and_then(Value::as_str) == Some(UNASKED_TOOL);
    if sent(&trace.events).any(unasked) {
        let seen = format!("it calls {UNASKED_TOOL}, which only the answer to another request lists");
        found.push(Suspicion::new(Oracle::Believed, "", &seen));
    }
    if let (Nature::Same, Some(before), true, true) = (case.nature, &baseline.said, ended, crashed.is_none()) {
        found.extend(
            difference(before, &said(&trace.events)).map(|seen| Suspicion::new(Oracle::Differs, case.wrong(), &seen)),
        );
    }
    found
}

fn outlived(trace: &Trace, case: &Case, baseline: &Baseline) -> Option<Suspicion> {
    let (busy, took) = (u128::from(trace.used.busy_ms), trace.took.as_millis());
    if trace.took >= LONG && busy * 100 > took * BUSY_PERCENT {
        let seen = format!("still there after {} s, of which it worked {} s", took / 1000, busy / 1000);
        return Some(Suspicion::new(Oracle::Spins, case.wrong(), &seen));
    }
    let seen = format!(
        "still there after {} s, where {} ms are enough when nothing is wrong",
        trace.took.as_secs(),
        baseline.took.as_millis()
    );
    (case.nature != Nature::Broken).then(|| Suspicion::hang(case, &seen))
}

/// Whether what it answers without an id says nothing but that something cannot be read.
fn only_refuses(mut sent: impl Iterator<Item = Value>) -> bool {
    let is_named = |message: &Value| message.get("id").is_some_and(|id| !id.is_null());
    let code = |message: &Value| message.pointer("/error/code").and_then(Value::as_i64);
    sent.all(|message| {
        message.get("method").is_some()
            || is_named(&message)
            || code(&message).is_some_and(|code| UNREADABLE.contains(&code))
    })
}

fn is_must(requirement: &str) -> bool {
    let row = Catalogue::embedded().ok().and_then(|catalogue| catalogue.get(requirement));
    row.is_some_and(|row| matches!(row.level, Level::Must | Level::MustNot))
}

/// Its answers to what the server asked. `well`: it ended in good order.
fn answers(trace: &Trace, case: &Case, well: bool) -> Vec<Suspicion> {
    let mut found = Vec::new();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let mut after: BTreeMap<String, usize> = BTreeMap::new();
    let asked = received(&trace.events);
    for message in sent(&trace.events) {
        if message.get("method").is_some() {
            after.values_mut().for_each(|count| *count += 1);
            continue;
        }
        let Some(id) = message.get("id").filter(|id| !id.is_null()).map(Value::to_string) else { continue };
        *times.entry(id.clone()).or_default() += 1;
        after.entry(id.clone()).or_default();
        // As it stands in a message that may be broken in other ways.
        let plain = id.trim_matches('"');
        if !case.is_about_an_id() && ![&id, plain, &escaped(plain)].into_iter().any(|id| asked.contains(id)) {
            let of = if case.asks.is_empty() { "" } else { "a request" };
            found.push(Suspicion::new(Oracle::Unasked, of, &message.to_string()));
        }
    }
    for id in &case.asks {
        let count = times.get(id).copied().unwrap_or(0);
        let came = asked.contains(id.as_str()) || asked.contains(&escaped(id));
        if count > 1 {
            found.push(Suspicion::new(Oracle::Twice, "", &format!("{count} answers to the request {id}")));
        }
        // One that has hardly begun when it ends may not have come to it.
        if count == 0 && came && well && went_on(&trace.events, id) {
            found.push(Suspicion::new(Oracle::NoAnswer, case.wrong(), &format!("the request {id} is not answered")));
        }
    }
    found
}

/// As JSON may spell it with nothing but ASCII.
fn escaped(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }).collect()
}

/// All that the server said, in one text.
fn received(events: &[Event]) -> String {
    let texts = events.iter().filter_map(|event| match &event.what {
        What::Received { bytes, .. } => Some(bytes.text()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// Requests of the client's after a message of the server's from which on nobody has to hurry.
const GOING_ON: usize = 3;

/// Whether the client went on after the server had asked this.
fn went_on(events: &[Event], id: &str) -> bool {
    let at = events.iter().position(|event| match &event.what {
        What::Received { bytes, .. } => bytes.text().contains(id) && bytes.text().contains("\"method\""),
        _ => false,
    });
    let rest = at.and_then(|at| events.get(at..)).unwrap_or_default();
    sent(rest).filter(|message| message.get("method").is_some() && message.get("id").is_some()).count() >= GOING_ON
}

/// The first message that is in only one of two lists.
fn difference(before: &[String], now: &[String]) -> Option<String> {
    let mut left: Vec<&String> = now.iter().collect();
    for message in before {
        match left.iter().position(|other| *other == message) {
            Some(at) => drop(left.remove(at)),
            None => return Some(format!("it does not send {}", short(message))),
        }
    }
    left.first().map(|message| format!("it sends {} besides", short(message)))
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn to_call_something_unreadable_is_no_answer() {
        let error = |code: i64| json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": "m" } });
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
        let without = json!({ "jsonrpc": "2.0", "error": { "code": -32600, "message": "m" } });
        assert!(only_refuses([request.clone(), error(-32700), without].into_iter()));
        assert!(!only_refuses([request.clone(), error(-32601)].into_iter()));
        assert!(!only_refuses([request, json!({ "jsonrpc": "2.0", "id": null, "result": {} })].into_iter()));
    }
}
