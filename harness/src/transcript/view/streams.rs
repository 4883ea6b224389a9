//! Streams, as checks see them: a request and all that came of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::exchanges::Raw;
use super::{View, auth};
use crate::transcript::index::StreamStatus;
use crate::transcript::shown::{copies, end_word, header, members, same_id};
use crate::transcript::{SentKind, What};
use crate::wire::message::Id;

impl View<'_> {
    pub(super) fn show_request(&self, status: &StreamStatus) -> Value {
        let sent = self.sent.get(&status.sent).map(|(_, shown)| shown);
        let shown = match &status.part {
            None => sent,
            Some((_, place)) => sent.and_then(|sent| sent.pointer(&format!("/batch/{place}"))),
        };
        shown.cloned().unwrap_or_default()
    }

    pub(super) fn show_stream(&self, name: &str, status: &StreamStatus) -> Value {
        // Responses to others that came in the same array are not among them.
        let shares = status.part.is_some() || (status.exchange.is_none() || status.on_channel) && !status.batch;
        let is_response = |m: &Value| matches!(m.get("kind").and_then(Value::as_str), Some("result" | "error"));
        let mine = |m: &&Value| {
            let alone = m.get("batched") != Some(&Value::Bool(true));
            !shares || alone || !is_response(m) || same_id(m, status.id.as_ref())
        };
        let messages: Vec<&Value> = status.messages.iter().flat_map(|at| self.members_of(*at)).filter(mine).collect();
        let of_kind = |kind: &str| -> Vec<&Value> {
            messages.iter().copied().filter(|m| m.get("kind").and_then(Value::as_str) == Some(kind)).collect()
        };
        let responses: Vec<&Value> = messages
            .iter()
            .copied()
            .filter(|m| is_response(m))
            // Over HTTP+SSE what stands in the response to a POST is about that.
            .filter(|m| {
                let own = status.on_channel && m.get("verb").and_then(Value::as_str) == Some("POST");
                !shares || own || same_id(m, status.id.as_ref())
            })
            .collect();
        let answer = status.answer.and_then(|at| {
            let members = self.members_of(at);
            members.iter().find(|m| same_id(m, status.id.as_ref())).or(members.first())
        });
        let part = |key: &str| answer.and_then(|m| m.get(key)).cloned().unwrap_or(Value::Null);
        let raw = status.exchange.and_then(|number| self.exchanges.get(&number));
        let timed_out = self.events.iter().any(|e| e.stream.as_deref() == Some(name) && e.waited_long());
        let traced = self.events.iter().rev().find_map(|event| match &event.what {
            What::Traced { exported, spans } if event.stream.as_deref() == Some(name) => {
                Some(json!({ "exported": exported, "spans": spans }))
            }
            _ => None,
        });
        let token = self.show_request(status).pointer("/params/_meta/progressToken").cloned().unwrap_or(Value::Null);
        let progress: Vec<Value> = of_kind("notification")
            .iter()
            .filter(|m| m.get("method").and_then(Value::as_str) == Some("notifications/progress"))
            .filter(|m| token.is_null() || m.pointer("/params/progressToken") == Some(&token))
            .filter_map(|m| m.pointer("/params/progress").cloned())
            .collect();
        let mut shown = self.show_http(raw);
        shown.extend(members! {
            "name": name,
            "actor": status.actor.as_str(),
            "batch": status.part.as_ref().map(|(batch, _)| batch.as_str()),
            "request": self.show_request(status),
            "messages": copies(&messages),
            "notifications": copies(&of_kind("notification")),
            "requests": copies(&of_kind("request")),
            "invalid": copies(&of_kind("invalid")),
            "responses": copies(&responses),
            "answer": answer.cloned(),
            "answered": answer.is_some(),
            "result": part("result"),
            "error": part("error"),
            "refused": !part("error").is_null() || status.status.is_some_and(|s| s >= 400),
            "progress": progress,
            "ended": show_end(status, raw),
            "failure": status.failure.as_deref(),
            "timed_out": timed_out,
            "traced": traced,
            "cancelled": self.was_cancelled(status),
        });
        if let Some(raw) = raw {
            shown.extend(auth::show_dealings(raw));
        }
        Value::Object(shown)
    }

    /// Did its actor, or another in the same session, send `notifications/cancelled` for the request of a stream?
    fn was_cancelled(&self, status: &StreamStatus) -> bool {
        let Some(id) = &status.id else { return false };
        let shares = |actor: &str| {
            actor == status.actor || !self.sessions_named_by(&status.actor).is_disjoint(&self.sessions_named_by(actor))
        };
        self.events.iter().any(|event| {
            let What::Sent { kind: SentKind::Notification | SentKind::Batch, .. } = &event.what else { return false };
            let sent = self.sent.get(&event.n).map(|(message, _)| message.each());
            sent.unwrap_or_default().iter().any(|message| {
                let named = message.params().and_then(|params| params.get("requestId")).and_then(Id::from_value);
                message.method() == Some("notifications/cancelled") && named.is_some_and(|named| named.same_value(id))
            }) && shares(&event.actor)
        })
    }

    /// The session ids that the requests of an actor carry.
    fn sessions_named_by(&self, actor: &str) -> BTreeSet<&str> {
        let sent = self.exchanges.values().filter(|raw| raw.actor == actor).filter_map(|raw| raw.sent);
        sent.filter_map(|(_, _, http, _, _)| header(&http.headers, "mcp-session-id")).collect()
    }
}

fn show_end(status: &StreamStatus, raw: Option<&Raw<'_>>) -> &'static str {
    match (&status.failure, raw.and_then(|raw| raw.end)) {
        (Some(_), _) => "failed",
        // Its own response only acknowledges.
        (None, _) if status.on_channel && status.id.is_some() && !status.is_over() => "open",
        (None, Some(end)) => end_word(end),
        (None, None) if status.exchange.is_none() && status.answer.is_some() => "complete",
        (None, None) => "open",
    }
}
