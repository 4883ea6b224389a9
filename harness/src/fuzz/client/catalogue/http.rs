//! What only HTTP has: statuses, headers, event streams that are broken.

use super::{Matter, case, event, raw, rule, stream};
use crate::fuzz::client::baseline::Answer;
use crate::fuzz::client::case::{Case, Nature};
use crate::scenario::{Answering, Mutation};

/// Statuses without an answer.
const STATUSES: [u16; 28] = [
    200, 201, 202, 203, 204, 205, 206, 300, 301, 304, 400, 402, 403, 404, 405, 406, 408, 409, 410, 413, 415, 418, 422,
    500, 502, 503, 599, 999,
];
/// Characters of a header that is long.
const LONG: usize = 8_000;

pub(super) fn all(matter: &Matter<'_>) -> Vec<Case> {
    let mut all = Vec::new();
    for answer in &matter.baseline.answers {
        all.extend(statuses(&answer.method));
        all.extend(headers(answer));
        all.extend(streams(answer));
    }
    all
}

fn with(mut rule: Mutation, headers: &[(&str, Option<&str>)]) -> Mutation {
    rule.headers.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))));
    rule
}

fn statuses(method: &str) -> Vec<Case> {
    let empty = |status| Mutation { status: Some(status), ..raw(method, b"") };
    let bare = STATUSES.iter().map(|status| case(method, &format!("status {status}"), Nature::Closed, empty(*status)));
    let mut all: Vec<Case> = bare.collect();
    let html = [("content-type", Some("text/html"))];
    let page = Mutation { status: Some(502), ..raw(method, b"<html><body>Bad gateway</body></html>") };
    all.push(case(method, "status 502, a page", Nature::Closed, with(page, &html)));
    let told = [("www-authenticate", Some("Bearer realm=\"a\\\", scope=,, error=\"\u{1}".trim_end_matches('\u{1}')))];
    all.push(case(method, "status 401, a broken challenge", Nature::Closed, with(empty(401), &told)));
    all.push(case(method, "status 429, for ever", Nature::Closed, with(empty(429), &[("retry-after", Some("-1"))])));
    // To the same place again and again, and to none.
    for (name, to) in [("in circles", "/mcp"), ("nowhere", "http://["), ("to no text", "data:,x")] {
        let rule = with(Mutation { nth: None, ..empty(307) }, &[("location", Some(to))]);
        all.push(case(method, &format!("status 307, {name}"), Nature::Closed, rule));
    }
    all
}

fn headers(answer: &Answer) -> Vec<Case> {
    let method = answer.method.as_str();
    let text = answer.value.to_string();
    let mut all = Vec::new();
    for (name, kind) in [
        ("none", None),
        ("empty", Some("")),
        ("a page", Some("text/html")),
        ("another charset", Some("application/json; charset=utf-16")),
        ("parameters", Some("application/json;;=;\"")),
        ("a list", Some("application/json, text/event-stream")),
        ("a stream that is none", Some("text/event-stream")),
        ("form", Some("multipart/form-data; boundary=")),
        ("unknown", Some("assay/unknown")),
    ] {
        // Of what is called otherwise, a client need not know what it is.
        let rule = with(raw(method, text.as_bytes()), &[("content-type", kind)]);
        all.push(case(method, &format!("content type: {name}"), Nature::Closed, rule));
    }
    for encoding in ["gzip", "br", "deflate", "assay", "gzip, gzip, gzip"] {
        let rule = with(raw(method, text.as_bytes()), &[("content-encoding", Some(encoding))]);
        all.push(case(method, &format!("content encoding: {encoding}"), Nature::Closed, rule));
    }
    let long = "a".repeat(LONG);
    for (name, id) in [("empty", ""), ("long", long.as_str()), ("with a space", "a b"), ("not ASCII", "\u{e9}")] {
        let rule = with(rule(method), &[("mcp-session-id", Some(id))]);
        all.push(case(method, &format!("session id: {name}"), Nature::Broken, rule));
    }
    all
}

/// Event streams that end, or go on, without what they are for.
fn streams(answer: &Answer) -> Vec<Case> {
    let method = answer.method.as_str();
    let text = answer.value.to_string();
    let plain = event(text.as_bytes());
    let half = plain.get(..plain.len() / 2).unwrap_or_default();
    let unended = plain.get(..plain.len() - 1).unwrap_or_default();
    let mut all = Vec::new();
    let ends: [(&str, Vec<u8>); 12] = [
        ("empty", Vec::new()),
        ("only a comment", b": nothing\n\n".to_vec()),
        ("only priming", b"id: 1\ndata:\n\n".to_vec()),
        ("half an event", half.to_vec()),
        ("no last blank line", unended.to_vec()),
        ("another event", [b"event: assay\ndata: ", text.as_bytes(), b"\n\n"].concat()),
        ("endpoint", b"event: endpoint\ndata: http://[\n\n".to_vec()),
        ("no JSON", b"data: {\n\n".to_vec()),
        ("not UTF-8", b"data: \"\xff\xfe\"\n\n".to_vec()),
        ("nul", b"data: \0\nid: \0\n\n".to_vec()),
        ("no colon", [b"data", text.as_bytes(), b"\n\n"].concat()),
        ("a long line", [b"data: ", "a".repeat(1 << 20).as_bytes(), b"\n\n"].concat()),
    ];
    for (name, bytes) in &ends {
        all.push(case(method, &format!("stream: {name}"), Nature::Closed, stream(method, bytes)));
        let cut = Mutation { answering: Answering::Cut, ..stream(method, bytes) };
        all.push(case(method, &format!("stream, cut: {name}"), Nature::Closed, cut));
        let stall = Mutation { answering: Answering::Stall, ..stream(method, bytes) };
        all.push(case(method, &format!("stream, stalled: {name}"), Nature::Broken, stall));
    }
    let before = |bytes: &[u8]| [bytes, &plain].concat();
    let besides: [(&str, Vec<u8>); 8] = [
        ("retry: 0", before(b"retry: 0\n\n")),
        ("retry: huge", before(b"retry: 99999999999999999999\n\n")),
        ("retry: no number", before(b"retry: x\n\n")),
        ("id: nul", before(b"id: a\0b\ndata:\n\n")),
        ("id: long", before(format!("id: {}\ndata:\n\n", "a".repeat(LONG)).as_bytes())),
        ("id: empty", before(b"id\ndata:\n\n")),
        ("event: empty", before(b"event:\ndata: {}\n\n")),
        ("half an event after it", [plain.as_slice(), b"data: {\"jsonrpc\""].concat()),
    ];
    for (name, bytes) in &besides {
        all.push(case(method, &format!("stream: {name}"), Nature::Answered, stream(method, bytes)));
    }
    let open = Mutation { answering: Answering::Stall, ..stream(method, &plain) };
    all.push(case(method, "stream: stays open", Nature::Answered, open));
    let cut = Mutation { answering: Answering::Cut, ..stream(method, &plain) };
    all.push(case(method, "stream: cut after it", Nature::Answered, cut));
    all.push(case(method, "answered late", Nature::Answered, late(rule(method))));
    all
}

fn late(rule: Mutation) -> Mutation {
    Mutation { delay: "300ms".parse().ok(), ..rule }
}
