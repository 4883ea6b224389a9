//! Whether messages have the shape that the revision gives them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::{short, short_json};
use super::{Oracle, Suspicion};
use crate::fuzz::Act;
use crate::fuzz::peer::Reply;
use crate::revision::Revision;
use crate::schema::{Schemas, Sender, Subject, UserSchema};
use crate::wire::{Message, Shape};

/// Judge what came back for an act.
pub(super) fn judge(
    revision: Revision,
    outputs: &BTreeMap<String, UserSchema>,
    act: &Act,
    reply: &Reply,
    place: (usize, usize),
    found: &mut Vec<Suspicion>,
) {
    let mut add = |(oracle, sign, seen): (Oracle, String, String)| found.push(Suspicion::at(oracle, place, sign, seen));
    for answer in &reply.answers {
        // What a message that is wrong is answered with may be in the shape of another revision, but an answer it is.
        let subject = match (answer.shape(), act.method()) {
            // What could not be read is answered without an id or with null, which the revisions see differently.
            (Shape::Error, _) if has_no_good_id(answer) => None,
            (Shape::Error, _) => Some(Subject::Error),
            (Shape::Result, Some(of_method)) if act.is_proper() => {
                Some(Subject::Result { from: Sender::Server, of_method })
            }
            _ => None,
        };
        if let Some(broken) = broken(revision, answer, subject) {
            add(broken);
        }
    }
    for note in &reply.notes {
        if let Some(broken) = broken(revision, note, of_server(note)) {
            add(broken);
        }
    }
    if act.method() == Some("tools/call")
        && let Some(result) = reply.result()
        && result.get("isError") != Some(&Value::Bool(true))
        && let Some((name, schema)) = tool_of(act).and_then(|name| outputs.get_key_value(name))
    {
        let problems = match result.get("structuredContent") {
            Some(content) => schema.validate(content),
            // An answer in several rounds is no result yet; neither is a task.
            None if result.get("content").is_none() => Vec::new(),
            None => vec!["there is no structuredContent".to_owned()],
        };
        if let Some(problem) = problems.first() {
            add((Oracle::Output, name.clone(), short(problem)));
        }
    }
}

fn tool_of(act: &Act) -> Option<&str> {
    match &act.body {
        crate::fuzz::Body::Message { value, .. } => value.pointer("/params/name")?.as_str(),
        crate::fuzz::Body::Bytes(_) => None,
    }
}

/// Judge a message that belongs to no act. `clear`: everything that was sent has an id of ours.
pub(super) fn stray(revision: Revision, message: &Message, clear: bool, found: &mut Vec<Suspicion>) {
    let response = message.shape().is_response();
    if response && message.is_valid() && message.id().is_some_and(|id| !id.is_null()) {
        if clear {
            found.push(Suspicion::whole(Oracle::Unasked, "", &short_json(message.value.as_ref())));
        }
        return;
    }
    let subject = if response { Some(Subject::Error) } else { of_server(message) };
    let nameless = message.shape() == Shape::Error && has_no_good_id(message);
    if let Some((oracle, sign, seen)) = broken(revision, message, subject.filter(|_| !nameless)) {
        found.push(Suspicion::whole(oracle, &sign, &seen));
    }
}

/// An error for what could not be read has no id, or null; for a request with an id that none may have, such as 1.5, perhaps that.
fn has_no_good_id(message: &Message) -> bool {
    message.id().is_none_or(|id| id.is_null() || id.is_number() && id.as_str().parse::<i64>().is_err())
}

fn of_server(message: &Message) -> Option<Subject<'_>> {
    let method = message.method()?;
    match message.shape() {
        Shape::Request => Some(Subject::Request { from: Sender::Server, method }),
        Shape::Notification => Some(Subject::Notification { from: Sender::Server, method }),
        _ => None,
    }
}

fn broken(revision: Revision, message: &Message, subject: Option<Subject<'_>>) -> Option<(Oracle, String, String)> {
    if let Some(problem) = message.problems.first() {
        let text = String::from_utf8_lossy(&message.raw).into_owned();
        return Some((Oracle::NoMessage, sign_of(&problem.to_string()), format!("{problem}: {}", short(&text))));
    }
    let (subject, value) = (subject?, message.value.as_ref()?);
    if Schemas::embedded().conforms(revision, subject, value) {
        return None;
    }
    let validity = Schemas::embedded().check(revision, subject, value);
    let violation = validity.violations.first()?;
    Some((Oracle::Shape, violation.rule.clone(), violation.message.clone()))
}

/// The problem without what is quoted in it.
fn sign_of(problem: &str) -> String {
    problem.split(['"', '{', '[']).next().unwrap_or_default().trim().to_owned()
}
