//! What a server asked of the client, with what the client answered.

use serde_json::{Map, Value, json};

use super::shown::members;
use super::{Event, View};
use crate::wire::message::{self, Id, Message};

/// Every request of the server's, in order, as the message it came in, with `answers`: what the client sent under its id
/// afterwards; `answered`, `result` and `error` are of the first. From 2026-07-28 on these are the input requests of
/// results, each with its `key`, and the answers are in the call that the client makes again.
pub(super) fn asked(view: &View<'_>, events: &[Event]) -> Vec<Value> {
    let mut all = in_requests(view, events);
    all.extend(in_results(view, events));
    all
}

fn in_requests(view: &View<'_>, events: &[Event]) -> Vec<Value> {
    let sent = responses(events);
    let requests: Vec<(&Value, u64, Id)> = view.messages().iter().filter_map(request).collect();
    requests
        .iter()
        .enumerate()
        .filter_map(|(at, (request, n, id))| {
            // Another session may begin its ids anew.
            let next = requests.iter().skip(at + 1).find(|(_, _, other)| other.same_value(id)).map(|(_, n, _)| *n);
            let own = |(event, response): &&(&Event, Message)| {
                event.n > *n
                    && next.is_none_or(|next| event.n < next)
                    && response.id().is_some_and(|answered| answered.same_value(id))
            };
            let answers: Vec<Value> = sent.iter().filter(own).map(|(event, response)| show(event, response)).collect();
            Some(with_answers(request.as_object()?.clone(), answers))
        })
        .collect()
}

fn with_answers(mut shown: Map<String, Value>, answers: Vec<Value>) -> Value {
    let of_first = |member: &str| answers.first().and_then(|answer| answer.get(member)).cloned();
    let (result, error) = (of_first("result"), of_first("error"));
    shown.extend(members! {
        "answered": !answers.is_empty(),
        "result": result,
        "error": error,
        "answers": answers,
    });
    Value::Object(shown)
}

/// The input requests of results (2026-07-28, basic/patterns/mrtr). The retry is known by what it calls and by the state,
/// if there is one.
fn in_results(view: &View<'_>, events: &[Event]) -> Vec<Value> {
    let sent: Vec<(&Event, Value)> = events.iter().filter_map(call).collect();
    let mut all = Vec::new();
    for message in view.messages().iter().filter(|message| message["kind"] == "result") {
        let at = message["n"].as_u64().unwrap_or_default();
        let retries = |key: &str| {
            sent.iter().find_map(|(event, call)| {
                let same = |path: &str| call.pointer(path) == message["of"].pointer(path);
                let state = call.pointer("/params/requestState") == message.pointer("/result/requestState");
                let answer = call.pointer("/params/inputResponses").and_then(|responses| responses.get(key));
                let fits = event.n > at && state && ["/method", "/params/name", "/params/uri"].into_iter().all(same);
                answer.filter(|_| fits).map(|answer| {
                    json!({
                        "n": event.n, "at": event.t_us / 1000, "id": call.get("id"), "result": answer, "error": null,
                        "value": call,
                    })
                })
            })
        };
        for asked in message["asks"].as_array().into_iter().flatten() {
            let Some(key) = asked["key"].as_str() else { continue };
            let mut shown = message.as_object().cloned().unwrap_or_default();
            shown.extend(members! {
                "key": key,
                "method": asked.get("method").cloned(),
                "params": asked.get("params").cloned(),
            });
            all.push(with_answers(shown, retries(key).into_iter().collect()));
        }
    }
    all
}

/// A request of the client's.
fn call(event: &Event) -> Option<(&Event, Value)> {
    let super::What::Sent { bytes, .. } = &event.what else { return None };
    let message = message::read(&bytes.0);
    message.id().and(message.method()).and(message.value.clone()).map(|value| (event, value))
}

/// A request of the server's, its place and its id.
fn request(message: &Value) -> Option<(&Value, u64, Id)> {
    message.get("kind").and_then(Value::as_str).filter(|kind| *kind == "request")?;
    let id = Id::from_text(message.get("id_text")?.as_str()?).ok()?;
    Some((message, message.get("n")?.as_u64()?, id))
}

/// What the client sent as responses, members of batches each for itself.
fn responses(events: &[Event]) -> Vec<(&Event, Message)> {
    let sent = events.iter().filter_map(|event| match &event.what {
        super::What::Sent { bytes, .. } => Some((event, message::read(&bytes.0))),
        _ => None,
    });
    let each =
        sent.flat_map(|(event, message)| message.each().iter().map(|one| (event, one.clone())).collect::<Vec<_>>());
    each.filter(|(_, message)| message.method().is_none() && message.id().is_some()).collect()
}

fn show(event: &Event, response: &Message) -> Value {
    json!({
        "n": event.n,
        "at": event.t_us / 1000,
        "id": response.value.as_ref().and_then(|value| value.get("id")),
        "result": response.value.as_ref().and_then(|value| value.get("result")),
        "error": response.value.as_ref().and_then(|value| value.get("error")),
        "value": response.value,
    })
}
