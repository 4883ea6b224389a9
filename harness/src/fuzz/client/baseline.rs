//! What the client does where nothing is wrong: what there is to break, and what to compare with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::play::Trace;
use crate::check::{Judge, Outcome};
use crate::scenario::{CLIENT, PROCESS};
use crate::transcript::{Event, Index, ProcessEnd, What};
use crate::wire::message;

/// Stands for the id of a request while an answer is worked on; no number that anything else has.
pub const ID_MARK: u64 = 8_210_671_543_209_876;
/// Methods that only take up contact.
const GREETINGS: [&str; 2] = ["initialize", "server/discover"];
/// How much a run may take that is no run to speak of.
const LEAST: Duration = Duration::from_millis(200);
/// One that has said nothing for so long at the end of its time has said all that it says.
const SILENCE: Duration = Duration::from_secs(5);

/// An answer of the server's, as the client got it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The method that it answers.
    pub method: String,
    /// It, with [`ID_MARK`] as its id.
    pub value: Value,
}

/// What the client does with a conforming server.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// The first answer to each method, in the order of the requests.
    pub answers: Vec<Answer>,
    /// Its messages, masked; none where they are not the same each time.
    pub said: Option<Vec<String>>,
    /// How it ends by itself, where it does so each time.
    pub end: Option<ProcessEnd>,
    /// Requirements that it breaks even so.
    pub broken: BTreeSet<String>,
    /// The longest that it took.
    pub took: Duration,
    /// The longest until the last message crossed.
    pub talked: Duration,
    /// The most memory that it took, in KiB.
    pub peak: u64,
}

impl Baseline {
    /// From runs without anything wrong.
    ///
    /// # Errors
    /// In words, where the client does not get to the point from which on anything can be tried.
    pub fn of(traces: &[Trace], judge: &Judge) -> Result<Self, String> {
        let mut found: Option<Self> = None;
        for trace in traces {
            let one = Self::of_one(trace, judge)?;
            found = Some(match found {
                None => one,
                Some(before) => before.and(one),
            });
        }
        found.ok_or_else(|| "there was no run".to_owned())
    }

    fn of_one(trace: &Trace, judge: &Judge) -> Result<Self, String> {
        let answers = answers(&trace.events);
        if !answers.iter().any(|answer| !GREETINGS.contains(&answer.method.as_str())) {
            return Err(why_not(trace, &answers));
        }
        if is_at_work(trace) {
            return Err(format!("it is still at work after {} s, where nothing is wrong", trace.took.as_secs()));
        }
        Ok(Self {
            answers,
            said: Some(said(&trace.events)),
            end: trace.end.clone(),
            broken: broken(trace, judge).into_keys().collect(),
            took: trace.took.max(LEAST),
            talked: trace.talked(),
            peak: trace.used.peak,
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            said: self.said.filter(|said| other.said.as_ref() == Some(said)),
            end: self.end.filter(|end| other.end.as_ref() == Some(end)),
            broken: self.broken.into_iter().chain(other.broken).collect(),
            took: self.took.max(other.took),
            talked: self.talked.max(other.talked),
            peak: self.peak.max(other.peak),
            answers: self.answers,
        }
    }

    /// The answer to a method.
    pub fn answer(&self, method: &str) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.method == method)
    }
}

/// Whether it was killed in the midst of what it does.
fn is_at_work(trace: &Trace) -> bool {
    trace.end.is_none() && trace.talked() + SILENCE > trace.took
}

fn why_not(trace: &Trace, answers: &[Answer]) -> String {
    let end = match &trace.end {
        Some(ProcessEnd::Code(code)) => format!("it ended with exit code {code}"),
        Some(ProcessEnd::Signal(signal)) => format!("signal {signal} ended it"),
        _ => format!("it had not ended after {} s", trace.took.as_secs()),
    };
    let came = match answers.iter().map(|answer| answer.method.as_str()).collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "no request of its was answered".to_owned(),
        all => format!("it came no further than {all}"),
    };
    let words = trace.words();
    let last = words.trim().lines().last().unwrap_or_default();
    let last = if last.is_empty() { String::new() } else { format!("; the last that it said: {last}") };
    format!("{came}, and {end}{last}")
}

/// Answers with results, the first to each method.
fn answers(events: &[Event]) -> Vec<Answer> {
    let index = Index::of(events);
    let mut found: Vec<Answer> = Vec::new();
    for stream in index.streams.values() {
        let asked = usize::try_from(stream.sent).ok().and_then(|n| events.get(n.checked_sub(1)?));
        let Some(What::Sent { bytes, .. }) = asked.map(|event| &event.what) else { continue };
        let answer = stream.answer.and_then(|at| index.received.get(at)).and_then(|seen| seen.message.value.clone());
        let (Some(mut value), Some(method)) = (answer, message::read(&bytes.0).method().map(str::to_owned)) else {
            continue;
        };
        if value.get("result").is_some() && !found.iter().any(|known| known.method == method) {
            value["id"] = json!(ID_MARK);
            found.push(Answer { method, value });
        }
    }
    found
}

/// The messages of the client, in an order that time has no part in, with what differs each time masked. The order of members says
/// nothing: whoever makes arguments from a schema does so in the order of that.
pub fn said(events: &[Event]) -> Vec<String> {
    let mut all: Vec<String> = sent(events)
        .map(|mut message| {
            for at in ["/id", "/params/_meta/progressToken", "/params/requestId"] {
                if let Some(place) = message.pointer_mut(at) {
                    *place = Value::from("masked");
                }
            }
            message.sort_all_objects();
            message.to_string()
        })
        .collect();
    all.sort_unstable();
    all
}

/// The messages of the client that are JSON, in order.
pub fn sent(events: &[Event]) -> impl Iterator<Item = Value> {
    let of_client = |event: &&Event| event.actor == CLIENT || event.actor.starts_with(PROCESS);
    events.iter().filter(of_client).filter_map(|event| match &event.what {
        What::Sent { bytes, .. } => serde_json::from_slice(&bytes.0).ok(),
        _ => None,
    })
}

/// The requirements that a run breaks by the monitors and the schemas, each with what was seen.
pub fn broken(trace: &Trace, judge: &Judge) -> BTreeMap<String, String> {
    let said = judge.judge(&trace.header, &trace.events);
    said.monitors
        .into_iter()
        .filter_map(|finding| match finding.outcome {
            Outcome::Broken(seen) => Some((finding.requirement, seen)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Chunks;
    use crate::plan::DIRECT;
    use crate::requirement::Role;
    use crate::revision::Revision;
    use crate::transcript::{FORMAT_VERSION, Header, SentKind};

    /// A run of 20 s in which the last message crossed after so many seconds.
    fn run(last: u64, end: Option<ProcessEnd>) -> Trace {
        let header = Header {
            transcript: FORMAT_VERSION,
            scenario: String::new(),
            role: Role::Client,
            revision: Revision::NEWEST_HANDSHAKE,
            transport: "http".to_owned(),
            routing: DIRECT.to_owned(),
            facts: std::sync::Arc::default(),
        };
        let what = What::Received { exchange: None, bytes: b"{}".to_vec().into() };
        let event =
            Event { n: 1, t_us: last * 1_000_000, actor: CLIENT.to_owned(), stream: None, borrowed: false, what };
        let took = Duration::from_secs(20);
        Trace { header, events: vec![event], end, took, used: super::super::meter::Used::default() }
    }

    #[test]
    fn in_what_order_members_stand_says_nothing() {
        let event = |text: &str| {
            let bytes = text.as_bytes().to_vec().into();
            let (exchange, http, chunks, parts) = (None, None, Chunks::default(), Vec::new());
            let what = What::Sent { kind: SentKind::Request, exchange, http, bytes, chunks, parts, wrong: false };
            Event { n: 1, t_us: 0, actor: CLIENT.to_owned(), stream: None, borrowed: false, what }
        };
        let call = |arguments: &str| said(&[event(&format!(r#"{{"id":1,"params":{{"arguments":{arguments}}}}}"#))]);
        assert_eq!(call(r#"{"a":1,"b":[2]}"#), call(r#"{"b":[2],"a":1}"#));
        assert_ne!(call(r#"{"a":1,"b":[2]}"#), call(r#"{"b":[1],"a":1}"#));
    }

    #[test]
    fn a_client_that_is_killed_in_the_midst_of_its_work_cannot_be_fuzzed() {
        assert!(is_at_work(&run(19, None)));
        assert!(!is_at_work(&run(2, None)));
        assert!(!is_at_work(&run(19, Some(ProcessEnd::Code(0)))));
    }
}
