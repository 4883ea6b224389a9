use super::*;
use crate::wire::limits::Limits;

fn decode(stream: impl AsRef<[u8]>) -> Vec<Item> {
    decode_within(stream.as_ref(), Limits::DEFAULT)
}

fn decode_within(stream: &[u8], limits: Limits) -> Vec<Item> {
    let mut decoder = Decoder::new(limits);
    let mut items = decoder.push(stream);
    items.extend(decoder.finish());
    let bytewise = {
        let mut decoder = Decoder::new(limits);
        let mut items: Vec<Item> = stream.chunks(1).flat_map(|byte| decoder.push(byte)).collect();
        items.extend(decoder.finish());
        items
    };
    assert_eq!(items, bytewise, "byte by byte gives the same");
    items
}

fn events(stream: impl AsRef<[u8]>) -> Vec<Event> {
    let event = |item| {
        if let Item::Event(event) = item { Some(event) } else { None }
    };
    decode(stream).into_iter().filter_map(event).collect()
}

fn data(stream: impl AsRef<[u8]>) -> Vec<String> {
    events(stream).into_iter().filter(|e| e.dispatched).map(|e| e.data).collect()
}

#[test]
fn any_line_end_ends_a_line() {
    for end in ["\n", "\r\n", "\r"] {
        let stream = ["data: a", "data:b", "", "data", "", ""].join(end);
        assert_eq!(data(stream), ["a\nb", ""], "{end:?}");
    }
    assert_eq!(data("data:a\r\ndata:b\rdata:c\n\r\n"), ["a\nb\nc"]);
    assert_eq!(data("data:  two spaces\n\ndata: a:b\n\n"), [" two spaces", "a:b"]);
}

#[test]
fn an_event_has_all_its_fields() {
    let all = events("event: note\nid: 7\nretry: 30\ndata: x\n\ndata: y\n\nid\ndata: z\n\n");
    let first = Event {
        id: Some("7".to_owned()),
        last_event_id: "7".to_owned(),
        name: Some("note".to_owned()),
        data: "x".to_owned(),
        has_data: true,
        retry: Some(30),
        dispatched: true,
        truncated: false,
        span: 0..37,
    };
    assert_eq!(all[0], first);
    assert_eq!(all[0].kind(), "note");
    assert_eq!((&all[1].id, all[1].last_event_id.as_str(), all[1].kind()), (&None, "7", "message"));
    assert_eq!(
        (all[2].id.as_deref(), all[2].last_event_id.as_str()),
        (Some(""), ""),
        "an empty id takes the last one back"
    );
}

#[test]
fn an_event_without_data_is_visible() {
    let all = events("id: 1\ndata:\n\nid: 2\n\nevent: e\n\nretry: 5\n\n: only\n\n");
    let seen: Vec<_> = all.iter().map(|e| (e.last_event_id.as_str(), e.has_data, e.dispatched)).collect();
    assert_eq!(seen, [("1", true, true), ("2", false, false), ("2", false, false)]);
}

#[test]
fn comments_and_retry_are_items_of_their_own() {
    assert_eq!(
        decode(":\n: keep alive\nretry: 10\nretry: 99999999999999999999\n"),
        [Item::Comment(String::new()), Item::Comment(" keep alive".to_owned()), Item::Retry(10), Item::Retry(u64::MAX),]
    );
}

#[test]
fn tells_what_a_browser_drops() {
    let anomalies = |stream: &[u8]| -> Vec<Anomaly> {
        let anomaly = |item| {
            if let Item::Anomaly(anomaly) = item { Some(anomaly) } else { None }
        };
        decode(stream).into_iter().filter_map(anomaly).collect()
    };
    assert_eq!(anomalies("\u{feff}data: a\n\n".as_bytes()), [Anomaly::Bom]);
    assert_eq!(
        anomalies(b"retry: -1\nretry:\n"),
        [Anomaly::BadRetry("-1".to_owned()), Anomaly::BadRetry(String::new())]
    );
    assert_eq!(anomalies(b"id: a\0b\ndata: x\n\n"), [Anomaly::NulInId]);
    assert_eq!(
        anomalies(b"Data: x\n data: y\n"),
        [Anomaly::UnknownField("Data".to_owned()), Anomaly::UnknownField(" data".to_owned())]
    );
    assert_eq!(anomalies(b"data: \xff\xe4\xb8\n\n"), [Anomaly::InvalidUtf8(2)]);
    assert_eq!(data(b"data: \xff\xe4\xb8\n\n"), ["\u{fffd}\u{fffd}"]);
    assert_eq!(data("\u{feff}data: a\n\n\u{feff}data: b\n\n"), ["a"], "only the first mark is skipped");
    assert_eq!(events(b"id: a\0b\ndata: x\n\n")[0].id, None);
}

#[test]
fn an_event_that_never_ended_is_lost_and_counted() {
    let lost = |bytes| [Item::Anomaly(Anomaly::IncompleteEvent(bytes))];
    assert_eq!(decode("data: a\n\r\ndata: b")[1..], lost(7));
    assert_eq!(decode("id: 1\r\ndata: b\r\n"), lost(16));
    assert_eq!(decode("dat"), lost(3));
    assert_eq!(decode("\r\n\r\n"), []);
    let mut decoder = Decoder::new(Limits::DEFAULT);
    decoder.push(b"id: 1\n\nid: 2\n");
    assert_eq!((decoder.last_event_id(), decoder.pending()), ("1", 6), "only a whole event moves the id");
}

#[test]
fn spans_point_into_the_stream() {
    let stream = ": c\r\nid: 1\r\n: c\r\ndata: a\r\n\r\n\r\ndata: b\n\n";
    let spans: Vec<_> = events(stream).into_iter().map(|e| e.span).collect();
    let texts: Vec<_> = spans.iter().map(|s| &stream[s.start as usize..s.end as usize]).collect();
    assert_eq!(texts, ["id: 1\r\n: c\r\ndata: a\r\n\r", "data: b\n\n"]);
}

#[test]
fn tells_how_much_of_an_event_has_begun() {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let stream = b": c\n\nid: 1\n:c\n\n:\nd";
    let begun: Vec<_> = stream.iter().map(|byte| (decoder.push(&[*byte]), decoder.begun()).1).collect();
    assert_eq!(begun, [0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 1]);
}

#[test]
fn cuts_what_is_too_long_and_goes_on() {
    let limits = Limits { line_bytes: 12, event_bytes: 9, ..Limits::DEFAULT };
    let items = decode_within(b"data: 1234567890\ndata: a\n\ndata: b\n\n", limits);
    assert_eq!(items[0], Item::Anomaly(Anomaly::LineTooLong(12)));
    assert!(matches!(&items[1], Item::Event(e) if e.truncated && e.has_data && e.data.is_empty()), "{items:?}");
    assert!(matches!(&items[2], Item::Event(e) if !e.truncated && e.data == "b"));
    let items = decode_within(b"data: 12345\ndata: 6789\ndata: 0\n\n", limits);
    assert_eq!(items[0], Item::Anomaly(Anomaly::EventTooLarge(9)));
    assert!(matches!(&items[1], Item::Event(e) if e.truncated && e.data == "12345"));
    assert_eq!(items.len(), 2);
    let items = decode_within(b": a very long comment\ndata: b\n\n", limits);
    assert!(matches!(&items[1], Item::Event(e) if !e.truncated && e.data == "b"));
}

#[test]
fn encodes_what_it_decodes() {
    let event =
        Event { name: Some("n".to_owned()), retry: Some(1), ..Event::new("a\n\nb\rc\r\nd", Some("7".to_owned())) };
    assert_eq!(encode(&event), b"event: n\nid: 7\nretry: 1\ndata: a\ndata: \ndata: b\ndata: c\ndata: d\n\n");
    assert_eq!(encode_with(&Event::new("", None), LineEnd::CrLf), b"data: \r\n\r\n");
    assert_eq!(encode(&Event { id: Some("1".to_owned()), ..Event::default() }), b"id: 1\n\n");
}
