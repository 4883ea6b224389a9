//! A case that was played, as the expressions of scenarios see it.

use serde_json::{Value, json};

use crate::expr::Variables;
use crate::fuzz::case::{Act, Body};
use crate::fuzz::finding::CLIENTS;
use crate::fuzz::peer::{Reply, Round};

/// How much of an answer is told, in characters.
const TOLD: usize = 160;

/// What was answered, in words.
pub(super) fn told(round: &Round, number: usize) -> String {
    let replies = round.replies.get(number).map(Vec::as_slice).unwrap_or_default();
    let said = replies.iter().enumerate().filter(|(_, reply)| reply.sent).map(|(at, reply)| {
        let answer = reply.result().or(reply.error()).map(|answer| answer.to_string());
        let status = reply.status.map(|status| format!("HTTP status {status}"));
        let said: String = answer.or(status).unwrap_or_else(|| "nothing".to_owned()).chars().take(TOLD).collect();
        format!("to number {} {said}", at + 1)
    });
    said.collect::<Vec<_>>().join("; ")
}

/// Streams and actors.
pub(super) fn variables(round: &Round, number: usize) -> Variables {
    let case = round.cases.get(number).map(|case| case.acts.as_slice()).unwrap_or_default();
    let replies = round.replies.get(number).map(Vec::as_slice).unwrap_or_default();
    let streams =
        case.iter().zip(replies).enumerate().map(|(at, (act, reply))| (format!("act_{}", at + 1), stream(act, reply)));
    // What is asked of every server at the end.
    let alive = ("alive".to_owned(), json!({ "answered": round.went_on_after(number) }));
    let actors = CLIENTS.iter().enumerate().map(|(at, name)| ((*name).to_owned(), actor(round, at)));
    let all: Vec<(String, Value)> = streams.chain(actors).chain([alive]).collect();
    Variables::new(all.iter().map(|(name, value)| (name.as_str(), value)))
}

fn stream(act: &Act, reply: &Reply) -> Value {
    if !reply.sent {
        return Value::Null;
    }
    let message = match &act.body {
        Body::Message { value, .. } => value,
        Body::Bytes(_) => &Value::Null,
    };
    let answer = reply.answer().map(|_| {
        let kind = if reply.result().is_some() { "result" } else { "error" };
        json!({ "n": reply.came, "kind": kind })
    });
    json!({
        "request": { "n": reply.asked, "id": reply.id.as_deref().and_then(|id| serde_json::from_str::<Value>(id).ok()), "method": message.get("method"), "params": message.get("params") },
        "answer": answer, "answered": answer.is_some(),
        "result": reply.result(), "error": reply.error(),
        "status": reply.status, "refused": reply.is_refused(),
        "responses": reply.notes.iter().filter(|note| note.shape().is_response()).map(|note| note.value.clone()).collect::<Vec<_>>(),
        "requests": reply.asks.iter().map(|asked| asked.value.clone()).collect::<Vec<_>>(),
    })
}

fn actor(round: &Round, client: usize) -> Value {
    let of = round.told.iter().filter(|told| told.client == client);
    let messages = of.map(|told| {
        let kind = if told.value.get("id").is_some() { "request" } else { "notification" };
        let [method, params] = ["method", "params"].map(|name| told.value.get(name));
        json!({ "n": told.n, "kind": kind, "method": method, "params": params })
    });
    json!({ "session": round.sessions.get(client), "messages": messages.collect::<Vec<_>>() })
}
