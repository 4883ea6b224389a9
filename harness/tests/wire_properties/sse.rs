//! Server-sent events.

use mcp_assay::wire::Limits;
use mcp_assay::wire::sse::{self, Decoder, Event, Item, LineEnd};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{config, cut, cuts, glued, limits};

fn sse_like() -> impl Strategy<Value = Vec<u8>> {
    glued(
        &[
            "\n",
            "\n",
            "\r",
            "\r\n",
            "\r\n",
            "data: a",
            "data:",
            "data",
            "data: é😀",
            "id: 7",
            "id",
            "id: \0",
            "event: e",
            "retry: 10",
            "retry: x",
            ": c",
            ":",
            " ",
            "\u{feff}",
            "a long run of text",
            "data: x\n\n",
            "id: 8\n\n",
        ],
        16,
    )
}

fn sse_items(chunks: &[&[u8]], limits: Limits) -> Vec<Item> {
    let mut decoder = Decoder::new(limits);
    let mut items: Vec<Item> = chunks.iter().flat_map(|chunk| decoder.push(chunk)).collect();
    items.extend(decoder.finish());
    items
}

/// The dispatched events of a stream: (type, data, last event id), by the letter of the standard on a whole text.
fn browser_events(stream: &[u8]) -> Vec<(String, String, String)> {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n").replace('\r', "\n");
    let (mut data, mut kind, mut id) = (String::new(), String::new(), String::new());
    let mut events = Vec::new();
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "" if line.is_empty() => {
                if let Some(data) = data.strip_suffix('\n') {
                    let kind = if kind.is_empty() { "message" } else { &kind };
                    events.push((kind.to_owned(), data.to_owned(), id.clone()));
                }
                data.clear();
                kind.clear();
            }
            "data" => data = data + value + "\n",
            "event" => kind = value.to_owned(),
            "id" if !value.contains('\0') => id = value.to_owned(),
            _ => {}
        }
    }
    events
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn sse_does_not_depend_on_chunks(stream in sse_like(), cuts in cuts(), limits in limits()) {
        prop_assert_eq!(sse_items(&cut(&stream, &cuts), limits), sse_items(&[&stream], limits));
    }

    #[test]
    fn sse_dispatches_what_a_browser_does(stream in sse_like()) {
        let seen: Vec<_> = sse_items(&[&stream], Limits::DEFAULT)
            .into_iter()
            .filter_map(|item| match item {
                Item::Event(e) if e.dispatched => Some((e.kind().to_owned(), e.data, e.last_event_id)),
                _ => None,
            })
            .collect();
        prop_assert_eq!(seen, browser_events(&stream));
    }

    #[test]
    fn sse_spans_are_in_order_and_within(stream in sse_like(), limits in limits()) {
        let mut last = 0;
        for item in sse_items(&[&stream], limits) {
            if let Item::Event(event) = item {
                prop_assert!(last <= event.span.start && event.span.start < event.span.end);
                last = event.span.end;
                prop_assert!(event.data.len() <= limits.event_bytes);
            }
        }
        prop_assert!(last <= stream.len() as u64);
    }

    #[test]
    fn sse_round_trip(
        name in proptest::option::of("[^\\r\\n\\x00]{0,8}"),
        id in proptest::option::of("[^\\r\\n\\x00]{0,8}"),
        retry: Option<u64>,
        data in "[^\\r]{0,40}",
        end in select(vec![LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr]),
    ) {
        let event = Event { name, retry, last_event_id: id.clone().unwrap_or_default(), ..Event::new(data, id) };
        let items = sse_items(&[&sse::encode_with(&event, end)], Limits::DEFAULT);
        let Some(Item::Event(decoded)) = items.last() else { return Err(TestCaseError::fail(format!("{items:?}"))) };
        prop_assert_eq!(decoded, &Event { span: decoded.span.clone(), ..event });
        prop_assert_eq!(items.len(), 1 + usize::from(retry.is_some()));
    }
}
