//! What is no message at all.

use serde_json::Value;

use super::text::{ID_MARK, marked_with_id};
use crate::fuzz::case::{Act, Body, Case, Expect};
use crate::fuzz::source::Base;
use crate::generate::{Framing, broken_bytes};
use crate::wire::write::replaced;

/// What is no message, and behind it one that is.
pub(super) fn bytes(base: &Base, after: &Act, http: bool) -> Vec<Case> {
    let text = marked_with_id(base).to_string();
    let broken = broken_bytes(text.as_bytes()).into_iter().filter(|broken| match broken.framing {
        Framing::Any => true,
        Framing::Http => http,
        // Without an end it would swallow what others send.
        Framing::Stdio => !http && broken.bytes.ends_with(b"\n"),
    });
    broken
        .map(|broken| {
            let mut bytes = broken.bytes;
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            }
            let bytes = replaced(&bytes, ID_MARK.to_string().as_bytes(), b"{id}");
            let act = Act {
                subject: "bytes".to_owned(),
                mutation: broken.name.to_owned(),
                body: Body::Bytes(bytes),
                expect: Expect::Anything,
                ..Act::plain(Value::Null)
            };
            // What comes behind it shows whether it was read to its end and no further.
            Case { acts: vec![act, after.clone()], ..Case::default() }
        })
        .collect()
}
