//! What is sent: cases, each a few acts of one client.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::spell::{CANCELLED, PLACE, base64_bytes, contains, fill, id_text, with_id};
use super::take::Take;
use crate::action::{self, Chunks};

/// A few acts, in order. Cases know nothing of one another, so that many can be under way at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// What is done.
    pub acts: Vec<Act>,
    /// It is played on a connection of its own: it ends or spoils it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// Its clients can be asked what the revision knows (up to 2025-11-25). What has one of these methods is left to the acts, or to nobody;
    /// all else is answered well at once. Nothing where its clients can be asked nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Vec<String>>,
}

impl Case {
    /// How many clients it takes.
    pub fn clients(&self) -> usize {
        self.acts.iter().map(|act| act.client + 1).max().unwrap_or(1)
    }

    /// Whether anything is done to an instance.
    pub fn operates(&self) -> bool {
        self.acts.iter().any(|act| act.operation.is_some())
    }

    /// Whether it calls a tool, which may take as long as it likes.
    pub fn works(&self) -> bool {
        self.acts.iter().any(|act| act.method() == Some("tools/call"))
    }

    /// Whether it says which instance something goes to.
    pub fn is_about_instances(&self) -> bool {
        self.acts.iter().any(|act| act.instance.is_some())
    }
}

/// One thing that is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// The method, with the name of the tool, prompt or resource behind it where there is one; `bytes` for what is no message.
    pub subject: String,
    /// What is wrong with it, by name and place; empty where nothing is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mutation: String,
    /// What goes onto the wire.
    pub body: Body,
    /// What may come back.
    #[serde(default)]
    pub expect: Expect,
    /// The next act waits until this one is answered, or its exchange is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaited: bool,
    /// In which pieces it is sent.
    #[serde(default, skip_serializing_if = "Chunks::is_whole")]
    pub chunks: Chunks,
    /// Headers in place of the usual ones, over HTTP; null takes one away.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub headers: Map<String, Value>,
    /// HTTP verb; POST unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verb: Option<String>,
    /// Which of the case's clients sends it, from 0. Another one is another session on the same server.
    #[serde(default, skip_serializing_if = "is_default")]
    pub client: usize,
    /// What it takes from answers to the acts before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<Take>,
    /// It is sent as another user, where the server knows users.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stranger: bool,
    /// The instance that it goes to, from 0; that of its client unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<usize>,
    /// What is done to that instance. Nothing is sent then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<action::Act>,
    /// Milliseconds to wait before it is sent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pause: u64,
    /// The next act waits for a question of the server's with this method, in place of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What goes onto the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A message, as JSON. Its id is a counted one, unless [`IdForm`] says otherwise.
    Message {
        /// The message, without id where one is counted.
        value: Value,
        /// What its id is.
        #[serde(default)]
        id: IdForm,
    },
    /// Bytes as they are, in base64. `{id}` in them stands for a counted id.
    Bytes(#[serde(with = "base64_bytes")] Vec<u8>),
}

/// What the id of a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdForm {
    /// The next number.
    #[default]
    Counted,
    /// A text, not all ASCII, with the next number.
    Text,
    /// The next number below zero.
    Negative,
    /// A number of 16 digits.
    Large,
    /// As it stands in the message, or none where it has none.
    Own,
    /// The id of the act before, counted back: what a cancellation names, or a request that repeats an id.
    Earlier(usize),
}

/// What may come back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// An answer, whatever it says.
    #[default]
    Answer,
    /// An error, or a result that says it failed.
    Refusal,
    /// An error with one of these codes, if an error comes.
    Codes(Vec<i64>),
    /// An error, with one of these codes.
    ErrorOf(Vec<i64>),
    /// The same as to the act with this number, from 0, in the case.
    SameAs(usize),
    /// This result, which the same request had before; `_meta` and cursors aside.
    Equals(Value),
    /// An answer or none: there may be nothing to answer.
    Anything,
    /// No answer: it is a notification.
    Nothing,
}

impl Case {
    /// Whether nothing else can be sent meanwhile: it goes in pieces, or on a connection of its own.
    pub fn holds_up(&self) -> bool {
        self.alone || self.acts.iter().any(|act| !act.chunks.is_whole())
    }

    /// Whether there is a text, or bytes, in it that takes long to read.
    pub fn is_large(&self) -> bool {
        self.acts.iter().any(|act| match &act.body {
            Body::Message { value, .. } => is_long(value),
            Body::Bytes(bytes) => bytes.len() > LARGE,
        })
    }
}

/// Recursion no deeper than the messages that mcp-assay makes.
fn is_long(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() > LARGE,
        Value::Array(items) => items.len() > LARGE || items.iter().any(is_long),
        Value::Object(members) => members.iter().any(|(name, member)| name.len() > LARGE || is_long(member)),
        _ => false,
    }
}

impl Expect {
    /// Whether an answer has to come.
    pub fn is_answer(&self) -> bool {
        !matches!(self, Self::Anything | Self::Nothing)
    }
}

impl Act {
    /// A message with nothing wrong in it.
    pub fn plain(value: Value) -> Self {
        let subject = value.get("method").and_then(Value::as_str).unwrap_or("bytes").to_owned();
        Self {
            subject,
            mutation: String::new(),
            body: Body::Message { value, id: IdForm::Counted },
            expect: Expect::Answer,
            awaited: false,
            chunks: Chunks::default(),
            headers: Map::new(),
            verb: None,
            client: 0,
            takes: Vec::new(),
            stranger: false,
            instance: None,
            operation: None,
            pause: 0,
            asks: None,
        }
    }

    /// The method of the message, if it has one.
    pub fn method(&self) -> Option<&str> {
        match &self.body {
            Body::Message { value, .. } => value.get("method")?.as_str(),
            Body::Bytes(_) => None,
        }
    }

    /// Whether it is an answer to something that the server asks.
    pub fn answers(&self) -> bool {
        let has = |value: &Value| ["result", "error"].iter().any(|name| value.get(name).is_some());
        matches!(&self.body, Body::Message { value, .. } if value.get("method").is_none() && has(value))
    }

    /// Whether it wants what is left of a stream.
    pub fn resumes(&self) -> bool {
        self.headers.contains_key(LAST_EVENT_ID) || self.takes.iter().any(|take| take.into == LAST_EVENT_ID)
    }

    /// Whether nothing may come for it. Parameters that are no object make it no message of MCP, which JSON-RPC lets a server answer
    /// without an id (section 5).
    pub fn is_silent(&self) -> bool {
        let none = match &self.body {
            Body::Message { value, .. } => value.get("params").is_some_and(|params| !params.is_object()),
            Body::Bytes(_) => false,
        };
        self.expect == Expect::Nothing && !none
    }

    /// Its bytes, with this number where an id is counted.
    pub fn bytes(&self, number: u64, earlier: &[String]) -> Vec<u8> {
        match &self.body {
            Body::Bytes(bytes) => fill(bytes, number),
            Body::Message { value, id } => {
                let Some(text) = id_text(*id, number, earlier) else { return value.to_string().into_bytes() };
                with_id(value, &text)
            }
        }
    }

    /// Whether its id is one of ours, so that an answer with it can be for nothing else.
    pub fn has_our_id(&self) -> bool {
        !matches!(self.body, Body::Message { id: IdForm::Own, .. })
    }

    /// The text of the id that an answer to it will have.
    pub fn id(&self, number: u64, earlier: &[String]) -> Option<String> {
        match &self.body {
            Body::Message { value, .. } if self.method().is_some_and(|method| method == CANCELLED) => {
                value.get("id").map(Value::to_string)
            }
            Body::Message { value, id: IdForm::Own } => value.get("id").map(Value::to_string),
            Body::Message { id, .. } => id_text(*id, number, earlier),
            Body::Bytes(bytes) => contains(bytes, PLACE).then(|| number.to_string()),
        }
    }
}

/// The header with the id of the last event that was seen of a stream.
pub const LAST_EVENT_ID: &str = "Last-Event-ID";
/// Bytes of a text from which on it is long.
const LARGE: usize = 4096;

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    fn act(body: Body) -> Act {
        Act { body, ..Act::plain(json!({ "method": "x" })) }
    }

    #[test]
    fn what_takes_long_to_read_is_large() {
        let is_large = |body| Case { acts: vec![act(body)], ..Case::default() }.is_large();
        let message = |params: Value| Body::Message { value: json!({ "params": params }), id: IdForm::Counted };
        let text = "a".repeat(LARGE + 1);
        assert!(!is_large(message(json!({ "a": [{ "b": &text[1..] }] }))));
        assert!(is_large(message(json!({ "a": [{ "b": text.clone() }] }))));
        assert!(is_large(message(json!({ text.clone(): 1 }))));
        assert!(is_large(Body::Bytes(text.into_bytes())));
    }

    #[test]
    fn a_notification_with_a_list_may_be_refused() {
        let told = |params: Value| Act {
            expect: Expect::Nothing,
            ..Act::plain(json!({ "method": "notifications/initialized", "params": params }))
        };
        assert_eq!([json!({}), json!([]), json!(1)].map(|params| told(params).is_silent()), [true, false, false]);
    }

    #[test]
    fn ids_are_put_where_they_belong() {
        let message = |value: Value, id| act(Body::Message { value, id });
        let text = |act: &Act, earlier: &[String]| String::from_utf8(act.bytes(7, earlier)).unwrap();
        let ping = message(json!({ "jsonrpc": "2.0", "method": "ping" }), IdForm::Text);
        assert_eq!(text(&ping, &[]), r#"{"jsonrpc":"2.0","id":"assay/é☃/7","method":"ping"}"#);
        assert_eq!(ping.id(7, &[]).as_deref(), Some(r#""assay/é☃/7""#));
        let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 0 } });
        let cancel = message(cancel, IdForm::Earlier(1));
        assert!(text(&cancel, &["6".to_owned()]).ends_with(r#""params":{"requestId":6}}"#));
        let bytes = act(Body::Bytes(b"[{id}".to_vec()));
        assert_eq!(text(&bytes, &[]), "[7");
        let own = message(json!({ "id": null, "method": "ping" }), IdForm::Own);
        assert_eq!(
            (text(&own, &[]).as_str(), own.id(7, &[]).as_deref()),
            (r#"{"id":null,"method":"ping"}"#, Some("null"))
        );
    }

    #[test]
    fn acts_come_back_from_their_text() {
        let case = Case { acts: vec![act(Body::Bytes(vec![0xff, 0, 10]))], alone: true, ..Case::default() };
        let text = serde_json::to_string(&case).unwrap();
        assert_eq!(serde_json::from_str::<Case>(&text).unwrap(), case);
    }
}
