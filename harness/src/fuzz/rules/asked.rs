//! What a server asks of a client in the midst of a call, and what becomes of the answers (up to 2025-11-25).

use serde_json::Value;

use super::inputs::mark_in;
use super::{Acts, Claim, claim};
use crate::fuzz::case::{Act, Body, IdForm};
use crate::fuzz::finding::CLIENTS;
use crate::fuzz::oracle::NO_ANSWER;

/// What a client can be asked, and the requirements not to unless it says so.
const ASKED: [(&str, &[&str]); 3] = [
    ("elicitation/create", &["elicitation.not-without-capability", "lifecycle.server-only-negotiated-capabilities"]),
    ("roots/list", &["roots.server-checks-capability", "lifecycle.server-only-negotiated-capabilities"]),
    ("sampling/createMessage", &["sampling.not-without-capability", "lifecycle.server-only-negotiated-capabilities"]),
];
/// The path to the id of the question that an act answers.
const QUESTION: &str = "requests.0.id";

/// An act that answers something, or nothing that was asked.
struct Given<'a> {
    at: usize,
    act: &'a Act,
    /// The call on account of which it was asked, where it has the id of that.
    to: Option<usize>,
}

impl Given<'_> {
    /// Whether whoever sends it was asked.
    fn is_own(&self, acts: &Acts<'_>) -> bool {
        self.to.and_then(|to| acts.acts.get(to)).is_some_and(|call| call.client == self.act.client)
    }

    /// Whether it is a message of the protocol: what is none may be ignored.
    fn is_message(&self) -> bool {
        let Body::Message { value, .. } = &self.act.body else { return false };
        ["result", "error"].iter().any(|name| value.get(name).is_some_and(Value::is_object))
    }

    /// What is unusual about it.
    fn what(&self) -> String {
        let name = self.act.wrong_name();
        if name.is_empty() { "a good answer".to_owned() } else { name.to_owned() }
    }
}

/// Of a case whose clients can be asked things, or not.
pub(super) fn claims(acts: &Acts<'_>, able: bool) -> Vec<Claim> {
    if !able {
        return undeclared(acts);
    }
    let given = given(acts);
    let mut all = Vec::new();
    for (call, _) in acts.of(&["tools/call"]) {
        all.extend(answered(acts, call, &given));
        all.extend(given.iter().filter_map(|given| taken(acts, call, given)));
    }
    all
}

/// Those that answer, in order.
fn given<'a>(acts: &Acts<'a>) -> Vec<Given<'a>> {
    let answers = acts.acts.iter().enumerate().filter(|(_, act)| act.answers());
    let all = answers.map(|(at, act)| {
        let to = act.takes.iter().find(|take| take.into == "/id" && take.from == QUESTION).map(|take| take.act);
        Given { at, act, to }
    });
    all.collect()
}

/// A client that can be asked nothing is asked nothing.
fn undeclared(acts: &Acts<'_>) -> Vec<Claim> {
    let Some((call, act)) = acts.of(&["tools/call"]).next() else { return Vec::new() };
    let Some(actor) = CLIENTS.get(act.client) else { return Vec::new() };
    let stream = acts.stream(call);
    let of = |(method, requirements): (&str, &[&str])| {
        claim(
            &format!("asked what was not declared: {method}"),
            requirements,
            call,
            format!("is_number(get({stream}, 'request.n'))"),
            format!("!{actor}.messages.exists(m, m.kind == 'request' && m.method == '{method}')"),
        )
    };
    ASKED.into_iter().map(of).collect()
}

/// A call is answered when what it asked is, well or not, if the server asks nothing more.
fn answered(acts: &Acts<'_>, call: usize, given: &[Given<'_>]) -> Option<Claim> {
    let cancels = |act: &Act| {
        act.method() == Some("notifications/cancelled")
            && matches!(act.body, Body::Message { id: IdForm::Earlier(_), .. })
    };
    // A cancellation is about the call before it.
    if acts.acts.get(call + 1).is_some_and(cancels) {
        return None;
    }
    let own: Vec<&Given<'_>> = given.iter().filter(|given| given.to == Some(call) && given.is_own(acts)).collect();
    let last = own.iter().rfind(|given| given.is_message())?;
    let actor = acts.acts.get(call).and_then(|act| CLIENTS.get(act.client))?;
    let sent = own.iter().map(|given| format!("is_number(get({}, 'request.n'))", acts.stream(given.at)));
    let (calls, first) = (acts.of(&["tools/call"]).count(), acts.of(&["tools/call"]).next()?.0);
    let (first, stream) = (acts.stream(first), acts.stream(call));
    // What else it asks nobody may have answered.
    let asked = format!("size({actor}.messages.filter(m, m.kind == 'request' && m.n > {first}.request.n)) == {calls}");
    // What comes of several is told by what is unusual among them.
    let unusual = own.iter().find(|given| !given.act.wrong().is_empty()).unwrap_or(last);
    Some(claim(
        &format!("{NO_ANSWER}{}", unusual.what()),
        &["base.one-response-per-request"],
        own.last()?.at.max(call),
        format!("{} && {asked} && alive.answered == true", sent.collect::<Vec<_>>().join(" && ")),
        format!("get({stream}, 'answered') == true || get({stream}, 'refused') == true"),
    ))
}

/// What is no answer to the question of a call is not in what the call comes to.
fn taken(acts: &Acts<'_>, call: usize, given: &Given<'_>) -> Option<Claim> {
    let value = match &given.act.body {
        Body::Message { value, .. } => value,
        Body::Bytes(_) => return None,
    };
    let mark = mark_in(value)?;
    let name = given.act.wrong_name();
    let own = given.is_own(acts);
    let (name, requirements): (&str, &[&str]) = match given.to {
        Some(to) if to == call && own && name != AGAIN => return None,
        Some(to) if to == call && own => ("the second answer taken", &["base.jsonrpc-2-0"]),
        Some(to) if to == call => {
            ("answer of another client", &["elicitation.bound-to-client-and-user", "base.jsonrpc-2-0"])
        }
        Some(_) => ("answer to another call", &["base.jsonrpc-2-0"]),
        // The same id in another spelling may well be read as the same.
        None if name == AS_TEXT => return None,
        None => ("answer to nothing taken", &["base.jsonrpc-2-0"]),
    };
    let (stream, other) = (acts.stream(call), acts.stream(given.at));
    // Where there is but one session, there is but one client.
    let apart = if own || given.to.is_none() { String::new() } else { apart(acts, call, given)? };
    Some(claim(
        name,
        requirements,
        given.at.max(call),
        format!("get({stream}, 'answered') == true && is_number(get({other}, 'request.n')){apart}"),
        format!("!text(get({stream}, 'result')).contains('{mark}')"),
    ))
}

fn apart(acts: &Acts<'_>, call: usize, given: &Given<'_>) -> Option<String> {
    let actor = |client: usize| CLIENTS.get(client);
    let (own, other) = (actor(acts.acts.get(call)?.client)?, actor(given.act.client)?);
    Some(format!(" && {own}.session != null && {other}.session != null && {own}.session != {other}.session"))
}

/// What an answer is called that comes again.
pub const AGAIN: &str = "second-answer";
/// What one is called whose id is the text of the right one.
pub const AS_TEXT: &str = "id-as-text";
