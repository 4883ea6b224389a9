//! Messages made from our schemas, read by our reader: a second opinion of each about the other.

use serde_json::json;

use crate::generate::{Choices, Hints, Messages, MethodKind, same_value};
use crate::revision::Revision;
use crate::schema::Sender;
use crate::wire::{Id, Kind, message};

/// The input is the choices that a message is made of.
pub fn check(data: &[u8]) {
    let mut choices = Choices::of_bytes(data);
    let revision = *choices.pick(&Revision::SUPPORTED).unwrap_or(&Revision::V2025_11_25);
    let side = *choices.pick(&[Sender::Client, Sender::Server]).unwrap_or(&Sender::Client);
    let messages = Messages::new(revision, side);
    let Some(method) = choices.pick(messages.methods()) else { return };
    let id = choices.pick(&[json!(1), json!("a"), json!(-7), json!("")]).cloned().unwrap_or_default();
    let Ok(made) = messages.generate(method, &id, &Hints::new(), &mut choices) else { return };
    assert!(messages.is_valid(method, &made), "made {made}, which is not valid");
    let text = made.to_string();
    let read = message::read(text.as_bytes());
    let breaks = read.anomalies.iter().any(|anomaly| anomaly.kind.breaks_json());
    assert!(!breaks && read.problems.is_empty(), "made {text} with {:?}", read.anomalies);
    assert_eq!(read.value.as_ref(), Some(&made), "read as another value");
    kind(&read.kind, method.kind, &method.name, Id::from_value(&id));
    for spelled in same_value(&made) {
        let again = message::read(&spelled.text);
        assert!(again.problems.is_empty(), "{}: {:?}", spelled.name, again.problems);
        kind(&again.kind, method.kind, &method.name, Id::from_value(&id));
    }
    let Some(mutated) = messages.mutate(method, &made, &mut choices) else { return };
    // What is broken in one place is still read, whatever it is.
    let broken = message::read(&mutated.text);
    assert_eq!(broken.raw.as_ref(), mutated.text.as_slice(), "the bytes are not kept");
}

fn kind(read: &Kind, made: MethodKind, name: &str, asked: Option<Id>) {
    let same = |id: &Id| asked.as_ref().is_some_and(|asked| asked.same_value(id));
    let fits = match (made, read) {
        (MethodKind::Request, Kind::Request { id, method }) => same(id) && method == name,
        (MethodKind::Notification, Kind::Notification { method }) => method == name,
        (MethodKind::Result, Kind::Result { id }) => same(id),
        _ => false,
    };
    assert!(fits, "made a {made:?} of {name}, read {read:?}");
}
