//! What a server asked of the client, with what the client answered.

use serde_json::{Map, Value, json};

use super::shown::members;
use super::{Event, View};
use crate::wire::message::{self, Id, Message};

/// Every request of the server's, in order, as the message it came in, with `answers`: what the client sent under its id
/// afterwards; `answered`, `result` and `error` are of the first.
pub(super) fn asked(view: &View<'_>, events: &[Event]) -> Vec<Value> {
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
            let of_first = |member: &str| answers.first().and_then(|answer| answer.get(member)).cloned();
            let (result, error) = (of_first("result"), of_first("error"));
            let mut shown = request.as_object()?.clone();
            shown.extend(members! {
                "answered": !answers.is_empty(),
                "result": result,
                "error": error,
                "answers": answers,
            });
            Some(Value::Object(shown))
        })
        .collect()
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
