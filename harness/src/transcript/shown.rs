//! How checks see a single thing: a message that came, one that was sent, header fields, an end.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::index::Seen;
use super::{End, Event, HttpSent, ProcessEnd, SentKind, What};
use crate::wire::challenge;
use crate::wire::message::{self, Id, Kind, Message};

/// An object of these members. Unlike `json!` it takes the values as they are: a view is mostly copies as it is.
macro_rules! members {
    ($($name:literal: $value:expr),* $(,)?) => {{
        let mut members = serde_json::Map::new();
        $(members.insert($name.to_owned(), Value::from($value));)*
        members
    }};
}
pub(super) use members;

/// Error code of a request that needs elicitations in URL mode first (2025-11-25, client/elicitation).
const ELICITATION_REQUIRED: i64 = -32042;

pub(super) fn copies(values: &[&Value]) -> Value {
    values.iter().map(|value| (*value).clone()).collect()
}

pub(super) fn same_id(message: &Value, id: Option<&Id>) -> bool {
    let text = message.get("id_text").and_then(Value::as_str);
    match (text, id) {
        (Some(text), Some(id)) => Id::from_text(text).is_ok_and(|got| got.same_value(id)),
        _ => false,
    }
}

pub(super) fn show_message(seen: &Seen, message: &Message) -> Map<String, Value> {
    let kind = match &message.kind {
        Kind::Request { .. } => "request",
        Kind::Notification { .. } => "notification",
        Kind::Result { .. } => "result",
        Kind::Error { .. } => "error",
        Kind::Batch(_) => "batch",
        Kind::Invalid { .. } => "invalid",
    };
    members! {
        "n": seen.n,
        "actor": seen.actor.as_str(),
        "kind": kind,
        "method": message.method(),
        "id": message.value.as_ref().and_then(|v| v.get("id")).cloned(),
        "id_text": message.id().map(Id::as_str),
        "params": message.params().cloned(),
        "result": message.result().cloned(),
        "error": message.error().cloned(),
        "value": message.value.clone(),
        "text": String::from_utf8_lossy(&message.raw),
        "problems": message.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "anomalies": message.anomalies.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "over_http": seen.exchange.is_some(),
        "asks": asks(message),
        "meta_keys": message.value.as_ref().map(meta_keys).unwrap_or_default(),
    }
}

/// What the server asks the client in a message: in a request, in the result of a round trip (2026-07-28), or in an
/// error that wants elicitations first (2025-11-25).
fn asks(message: &Message) -> Vec<Value> {
    match &message.kind {
        Kind::Request { method, .. } => vec![json!({ "key": null, "method": method, "params": message.params() })],
        Kind::Result { .. } => {
            let requests = message.result().and_then(|result| result.get("inputRequests")).and_then(Value::as_object);
            let show = |(key, asked): (&String, &Value)| json!({ "key": key, "method": asked.get("method"), "params": asked.get("params") });
            requests.into_iter().flatten().map(show).collect()
        }
        Kind::Error { .. } => {
            let error = message.error().filter(|error| error.get("code") == Some(&json!(ELICITATION_REQUIRED)));
            let listed = error.and_then(|error| error.pointer("/data/elicitations")).and_then(Value::as_array);
            let show = |params: &Value| json!({ "key": null, "method": "elicitation/create", "params": params });
            listed.into_iter().flatten().map(show).collect()
        }
        _ => Vec::new(),
    }
}

/// Members whose content is not of the protocol's making, so that a `_meta` inside is none.
const FOREIGN: [&str; 9] = [
    "arguments",
    "structuredContent",
    "inputSchema",
    "outputSchema",
    "requestedSchema",
    "input",
    "data",
    "metadata",
    "experimental",
];

/// The keys of every `_meta` object in a message, in order.
fn meta_keys(value: &Value) -> Vec<String> {
    let mut keys = Vec::new();
    collect_meta_keys(value, &mut keys);
    keys
}

fn collect_meta_keys(value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_meta_keys(item, keys)),
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| !FOREIGN.contains(&name.as_str())) {
                match member {
                    Value::Object(meta) if name == "_meta" => keys.extend(meta.keys().cloned()),
                    other => collect_meta_keys(other, keys),
                }
            }
        }
        _ => {}
    }
}

pub(super) fn read_sent(event: &Event) -> Option<(Message, Value)> {
    let What::Sent { kind, http, bytes, wrong, .. } = &event.what else { return None };
    let message = message::read(&bytes.0);
    let shown = show_sent(event, &message, *kind, http.as_ref(), *wrong);
    Some((message, shown))
}

/// The members of a batch; anything else alone.
pub(super) fn taken_apart(sent: &Value) -> Vec<Value> {
    let members = sent.get("batch").and_then(Value::as_array).filter(|members| !members.is_empty());
    members.cloned().unwrap_or_else(|| vec![sent.clone()])
}

fn show_sent(event: &Event, message: &Message, kind: SentKind, http: Option<&HttpSent>, wrong: bool) -> Value {
    let batch: Vec<Value> = match (kind, &message.kind) {
        (SentKind::Batch, Kind::Batch(members)) => members
            .iter()
            .map(|member| {
                let kind = match member.kind {
                    Kind::Request { .. } => SentKind::Request,
                    Kind::Notification { .. } => SentKind::Notification,
                    Kind::Result { .. } | Kind::Error { .. } => SentKind::Response,
                    Kind::Batch(_) | Kind::Invalid { .. } => SentKind::Raw,
                };
                show_sent(event, member, kind, http, wrong)
            })
            .collect(),
        _ => Vec::new(),
    };
    let kind = match kind {
        SentKind::Request => "request",
        SentKind::Notification => "notification",
        SentKind::Response => "response",
        SentKind::Batch => "batch",
        SentKind::Channel => "channel",
        SentKind::Raw => "raw",
        SentKind::Metadata => "metadata",
    };
    let headers = http.map(|http| fold(&http.headers)).unwrap_or_default();
    Value::Object(members! {
        "batch": batch,
        "n": event.n,
        "at": event.t_us / 1000,
        "kind": kind,
        "wrong": wrong,
        "method": message.method(),
        "id": message.value.as_ref().and_then(|v| v.get("id")).cloned(),
        "id_text": message.id().map(Id::as_str),
        "params": message.params().cloned(),
        "verb": http.map(|http| http.verb.as_str()),
        "target": http.map(|http| http.target.as_str()),
        "headers": headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect::<Map<_, _>>(),
    })
}

/// Header fields by lower-case name, repeated ones joined as HTTP says.
pub(super) fn fold(headers: &[(String, String)]) -> IndexMap<String, String> {
    let mut folded: IndexMap<String, String> = IndexMap::new();
    for (name, value) in headers {
        folded
            .entry(name.to_ascii_lowercase())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(value);
            })
            .or_insert_with(|| value.clone());
    }
    folded
}

/// The parameters of the challenge in `WWW-Authenticate` of the first of these schemes for which there is one; null where there is
/// none, or no grammar.
pub(super) fn challenge_of(schemes: &[&str], field: Option<&String>) -> Value {
    let all = field.and_then(|field| challenge::read(field)).unwrap_or_default();
    let found = schemes.iter().find_map(|scheme| all.iter().find(|challenge| challenge.scheme == *scheme)).cloned();
    found.map_or(Value::Null, |found| found.parameters.into_iter().map(|(name, value)| (name, json!(value))).collect())
}

pub(super) fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

pub(super) fn end_word(end: &End) -> &'static str {
    match end {
        End::Complete => "complete",
        End::CutByUs => "cut",
        End::Broken { .. } => "broken",
        End::LimitReached { .. } => "limit",
    }
}

pub(super) fn show_process_end(end: &ProcessEnd) -> Value {
    match end {
        ProcessEnd::Code(code) => json!({ "code": code, "signal": null, "how": "code" }),
        ProcessEnd::Signal(signal) => json!({ "code": null, "signal": signal, "how": "signal" }),
        ProcessEnd::OutputClosed => json!({ "code": null, "signal": null, "how": "output closed" }),
        ProcessEnd::Killed => json!({ "code": null, "signal": null, "how": "killed" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_keys_are_those_of_the_protocol_not_of_a_tools_own_data() {
        let value = json!({ "result": {
            "_meta": { "a/b": { "_meta": { "inner": 1 } } },
            "content": [{ "type": "text", "_meta": { "c": 1 } }],
            "structuredContent": { "_meta": { "d": 1 } },
        } });
        assert_eq!(meta_keys(&value), ["a/b", "c"]);
    }
}
