//! What findings have in common that are one.

use serde_json::Value;

use super::{Finding, broad};
use crate::fuzz::case::{Act, Body, Expect};
use crate::fuzz::oracle::{Oracle, last_words, unquoted};

/// The code for parameters that are wrong (JSON-RPC 2.0, section 5.1).
const INVALID_PARAMS: i64 = -32602;

/// What findings have in common that are one: the oracle, what came back, and what it takes to show it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause(pub String);

impl Cause {
    /// Of an end: how the process ended, and what its last words have in common with those of others.
    pub fn of_end(how: &str, words: &str) -> Self {
        Self(format!("{} {how} {words}", Oracle::Exit))
    }
}

impl Finding {
    /// What it comes from.
    pub fn cause(&self) -> Cause {
        let what = match self.oracle {
            Oracle::Exit => match last_words(&self.words) {
                words if words.is_empty() => format!("{} {}", self.seen, self.what()),
                words => return Cause::of_end(&self.seen, &words),
            },
            Oracle::Twice if self.all().any(|act| act.method() == Some("notifications/cancelled")) => {
                "cancelled".to_owned()
            }
            Oracle::Hang | Oracle::Twice | Oracle::Differs | Oracle::StreamOpen => self.what(),
            Oracle::Unasked if let Some(id) = made_up_id(&self.seen) => format!("id {id}"),
            // What came before is what does it, whatever goes unanswered then.
            Oracle::NoAnswer | Oracle::Unasked => match self.wrong().last() {
                _ if self.together => "several at a time".to_owned(),
                Some(act) => place(act).unwrap_or_else(|| self.what()),
                None => self.sign.clone(),
            },
            Oracle::Code => {
                let wanted = match self.all().last().map(|act| &act.expect) {
                    // Where several would do, it is the parameters that are wrong.
                    Some(Expect::Codes(codes) | Expect::ErrorOf(codes)) => {
                        codes.iter().find(|code| **code == INVALID_PARAMS).or(codes.first()).copied()
                    }
                    _ => None,
                };
                let came = self.sign.split(' ').next().unwrap_or_default();
                format!("{came} in place of {}", wanted.unwrap_or_default())
            }
            Oracle::Accepted => {
                let last = self.all().last();
                let method = last.and_then(Act::method).unwrap_or_default();
                format!("{method} {}", last.map(Act::wrong_name).unwrap_or_default())
            }
            Oracle::ServerError => match message(&self.seen) {
                Some(message) => unquoted(message),
                None => {
                    let place = self.wrong().last().and_then(|act| place(act));
                    format!("{} {}", unquoted(&self.seen), place.unwrap_or_else(|| self.what()))
                }
            },
            Oracle::Memory | Oracle::Descriptors => self.sign.split(' ').next().unwrap_or_default().to_owned(),
            Oracle::Reflected => String::new(),
            Oracle::NoMessage
            | Oracle::Shape
            | Oracle::Output
            | Oracle::Internals
            | Oracle::Drift
            | Oracle::Sequence
            | Oracle::Crossed => self.sign.clone(),
        };
        Cause(format!("{} {what}", self.oracle))
    }

    fn all(&self) -> impl Iterator<Item = &Act> {
        self.cases.iter().flat_map(|case| &case.acts)
    }

    fn wrong(&self) -> Vec<&Act> {
        self.all().filter(|act| !act.wrong().is_empty()).collect()
    }

    /// What is sent: of what is no message, why it is none; else what is wrong, by name; else the kinds.
    fn what(&self) -> String {
        let wrong = self.wrong();
        if let Some(none) = wrong.iter().find_map(|act| no_message(act)) {
            return none.to_owned();
        }
        let mut names: Vec<String> = if wrong.is_empty() {
            self.all().map(broad).collect()
        } else {
            let name = |act: &&Act| odd_text(act).unwrap_or_else(|| act.wrong_name().to_owned());
            let name = |act: &&Act| if act.chunks.is_whole() { name(act) } else { IN_PIECES.to_owned() };
            wrong.iter().map(name).collect()
        };
        names.dedup();
        names.join(", ")
    }
}

/// Where the wrong in an act is: a header, or the beginning of a place in the message.
fn place(act: &Act) -> Option<String> {
    if let Some(name) = act.headers.keys().next() {
        return Some(format!("the header {name}"));
    }
    act.wrong_place()
}

/// Of an error in a text: what it says, where that is enough to tell it from others.
fn message(seen: &str) -> Option<&str> {
    let (_, rest) = seen.split_once("\"message\":\"")?;
    // A quote in it ends it, too: what comes before is its beginning.
    let message = rest.split(['"', '\\']).next()?;
    (message.split_whitespace().count() >= TELLING).then_some(message)
}

/// Words of an error that say more than that there is one.
const TELLING: usize = 5;

/// Of what is wrong by the characters of a text, which those are.
fn odd_text(act: &Act) -> Option<String> {
    let (name, at) = act.mutation.split_once(" at ")?;
    let Body::Message { value, .. } = &act.body else { return None };
    let text = value.pointer(at)?.as_str().filter(|_| name.starts_with("hostile") || name == "unicode-edge")?;
    let odd = text.chars().find(|c| c.is_control() || !c.is_ascii())?;
    Some(format!("a text with {}", odd.escape_unicode()))
}

/// In whatever pieces.
const IN_PIECES: &str = "sent in pieces";

/// Why it is no message of JSON-RPC, if it is none.
fn no_message(act: &Act) -> Option<&'static str> {
    if act.is_wrong_anywhere() {
        return None;
    }
    let read;
    let value = match &act.body {
        Body::Message { value, .. } => value,
        Body::Bytes(bytes) => {
            let Ok(text) = std::str::from_utf8(bytes) else { return Some("what is no text") };
            // Where its number goes is no JSON before it is there.
            match serde_json::from_str::<Value>(&text.replace("{id}", "1")) {
                Ok(value) => read = value,
                Err(_) => return Some("what is no JSON"),
            }
            &read
        }
    };
    let has_method = value.get("method").is_some_and(Value::is_string);
    let has_version = value.get("jsonrpc").is_some_and(|version| version == "2.0");
    let has_id = value.get("id").is_none_or(|id| id.is_string() || id.is_i64());
    (!has_method || !has_version || !has_id).then_some("JSON that is no message")
}

/// The id that an answer had and no request: of those that a server makes up, not of others' or none.
fn made_up_id(seen: &str) -> Option<String> {
    let id = match seen.strip_prefix("the id ").and_then(|rest| rest.split_once(" in an answer")) {
        Some((id, _)) => serde_json::from_str(id).ok()?,
        None => serde_json::from_str::<Value>(seen).ok()?.get("id")?.clone(),
    };
    let made_up = |id: &&str| id.is_ascii() && !id.contains(|c: char| c.is_ascii_digit());
    id.as_str().filter(made_up).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_that_the_server_makes_up_is_one_cause() {
        let of = |seen: &str| made_up_id(seen);
        assert_eq!(of(r#"the id "server-error" in an answer to 3"#).as_deref(), Some("server-error"));
        assert_eq!(of(r#"{"jsonrpc":"2.0","id":"server-error","error":{}}"#).as_deref(), Some("server-error"));
        assert_eq!([of("the id 4 in an answer to 3"), of(r#"{"id":"ä7"}"#), of(r#"{"id":null}"#)], [None, None, None]);
    }

    #[test]
    fn texts_with_the_same_character_are_one_cause() {
        let act = |mutation: &str, uri: &str| Act {
            mutation: mutation.to_owned(),
            ..Act::plain(json!({ "method": "resources/read", "params": { "uri": uri } }))
        };
        let one = odd_text(&act("hostile end \"\\u0000\" at /params/uri", "test://a\0"));
        assert_eq!(one.as_deref(), Some("a text with \\u{0}"));
        assert_eq!(odd_text(&act("unicode-edge at /params/uri", "\0")), one);
        assert_eq!(odd_text(&act("unicode-edge at /params/uri", "")), None);
        assert_eq!(odd_text(&act("empty at /params/uri", "\0")), None);
    }

    #[test]
    fn an_error_that_says_what_happened_is_told_by_that() {
        let seen = r#"HTTP status 500 {"error":{"message":"Cannot invoke \"a\" as it is null"}}"#;
        assert_eq!(message(seen), None);
        let seen =
            r#"HTTP status 500 {"error":{"code":-32603,"message":"Stream unavailable for session 3a191f44-19d7"},"#;
        assert_eq!(message(seen), Some("Stream unavailable for session 3a191f44-19d7"));
        assert_eq!(message("HTTP status 500 Internal Server Error"), None);
    }

    #[test]
    fn what_is_no_message_is_told_by_why() {
        let bytes = |bytes: &[u8]| Act { body: Body::Bytes(bytes.to_vec()), ..Act::plain(Value::Null) };
        assert_eq!(no_message(&bytes(b"\xff")), Some("what is no text"));
        assert_eq!(no_message(&bytes(b"{\"a\":")), Some("what is no JSON"));
        assert_eq!(no_message(&bytes(b"[]")), Some("JSON that is no message"));
        assert_eq!(no_message(&bytes(br#"{"jsonrpc":"2.0", "id":{id},"method":"ping"}"#)), None);
        assert_eq!(no_message(&Act::plain(json!({ "jsonrpc": "2.0", "method": "a" }))), None);
    }
}
