//! Whether an act was answered, once, and as it has to be.

use serde_json::Value;

use super::{Oracle, Suspicion};
use crate::fuzz::peer::{GOES_ON, Reply, Round};
use crate::fuzz::{Case, Expect};
use crate::wire::Id;

/// The sign of an answer that came on the event stream of another client.
pub const STREAM: &str = "stream";
/// How much of a value is quoted, in characters.
const QUOTED: usize = 200;

/// Judge one act of a case.
pub(super) fn judge(
    case: &Case,
    replies: &[Reply],
    place: (usize, usize),
    round: &Round,
    http: bool,
    found: &mut Vec<Suspicion>,
) {
    let (Some(act), Some(reply)) = (case.acts.get(place.1), replies.get(place.1)) else { return };
    if !reply.sent {
        return;
    }
    let kind = || act.kind().into_owned();
    let mut add = |oracle, sign: String, seen: String| found.push(Suspicion::at(oracle, place, sign, seen));
    if let Some(status) = reply.status.filter(|status| *status >= 500) {
        add(
            Oracle::ServerError,
            format!("{status} {}", act.wrong_name()),
            format!("HTTP status {status} {}", short(&reply.text)),
        );
    }
    // What is no message may be taken for several.
    let one = matches!(act.body, crate::fuzz::Body::Message { .. });
    if one && reply.answers.len() > 1 {
        add(Oracle::Twice, kind(), format!("{} answers", reply.answers.len()));
    }
    if reply.crossed {
        let seen = "an answer came on the event stream of another client".to_owned();
        add(Oracle::Crossed, STREAM.to_owned(), seen);
    }
    let Some(answer) = reply.answer() else {
        let goes_on = reply.failure.as_ref().is_some_and(|why| why.starts_with(GOES_ON));
        // What comes instead over HTTP is judged by its status; whether a server that is gone would have answered is idle.
        let hangs = reply.hangs() && act.verb.is_none();
        let lost = !http || (reply.over && !reply.is_refused()) || goes_on || hangs;
        // How long a tool takes is its own business, unless there is nothing to be done.
        let waits_for_work = matches!(act.method(), Some("tools/call" | "tasks/result"));
        let takes_time = waits_for_work && matches!(act.expect, Expect::Answer | Expect::Anything);
        // Over HTTP everything is answered, if only with a status.
        if (act.expect.is_answer() || hangs) && lost && !takes_time && round.went_on_after(place.0) {
            let why = reply.failure.clone().or_else(|| reply.status.map(|status| format!("HTTP status {status}")));
            let wrong = act.wrong_name();
            add(
                Oracle::NoAnswer,
                if wrong.is_empty() { kind() } else { wrong.to_owned() },
                why.unwrap_or_else(|| "nothing came, while a later request was answered".to_owned()),
            );
        }
        return;
    };
    // Over HTTP it may be refused, with a status that says so.
    if act.is_silent() && (!http || reply.status.is_none_or(|status| status < 400)) {
        add(Oracle::Unasked, kind(), format!("a notification was answered: {}", short_json(answer.value.as_ref())));
    }
    if reply.failure.as_ref().is_some_and(|why| why.starts_with(GOES_ON)) {
        add(Oracle::StreamOpen, kind(), "its answer came, and the stream did not end".to_owned());
    }
    let code = reply.code();
    match &act.expect {
        Expect::Refusal if reply.result().is_some_and(|result| result.get("isError") != Some(&Value::Bool(true))) => {
            add(Oracle::Accepted, kind(), short_json(reply.result()));
        }
        Expect::Codes(codes) | Expect::ErrorOf(codes) => match code {
            Some(code) if !codes.contains(&code) => {
                let sign =
                    format!("{code} {} / {}", act.subject.split(' ').next().unwrap_or_default(), act.wrong_name());
                add(Oracle::Code, sign, short_json(reply.error()));
            }
            None if matches!(act.expect, Expect::ErrorOf(_)) && reply.result().is_some() => {
                add(Oracle::Accepted, kind(), short_json(reply.result()));
            }
            _ => {}
        },
        Expect::SameAs(other) => {
            if let Some(other) = replies.get(*other)
                && let Some(seen) = difference(other, reply, act.subject.starts_with("tools/call"))
            {
                add(Oracle::Differs, act.wrong_name().to_owned(), seen);
            }
        }
        Expect::Equals(before) => match reply.result() {
            Some(result) if canonical(result) == *before => {}
            _ => add(
                Oracle::Drift,
                kind(),
                format!("before: {}; now: {}", short_json(Some(before)), short_json(answer.value.as_ref())),
            ),
        },
        _ => {}
    }
    if let (Some(asked), Some(came)) = (&reply.id, answer.id())
        && one
        && act.has_our_id()
        && !same_id(asked, came)
        && !came.is_null()
    {
        let sign = kind();
        found.push(Suspicion::at(Oracle::Unasked, place, sign, format!("the id {came} in an answer to {asked}")));
    }
}

fn same_id(asked: &str, came: &Id) -> bool {
    Id::from_text(asked).is_ok_and(|asked| asked.same_value(came))
}

/// How the second of two answers that should be the same differs, if it does. What a tool says may depend on anything, such as
/// the order of its arguments; only whether it works may not.
fn difference(first: &Reply, second: &Reply, tool: bool) -> Option<String> {
    first.answer()?;
    match (first.result(), second.result()) {
        (Some(a), Some(b)) if tool && a.get("isError") == b.get("isError") => None,
        (Some(a), Some(b)) if canonical(a) == canonical(b) => None,
        (None, None) if first.code() == second.code() => None,
        _ => {
            let of = |reply: &Reply| short_json(reply.answer().and_then(|answer| answer.value.as_ref()));
            Some(format!("first: {}; then: {}", of(first), of(second)))
        }
    }
}

/// A result without what may differ from one time to the next: `_meta`, and cursors, which may be sealed anew each time.
pub fn canonical(result: &Value) -> Value {
    let mut result = result.clone();
    if let Value::Object(members) = &mut result {
        members.shift_remove("_meta");
        members.shift_remove("nextCursor");
    }
    result
}

pub(super) fn short(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

pub(super) fn short_json(value: Option<&Value>) -> String {
    short(&value.map(Value::to_string).unwrap_or_default())
}
