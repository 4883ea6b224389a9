//! The body of a response, as it turns into events of the transcript.

use bytes::Bytes;
use tokio::sync::mpsc;

use super::LIMITS;
use super::exchange::{Exchange, HttpRequest, Passed};
use crate::action::CutAfter;
use crate::transcript::{SentKind, What};
use crate::wire::http::ResponseHead;
use crate::wire::sse;

/// How much of a document about the server is kept, in bytes.
const DOCUMENT_KEPT: usize = 64 * 1024;
/// How much of a body that is neither JSON nor SSE is kept, in bytes.
const BODY_KEPT: usize = 4 * 1024;

enum Form {
    Sse(Box<sse::Decoder>),
    Json(Vec<u8>),
    Other { kept: Vec<u8>, length: u64, most: usize },
}

impl Form {
    fn other(most: usize) -> Self {
        Self::Other { kept: Vec::new(), length: 0, most }
    }
}

/// Turns decoded body bytes into events.
pub(super) struct Body<'a> {
    exchange: &'a Exchange,
    form: Form,
    cut: Option<CutAfter>,
    /// It refuses for want of a token: JSON in it may be an error of OAuth.
    refusal: bool,
    /// It is the event stream on which everything comes (HTTP+SSE).
    channel: bool,
    messages: usize,
    events: usize,
    pub(super) decoded: Vec<u8>,
}

impl<'a> Body<'a> {
    pub(super) fn new(exchange: &'a Exchange, head: &ResponseHead, request: &HttpRequest) -> Self {
        let content_type = head.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let form = match essence {
            _ if request.kind == SentKind::Metadata => Form::other(DOCUMENT_KEPT),
            "text/event-stream" => Form::Sse(Box::new(sse::Decoder::new(LIMITS))),
            "application/json" => Form::Json(Vec::new()),
            _ => Form::other(BODY_KEPT),
        };
        let refusal = head.status >= 400;
        let channel = request.kind == SentKind::Channel;
        Self { exchange, form, cut: request.cut, refusal, channel, messages: 0, events: 0, decoded: Vec::new() }
    }

    /// Hand on what was decoded; false when nobody wants it any more.
    pub(super) async fn pass_on(&self, onward: Option<&mpsc::Sender<Passed>>) -> bool {
        match onward {
            Some(onward) if !self.decoded.is_empty() => {
                onward.send(Passed::Data(Bytes::copy_from_slice(&self.decoded))).await.is_ok()
            }
            _ => true,
        }
    }

    /// Take in what was decoded; true when the scenario wants the response cut here.
    pub(super) fn take(&mut self) -> bool {
        let decoded = std::mem::take(&mut self.decoded);
        match &mut self.form {
            Form::Json(body) => body.extend_from_slice(&decoded),
            Form::Other { kept, length, most } => {
                *length += decoded.len() as u64;
                let room = most.saturating_sub(kept.len()).min(decoded.len());
                kept.extend_from_slice(decoded.get(..room).unwrap_or_default());
            }
            Form::Sse(decoder) => {
                let items = decoder.push(&decoded);
                return items.into_iter().any(|item| self.sse_item(item));
            }
        }
        false
    }

    /// A JSON body that broke off is no message: only its beginning is kept.
    pub(super) fn finish(&mut self, whole: bool) {
        let number = self.exchange.number;
        match std::mem::replace(&mut self.form, Form::other(0)) {
            Form::Json(body) if whole && !body.is_empty() && !(self.refusal && is_foreign(&body)) => {
                self.exchange.note(What::Received { exchange: Some(number), bytes: body.into() });
            }
            Form::Json(mut body) if !body.is_empty() => {
                let length = body.len() as u64;
                body.truncate(BODY_KEPT);
                self.exchange.note(What::Body { exchange: number, bytes: body.into(), length });
            }
            Form::Other { kept, length, .. } if length > 0 => {
                self.exchange.note(What::Body { exchange: number, bytes: kept.into(), length });
            }
            Form::Sse(decoder) => {
                for item in decoder.finish() {
                    self.sse_item(item);
                }
            }
            Form::Json(_) | Form::Other { .. } => {}
        }
    }

    fn sse_item(&mut self, item: sse::Item) -> bool {
        let exchange = self.exchange.number;
        let (mut id, mut name, mut retry, mut comment, mut anomaly, mut data) = (None, None, None, None, None, None);
        match item {
            sse::Item::Event(event) => (id, name, data) = (event.id, event.name, Some(event.data)),
            sse::Item::Comment(text) => comment = Some(text),
            sse::Item::Retry(millis) => retry = Some(millis),
            sse::Item::Anomaly(found) => anomaly = Some(found.to_string()),
        }
        self.events += usize::from(id.is_some());
        let data_length = data.as_ref().map_or(0, String::len);
        // What this event says is an address.
        let address = if self.channel && name.as_deref() == Some("endpoint") { data.take() } else { None };
        self.exchange.note(What::Sse { exchange, id, name, retry, comment, data_length, data: address, anomaly });
        if let Some(data) = data.filter(|data| !data.is_empty()) {
            self.messages += 1;
            self.exchange.note(What::Received { exchange: Some(exchange), bytes: data.into_bytes().into() });
        }
        self.cut.is_some_and(|cut| {
            cut.after_messages.is_some_and(|n| self.messages >= n) || cut.after_events.is_some_and(|n| self.events >= n)
        })
    }
}

/// An object that does not look like JSON-RPC. The body of a refusing status is free: it may be an error of OAuth
/// (RFC 6749, section 5.2) or of a web framework, and is then no message of the protocol.
fn is_foreign(body: &[u8]) -> bool {
    let read: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(body).ok();
    read.is_some_and(|read| {
        let has = |name| read.contains_key(name);
        !has("jsonrpc") && !(has("id") && (has("result") || has("error")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_may_carry_what_is_no_message() {
        for foreign in
            [r#"{"error":"invalid_token"}"#, r#"{"detail":"Method Not Allowed"}"#, r#"{"code":-32700,"id":1}"#]
        {
            assert!(is_foreign(foreign.as_bytes()), "{foreign}");
        }
        for message in [r#"{"jsonrpc":"1.0"}"#, r#"{"id":1,"error":{"code":-32600}}"#, "[]", "no JSON"] {
            assert!(!is_foreign(message.as_bytes()), "{message}");
        }
    }
}
