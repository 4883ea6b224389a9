//! HTTP exchanges: what the events say of each, and how checks see it.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{View, auth};
use crate::transcript::shown::{challenge_of, copies, end_word, fold, members};
use crate::transcript::{End, GOODBYE, HttpSent, Payload, SentKind, What};

/// What the events say of one HTTP exchange.
#[derive(Debug, Default)]
pub(super) struct Raw<'a> {
    pub(super) actor: &'a str,
    pub(super) stream: Option<&'a str>,
    pub(super) sent: Option<(u64, SentKind, &'a HttpSent, &'a Payload, bool)>,
    pub(super) status: Option<u16>,
    pub(super) headers: &'a [(String, String)],
    pub(super) anomalies: Vec<String>,
    pub(super) received: Vec<usize>,
    pub(super) events: Vec<Value>,
    pub(super) body: Option<(&'a Payload, u64)>,
    pub(super) end: Option<&'a End>,
    pub(super) end_n: Option<u64>,
    pub(super) failure: Option<&'a str>,
    pub(super) timed_out: bool,
    /// The instance that the router sent it to.
    pub(super) instance: Option<usize>,
}

impl<'a> View<'a> {
    pub(super) fn read_exchanges(&mut self) {
        let mut received = 0;
        let mut left = BTreeSet::new();
        for event in self.events {
            if let What::Received { exchange, .. } = &event.what {
                if let Some(raw) = exchange.and_then(|number| self.exchanges.get_mut(&number)) {
                    raw.received.push(received);
                }
                received += 1;
                continue;
            }
            match &event.what {
                What::Sent { kind, exchange: Some(number), http: Some(http), bytes, wrong, .. } => {
                    let raw = self.exchanges.entry(*number).or_default();
                    raw.actor = &event.actor;
                    raw.stream = event.stream.as_deref();
                    raw.sent = Some((event.n, *kind, http, bytes, *wrong));
                    if raw.stream.is_some_and(|stream| stream.ends_with(GOODBYE)) {
                        left.insert(raw.actor);
                    }
                }
                What::Head { exchange, status, headers, anomalies } => {
                    if let Some(raw) = self.exchanges.get_mut(exchange) {
                        (raw.status, raw.headers) = (Some(*status), headers);
                        raw.anomalies.extend(anomalies.iter().cloned());
                    }
                }
                What::Sse { exchange, id, name, retry, comment, data_length, data, anomaly } => {
                    if let Some(raw) = self.exchanges.get_mut(exchange) {
                        raw.events.push(json!({
                            "id": id, "name": name, "retry": retry, "comment": comment,
                            "data_length": data_length, "data": data, "anomaly": anomaly,
                        }));
                    }
                }
                What::Body { exchange, bytes, length } => {
                    if let Some(raw) = self.exchanges.get_mut(exchange) {
                        raw.body = Some((bytes, *length));
                    }
                }
                What::Ended { exchange, end } => {
                    if let Some(raw) = self.exchanges.get_mut(exchange) {
                        let own = raw.stream.is_some_and(|stream| stream.ends_with(GOODBYE));
                        // What is still open when the session is given up ends because of that.
                        raw.end_n = Some(event.n);
                        raw.end = Some(if left.contains(raw.actor) && !own { &End::CutByUs } else { end });
                    }
                }
                What::Routed { exchange: Some(number), instance: Some(instance), .. } => {
                    if let Some(raw) = self.exchanges.get_mut(number) {
                        raw.instance = Some(*instance);
                    }
                }
                What::ConnectionFailed { exchange: Some(number), problem } => {
                    if let Some(raw) = self.exchanges.get_mut(number) {
                        raw.failure = Some(problem);
                    }
                }
                What::TimedOut { .. } if event.waited_long() => {
                    let named = self
                        .exchanges
                        .values_mut()
                        .find(|raw| raw.stream.is_some() && raw.stream == event.stream.as_deref());
                    if let Some(raw) = named {
                        raw.timed_out = true;
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn show_http(&self, raw: Option<&Raw<'_>>) -> Map<String, Value> {
        let mut shown = Map::new();
        let mut put = |key: &str, value: Value| shown.insert(key.to_owned(), value);
        let headers: IndexMap<String, String> = raw.map(|raw| fold(raw.headers)).unwrap_or_default();
        let content_type =
            headers.get("content-type").map(|v| v.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        let events = raw.map(|raw| raw.events.clone()).unwrap_or_default();
        let ids: Vec<&Value> = events.iter().filter_map(|e| e.get("id")).filter(|id| !id.is_null()).collect();
        put("status", json!(raw.and_then(|raw| raw.status)));
        put("content_type", json!(content_type));
        let challenges = headers.get("www-authenticate");
        put("challenge", challenge_of(&["bearer", "dpop"], challenges));
        put("dpop_challenge", challenge_of(&["dpop"], challenges));
        put("event_ids", json!(ids));
        put("last_event_id", json!(ids.last()));
        put("retry", json!(events.iter().rev().find_map(|e| e.get("retry")?.as_u64())));
        put("event_stream", json!(content_type.as_deref() == Some("text/event-stream")));
        put("body", json!(raw.and_then(|raw| raw.body).map(|(bytes, _)| bytes.text().into_owned())));
        put("body_length", json!(raw.and_then(|raw| raw.body).map_or(0, |(_, length)| length)));
        let document =
            raw.filter(|raw| raw.status == Some(200) && raw.sent.is_some_and(|sent| sent.1 == SentKind::Metadata));
        let document: Option<Value> =
            document.and_then(|raw| serde_json::from_slice(&raw.body?.0.0).ok()).filter(Value::is_object);
        put("document", document.unwrap_or_default());
        put("end_n", json!(raw.and_then(|raw| raw.end_n)));
        put("http_anomalies", json!(raw.map(|raw| raw.anomalies.clone()).unwrap_or_default()));
        put("headers", json!(headers));
        put("events", Value::Array(events));
        shown
    }

    pub(super) fn show_exchange(&self, number: u32, raw: &Raw<'_>) -> Value {
        let mut shown = self.show_http(Some(raw));
        let messages: Vec<&Value> = raw.received.iter().flat_map(|at| self.members_of(*at)).collect();
        let request = raw.sent.and_then(|(n, ..)| self.sent.get(&n)).map(|(_, shown)| shown);
        let end = match (raw.failure, raw.end) {
            (Some(_), _) => "failed",
            (None, Some(end)) => end_word(end),
            (None, None) => "open",
        };
        shown.extend(members! {
            "number": number,
            "actor": raw.actor,
            "stream": raw.stream,
            "verb": raw.sent.map(|sent| sent.2.verb.as_str()),
            "request": request.cloned(),
            "messages": copies(&messages),
            "ended": end,
            "failure": raw.failure,
            "timed_out": raw.timed_out,
            "instance": raw.instance,
        });
        shown.extend(auth::show_party(raw.sent.map(|sent| sent.2)));
        Value::Object(shown)
    }
}
