//! The same message in other words, which must not change the answer.

use serde_json::{Value, json};

use super::Framing;
use crate::wire::write::{Escape, KeyOrder, Space, Spelling, respell};

/// A message spelled in another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Respelled {
    /// What was changed.
    pub name: &'static str,
    /// The JSON text.
    pub text: Vec<u8>,
    /// Where it can be sent.
    pub framing: Framing,
}

/// All other spellings of a message. None of them has line ends where `framing` says any.
#[must_use]
pub fn same_value(message: &Value) -> Vec<Respelled> {
    let text = message.to_string().into_bytes();
    let plain = Spelling::default;
    let spellings = [
        ("keys-reversed", Framing::Any, Spelling { key_order: KeyOrder::Reversed, ..plain() }),
        ("keys-sorted", Framing::Any, Spelling { key_order: KeyOrder::Sorted, ..plain() }),
        ("spaces", Framing::Any, Spelling { space: Space::Spaces, ..plain() }),
        ("line-feeds", Framing::Http, Spelling { space: Space::Lf, ..plain() }),
        ("carriage-returns", Framing::Http, Spelling { space: Space::CrLf, ..plain() }),
        ("escapes", Framing::Any, Spelling { escape: Escape::NonAscii, ..plain() }),
        ("all-escaped", Framing::Any, Spelling { escape: Escape::All, ..plain() }),
    ];
    let mut found: Vec<Respelled> = spellings
        .into_iter()
        .filter_map(|(name, framing, spelling)| {
            Some(Respelled { name, text: respell(&text, &spelling).ok()?, framing })
        })
        .collect();
    found.extend(with_unknown(message, "/params/_meta", "unknown-meta"));
    found.extend(with_unknown(message, "/params", "unknown-param"));
    found
}

/// The message with a member that nobody knows, where that object is there.
fn with_unknown(message: &Value, at: &str, name: &'static str) -> Option<Respelled> {
    let mut changed = message.clone();
    let Value::Object(members) = changed.pointer_mut(at)? else { return None };
    // A prefix of our own, as `_meta` keys have one (basic, `_meta`).
    members.insert("example.com/assay-unknown".to_owned(), json!({ "a": [1, null] }));
    Some(Respelled { name, text: changed.to_string().into_bytes(), framing: Framing::Any })
}
