//! The reader of JSON-RPC messages, and the writer after it.

use crate::wire::message::{self, Message};
use crate::wire::{Id, Kind, Shape, write};

/// The input is a message, or is not.
pub fn check(bytes: &[u8]) {
    let message = message::read(bytes);
    assert_eq!(message.raw.as_ref(), bytes, "the bytes are not kept");
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    assert!(!message.kind.to_string().is_empty());
    for each in message.each() {
        let invalid = matches!(each.kind, Kind::Invalid { .. });
        assert_eq!(each.is_valid(), !invalid, "valid and invalid");
        assert_eq!(invalid, !each.problems.is_empty(), "{:?} with {:?}", each.kind, each.problems);
        assert!(
            !each.kind.to_string().is_empty() && each.problems.iter().all(|problem| !problem.to_string().is_empty())
        );
        if is_utf8 {
            id(each);
        }
        if !invalid {
            rewritten(each);
        }
    }
}

/// An id is a piece of the message, byte for byte, and an id by itself.
fn id(message: &Message) {
    let Some(id) = message.id() else { return };
    let text = id.as_str().as_bytes();
    assert!(message.raw.windows(text.len()).any(|piece| piece == text), "the id {id} is not in the message");
    let again = Id::from_text(id.as_str()).unwrap_or_else(|error| panic!("{error}"));
    assert!(again == *id && again.same_value(id), "the id {id} is not itself");
    assert_eq!(Id::try_from(String::from(id.clone())).as_ref(), Ok(id), "the id {id} is not its text");
    if let Some(content) =
        id.to_value().as_str().filter(|_| !id.as_str().contains("\\ud") && !id.as_str().contains("\\uD"))
    {
        assert!(Id::string(content).same_value(id), "the id {id} is not its content");
    }
    assert!(!Id::from(7).same_value(id) || id.is_number(), "the id {id} is a number and is not");
    assert_eq!(id.is_string() as u8 + id.is_number() as u8 + id.is_null() as u8, 1, "the id {id} has not one type");
    assert_eq!(message.value.as_ref().and_then(|value| value.get("id")), Some(&id.to_value()));
}

/// What is written from the parts of a message reads as the same message.
fn rewritten(message: &Message) {
    let params = message.params();
    let bytes = match &message.kind {
        Kind::Request { id, method } => write::request(id.as_str(), method, params),
        Kind::Notification { method } => write::notification(method, params),
        Kind::Result { id } => write::result(id.as_str(), message.result().expect("a result has one")),
        Kind::Error { id, code: Some(code) } => {
            let error = message.error().expect("an error has one");
            let text = error["message"].as_str().expect("an error has a message");
            write::error(id.as_ref().map(Id::as_str), *code, text, error.get("data"))
        }
        Kind::Error { code: None, .. } | Kind::Batch(_) | Kind::Invalid { .. } => return,
    };
    let again = message::read(&bytes);
    assert_eq!(again.kind, message.kind, "written as another message");
    assert_eq!(again.shape(), message.shape(), "written in another shape");
    match message.shape() {
        Shape::Request | Shape::Notification => {
            assert_eq!(again.params(), message.params(), "written with other params")
        }
        _ => assert_eq!(again.result(), message.result(), "written with another result"),
    }
}
