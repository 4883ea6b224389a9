//! What is asked of a client in a result, and what becomes of its answers (2026-07-28).

use serde_json::Value;

use super::life::Life;
use super::{Acts, Claim, claim};
use crate::fuzz::case::{Act, Body};

/// How a text begins that tells an answer from all others.
const MARK: &str = "assay-answer-";
/// What a client can be asked, and the capability and requirement of each.
const ASKED: [(&str, &str, &str); 3] = [
    ("elicitation/create", "elicitation", "mrtr.no-undeclared-elicitation"),
    ("sampling/createMessage", "sampling", "mrtr.no-undeclared-sampling"),
    ("roots/list", "roots", "mrtr.no-undeclared-roots"),
];

/// The text for the answers of the act with this number.
pub fn mark(act: usize) -> String {
    format!("{MARK}{}.", act + 1)
}

pub(super) fn claims(acts: &Acts<'_>) -> Vec<Claim> {
    let mut all = Vec::new();
    for (at, act) in acts.of(&["tools/call"]) {
        all.extend(undeclared(acts, at, act));
        all.extend(something(acts, at));
        let Some(responses) = responses(act) else { continue };
        all.extend(kept_apart(acts, at, responses));
        all.extend(answered_better(acts, at, act, responses));
    }
    all
}

fn param<'a>(act: &'a Act, path: &str) -> Option<&'a Value> {
    match &act.body {
        Body::Message { value, .. } => value.get("params")?.pointer(path),
        Body::Bytes(_) => None,
    }
}

fn responses(act: &Act) -> Option<&Value> {
    param(act, "/inputResponses").filter(|responses| responses.is_object())
}

/// Nothing is asked that the client did not say it can be asked.
fn undeclared(acts: &Acts<'_>, at: usize, act: &Act) -> Option<Claim> {
    let declared = param(act, "/_meta/io.modelcontextprotocol~1clientCapabilities")?;
    let not = ASKED.iter().filter(|(_, capability, _)| declared.get(capability).is_none());
    let (methods, requirements): (Vec<&str>, Vec<&str>) = not.map(|(method, _, id)| (*method, *id)).unzip();
    let asked = format!("get({}, 'result.inputRequests')", acts.stream(at));
    (!methods.is_empty()).then(|| {
        let methods = serde_json::json!(methods);
        claim(
            "asked what was not declared",
            &requirements,
            at,
            format!("is_object({asked})"),
            format!("keys({asked}).all(k, !(get({asked}[k], 'method') in {methods}))"),
        )
    })
}

/// Who wants input says which, or has a state to go back.
fn something(acts: &Acts<'_>, at: usize) -> Option<Claim> {
    let act = acts.stream(at);
    let there = ["inputRequests", "requestState"].map(|name| format!("get({act}, 'result.{name}') != null"));
    Some(claim(
        "asked nothing",
        &["mrtr.at-least-one-field"],
        at,
        format!("same(get({act}, 'result.resultType'), 'input_required')"),
        there.join(" || "),
    ))
}

/// What is answered to one call is in the answer to no other.
fn kept_apart(acts: &Acts<'_>, at: usize, responses: &Value) -> Vec<Claim> {
    let mark = mark_in(responses);
    let of_other = |(other, act): &(usize, &Act)| {
        *other > at && origins(acts, *other).iter().all(|of| !origins(acts, at).contains(of)) && {
            let own = param(act, "/inputResponses").map(Value::to_string).unwrap_or_default();
            mark.as_ref().is_some_and(|mark| !own.contains(mark))
        }
    };
    let others = acts.of(&["tools/call"]).filter(of_other).filter_map(|(other, _)| {
        let stream = acts.stream(other);
        Some(claim(
            "answer to another call",
            &["mrtr.retry-self-contained", "stateless.no-connection-affinity"],
            other,
            format!("get({stream}, 'answered') == true && {}", acts.is_before(at, other)),
            format!("!text([get({stream}, 'result'), get({stream}, 'error')]).contains('{}')", mark.as_ref()?),
        ))
    });
    others.collect()
}

/// The first mark in it.
pub(super) fn mark_in(responses: &Value) -> Option<String> {
    let text = responses.to_string();
    let (_, rest) = text.split_once(MARK)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("{MARK}{digits}."))
}

/// It, and all that it takes something from, however far back.
fn origins(acts: &Acts<'_>, act: usize) -> Vec<usize> {
    let mut all = vec![act];
    let mut next = 0;
    while let Some(of) = all.get(next).copied() {
        next += 1;
        let takes = acts.acts.get(of).map(|act| act.takes.as_slice()).unwrap_or_default();
        // What is taken comes from before.
        all.extend(takes.iter().map(|take| take.act).filter(|from| *from < of));
    }
    all
}

/// A call that is made again with too little is asked again, with too much is served, where the same call with what was asked is served.
fn answered_better(acts: &Acts<'_>, at: usize, act: &Act, given: &Value) -> Option<Claim> {
    let same = |path: &str, other: &Act| param(act, path) == param(other, path);
    let alike = |(number, other): &(usize, &Act)| {
        *number > at
            && other.client == act.client
            && other.stranger == act.stranger
            && other.takes == act.takes
            && same("/name", other)
            && same("/arguments", other)
    };
    let keys = |value: &Value| value.as_object().map(|members| members.keys().cloned().collect::<Vec<_>>());
    let given = keys(given)?;
    let (well, other) = acts.of(&["tools/call"]).filter(alike).find(|(_, other)| responses(other).is_some())?;
    let wanted = keys(responses(other)?)?;
    let all_of =
        |one: &[String], other: &[String]| one.len() > other.len() && other.iter().all(|key| one.contains(key));
    let (name, requirement) = if all_of(&given, &wanted) {
        ("answer to what was not asked", "mrtr.unexpected-responses-ignored")
    } else if given.is_empty() && all_of(&wanted, &given) {
        ("answer that is missing", "mrtr.missing-responses-asked-again")
    } else {
        return None;
    };
    let (one, well_answered) = (acts.stream(at), acts.stream(well));
    Some(claim(
        name,
        &[requirement],
        well,
        format!(
            "get({one}, 'answered') == true && get({well_answered}, 'result') != null \
             && get({well_answered}, 'result.isError') != true"
        ),
        format!("get({one}, 'error') == null"),
    ))
}

/// A question of a task that was answered, and that it does not ask any more, does not come back.
pub(super) fn not_again(acts: &Acts<'_>, life: &Life<'_>) -> Vec<Claim> {
    let gets: Vec<usize> = life.own("tasks/get").collect();
    let mut all = Vec::new();
    for update in life.own("tasks/update") {
        let Some(Value::Object(given)) = acts.acts.get(update).and_then(responses) else { continue };
        let keys = Value::from(given.keys().cloned().collect::<Vec<_>>());
        let asked = |at: usize| format!("get({}, 'result.inputRequests')", acts.stream(at));
        let Some(before) = gets.iter().copied().rev().find(|at| *at < update) else { continue };
        let after: Vec<usize> = gets.iter().copied().filter(|at| *at > update).collect();
        for pair in after.windows(2) {
            let [gone, again] = pair else { continue };
            let (first, then, last) = (asked(before), asked(*gone), asked(*again));
            let in_order = [(before, update), (update, *gone), (*gone, *again)];
            let in_order = in_order.map(|(one, other)| acts.is_before(one, other)).join(" && ");
            let acknowledged = format!("get({}, 'result') != null", acts.stream(update));
            let shown = format!("is_string(get({}, 'result.status'))", acts.stream(*gone));
            all.push(claim(
                "question comes back",
                &["ext-tasks.key-not-reused"],
                *again,
                format!("is_object({first}) && is_object({last}) && {acknowledged} && {shown} && {in_order}"),
                format!("keys({last}).all(k, !(k in {keys}) || !(k in {first}) || is_object({then}) && k in {then})"),
            ));
        }
    }
    all
}
