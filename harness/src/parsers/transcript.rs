//! The reader of transcripts, and the views that checks read.

use crate::transcript::{Event, Header, Payload, View, parse};

/// The input is a transcript file, or any bytes.
pub fn check(data: &[u8]) {
    let payload = Payload::from(data.to_vec());
    let text = serde_json::to_vec(&payload).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(serde_json::from_slice::<Payload>(&text).ok(), Some(payload), "other bytes come back");

    let (header, events) = match parse("input", data) {
        Ok(read) => read,
        Err(error) => return assert!(error.to_string().contains("input"), "{error} does not name the file"),
    };
    let text = write(&header, &events);
    let again = parse("written", &text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((&again.0, &again.1), (&header, &events), "written as another transcript");
    cut_short(&text, &events);
    views(&events);
}

fn write(header: &Header, events: &[Event]) -> Vec<u8> {
    let lines = std::iter::once(serde_json::to_vec(header)).chain(events.iter().map(serde_json::to_vec));
    lines.flat_map(|line| [line.unwrap_or_else(|error| panic!("{error}")), vec![b'\n']].concat()).collect()
}

/// A crash may cut the file at any byte of its last line, and every line before it still counts.
fn cut_short(text: &[u8], events: &[Event]) {
    let Some((_, before)) = events.split_last() else { return };
    let last_line =
        text.len() - 1 - text[..text.len() - 1].rsplit(|&byte| byte == b'\n').next().unwrap_or_default().len();
    for end in last_line..text.len() - 1 {
        let (_, read) = parse("cut", &text[..end]).unwrap_or_else(|error| panic!("cut at byte {end}: {error}"));
        assert_eq!(read, before, "cut at byte {end}");
    }
}

/// Whatever the events say, everything can be looked at.
fn views(events: &[Event]) {
    let view = View::of(events);
    for name in view.stream_names() {
        assert!(view.stream(name).is_some(), "no view of the stream {name:?}");
        view.pages(name);
    }
    view.requests();
    view.exchanges();
    view.actors();
}
