//! The decoder of server-sent events, and the encoder.

use crate::wire::Limits;
use crate::wire::sse::{Decoder, Event, Item, LineEnd, encode, encode_with};

use super::chunks::Stream;

/// The input is a stream; its first byte says how it arrives.
pub fn check(data: &[u8]) {
    let Some(stream) = Stream::of(data) else { return };
    let items = decode(&[stream.bytes], stream.limits);
    assert_eq!(decode(&stream.chunks(), stream.limits), items, "the events depend on the chunks");
    let mut before = 0;
    for item in items {
        let Item::Event(event) = item else { continue };
        assert!(before <= event.span.start && event.span.start < event.span.end, "{:?} is not in order", event.span);
        before = event.span.end;
        assert!(event.data.len() <= stream.limits.event_bytes, "more data than the limit");
        round_trip(event);
    }
    assert!(before <= stream.bytes.len() as u64, "an event beyond the end");
}

fn decode(chunks: &[&[u8]], limits: Limits) -> Vec<Item> {
    let mut decoder = Decoder::new(limits);
    let mut items: Vec<Item> = Vec::new();
    for chunk in chunks {
        items.extend(decoder.push(chunk));
        assert!(decoder.begun() <= decoder.pending(), "more has begun than is pending");
    }
    let last = items.iter().rev().find_map(|item| if let Item::Event(event) = item { Some(event) } else { None });
    assert!(last.is_none_or(|event| event.last_event_id == decoder.last_event_id()), "two last event ids");
    items.extend(decoder.finish());
    items
}

/// An event that was read can be written and read again.
fn round_trip(event: Event) {
    if event.truncated {
        return;
    }
    assert!(!event.kind().is_empty());
    assert_eq!(encode(&event), encode_with(&event, LineEnd::Lf));
    for end in [LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr] {
        let mut items = decode(&[&encode_with(&event, end)], Limits::DEFAULT);
        let Some(Item::Event(again)) = items.pop() else { panic!("{event:?} was written with {end:?} as no event") };
        let last_event_id = event.id.clone().unwrap_or_default();
        let expected = Event { span: again.span.clone(), last_event_id, ..event.clone() };
        assert_eq!(again, expected, "written with {end:?} as another event");
        assert!(items.iter().all(|item| matches!(item, Item::Retry(_))), "written with more: {items:?}");
    }
}
