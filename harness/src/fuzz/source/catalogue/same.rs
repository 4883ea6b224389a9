//! The same request in other words: with another id, spelled otherwise, in pieces.

use super::alone;
use super::text::{act_of, marked_with_id};
use crate::action::Chunks;
use crate::fuzz::case::{Act, Body, Case, Expect, IdForm};
use crate::fuzz::source::Base;
use crate::generate::{Framing, same_value};

pub(super) fn with_id(base: &Base, form: IdForm) -> Option<Case> {
    let Body::Message { value, .. } = &base.act.body else { return None };
    let act = Act { body: Body::Message { value: value.clone(), id: form }, ..base.act.clone() };
    Some(alone(act))
}

/// The request as it is, then in other words.
pub(super) fn respelled(base: &Base, http: bool) -> Vec<Case> {
    if base.stable.is_none() {
        return Vec::new();
    }
    let fits = |framing: Framing| framing == Framing::Any || (http == (framing == Framing::Http));
    let spellings = same_value(&marked_with_id(base)).into_iter().filter(|spelled| fits(spelled.framing));
    spellings
        .map(|spelled| {
            let first = Act { awaited: true, ..base.act.clone() };
            let mut second = act_of(&base.act.subject, &format!("spelled {}", spelled.name), &spelled.text);
            second.expect = Expect::SameAs(0);
            Case { acts: vec![first, second], ..Case::default() }
        })
        .collect()
}

/// The request whole, then in pieces.
pub(super) fn in_pieces(base: &Base) -> Vec<Case> {
    if base.stable.is_none() {
        return Vec::new();
    }
    let length = base.message().to_string().len();
    let ways = [("in halves", vec![length / 2]), ("byte by byte", vec![1]), ("but its last bytes", vec![length, 1])];
    ways.into_iter()
        .map(|(name, counts)| {
            let first = Act { awaited: true, ..base.act.clone() };
            let mutation = format!("sent {name}");
            let second = Act { chunks: Chunks(counts), mutation, expect: Expect::SameAs(0), ..base.act.clone() };
            Case { acts: vec![first, second], ..Case::default() }
        })
        .collect()
}
