//! The JSON reader, against serde_json and against its own spans.

use crate::wire::Limits;
use crate::wire::json::{self, AnomalyKind, Node, Tree};
use crate::wire::write::{Escape, KeyOrder, Space, Spelling, respell};
use serde_json::Value;

/// Below serde_json's own limit on nesting, which cannot be told from a syntax error.
const LIMITS: Limits = Limits { depth: 100, nodes: 5_000, anomalies: 8, ..Limits::DEFAULT };

/// The input is a JSON text, or is not.
pub fn check(text: &[u8]) {
    let parsed = json::parse(text, &LIMITS);
    assert!(parsed.anomalies.len() <= LIMITS.anomalies + 3, "more anomalies than the limit");
    for anomaly in &parsed.anomalies {
        assert!(anomaly.at <= text.len() && !anomaly.to_string().is_empty(), "{anomaly:?} is not in the text");
        assert!(!anomaly.kind.name().is_empty(), "{anomaly:?} has no name");
    }
    assert!(parsed.value.is_some() || !parsed.anomalies.is_empty(), "no value and no reason");
    let any = |is: fn(&AnomalyKind) -> bool| parsed.anomalies.iter().any(|anomaly| is(&anomaly.kind));
    if any(|kind| matches!(kind, AnomalyKind::TooDeep(_) | AnomalyKind::TooLarge(_))) {
        return;
    }
    if let Some(tree) = &parsed.value {
        spans(tree, text);
    }
    let second = serde_json::from_slice::<Value>(text);
    match (&parsed.value, second) {
        (Some(tree), Ok(second)) => {
            assert!(parsed.is_json(), "serde_json accepts what we call broken: {:?}", parsed.anomalies);
            assert_eq!(tree.to_value(), second, "two readers, two values");
        }
        (None, Ok(_)) => panic!("serde_json accepts what we refuse: {:?}", parsed.anomalies),
        // serde_json has no place for these, though they are JSON.
        (_, Err(_))
            if any(|kind| {
                matches!(kind, AnomalyKind::LoneSurrogate | AnomalyKind::NumberOutOfRange(_) | AnomalyKind::Omitted(_))
            }) => {}
        (_, Err(error)) => assert!(!parsed.is_json(), "serde_json refuses what we accept: {error}"),
    }
    if let (true, Some(tree)) = (parsed.is_json(), &parsed.value) {
        spellings(tree, text);
    }
}

/// Each value's span lies in that of the value around it, after its elder brother, and holds the spelling of that value.
fn spans(tree: &Tree, text: &[u8]) {
    let raw = tree.raw(text);
    assert!(tree.span.start < tree.span.end && tree.span.end <= text.len(), "{:?} is not in the text", tree.span);
    let edges = (raw.first().copied(), raw.last().copied());
    let mut from = tree.span.start + 1;
    let mut inner = |start: usize, end: usize| {
        assert!(
            from <= start && start < end && end < tree.span.end,
            "{start}..{end} is not in order in {:?}",
            tree.span
        );
        from = end;
    };
    match &tree.node {
        Node::Null => assert_eq!(raw, b"null"),
        Node::Bool(value) => assert_eq!(raw, value.to_string().as_bytes()),
        Node::Number(number) => assert_eq!(raw, number.as_bytes()),
        Node::String(_) => assert_eq!(edges, (Some(b'"'), Some(b'"'))),
        Node::Array(items) => {
            assert_eq!(edges, (Some(b'['), Some(b']')));
            for item in items {
                inner(item.span.start, item.span.end);
                spans(item, text);
            }
        }
        Node::Object(members) => {
            assert_eq!(edges, (Some(b'{'), Some(b'}')));
            for member in members {
                inner(member.name_span.start, member.name_span.end);
                inner(member.value.span.start, member.value.span.end);
                assert!(tree.member(&member.name).is_some(), "no member {:?}", member.name);
                spans(&member.value, text);
            }
        }
    }
}

/// However a text is spelled anew, its value stays; in its own order, also its duplicates.
fn spellings(tree: &Tree, text: &[u8]) {
    for (space, escape) in [(Space::None, Escape::Kept), (Space::CrLf, Escape::All), (Space::Spaces, Escape::NonAscii)]
    {
        let spelling = Spelling { key_order: KeyOrder::Kept, space, escape, duplicate_key: None };
        let spelled =
            respell(text, &spelling).unwrap_or_else(|kind| panic!("is JSON, yet cannot be respelled: {kind}"));
        let again = json::parse(&spelled, &LIMITS);
        assert!(again.is_json(), "respelled into {:?}", again.anomalies);
        let value = again.value.map(|tree| tree.to_value());
        assert_eq!(value, Some(tree.to_value()), "respelled into another value");
    }
}
