//! `docs/writing-scenarios.md` shows files that are in order, and names every member there is.

use mcp_assay::lint::lint_text;
use mcp_assay::scenario::Corpus;
use mcp_assay::transcript::{Event, HttpSent, Payload, SentKind, View, What};
use serde_json::{Value, json};

const GUIDE: &str = include_str!("../../../docs/writing-scenarios.md");

/// The YAML blocks that are whole files beginning with this member.
fn files(first: &str) -> Vec<&'static str> {
    let blocks = GUIDE.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap());
    let files: Vec<_> = blocks.filter(|block| block.starts_with(first)).collect();
    assert!(!files.is_empty());
    files
}

#[test]
fn the_files_shown_are_in_order() {
    let mut corpus = Corpus::embedded().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for text in files("scenario:") {
        assert_eq!(lint_text("guide.yaml", text, &corpus), []);
        let path = folder.path().join("guide.yaml");
        std::fs::write(&path, text).unwrap();
        corpus.add_file(&path).unwrap();
    }
    for text in files("monitors:") {
        assert_eq!(lint_text("monitors/progress.yaml", text, &corpus), []);
    }
}

#[test]
fn every_member_and_verb_is_named() {
    let schema: Value = serde_json::from_str(include_str!("../../../schemas/scenario.json")).unwrap();
    let mut missing = Vec::new();
    let mut nodes = vec![&schema];
    while let Some(node) = nodes.pop() {
        if let Some(members) = node.get("properties").and_then(Value::as_object) {
            let named = |name: &str| GUIDE.contains(&format!("`{name}`")) || GUIDE.contains(&format!("{name}: "));
            missing.extend(members.keys().filter(|name| !named(name)));
        }
        match node {
            Value::Object(members) => nodes.extend(members.values()),
            Value::Array(items) => nodes.extend(items),
            _ => {}
        }
    }
    assert!(missing.is_empty(), "the guide does not name {missing:?}");
}

/// A transcript of one request and its answer, with everything that is seen of them.
fn transcript() -> Vec<Event> {
    let payload = |value: Value| Payload(value.to_string().into_bytes().into());
    let http = HttpSent { verb: "POST".to_owned(), target: "/mcp".to_owned(), headers: Vec::new(), party: None };
    let sent = What::Sent {
        kind: SentKind::Request,
        exchange: Some(1),
        http: Some(http),
        bytes: payload(json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })),
        chunks: mcp_assay::action::Chunks::default(),
        parts: Vec::new(),
        wrong: false,
    };
    let received =
        What::Received { exchange: Some(1), bytes: payload(json!({ "jsonrpc": "2.0", "id": 1, "result": {} })) };
    let stream = Some("asked".to_owned());
    let of = |(n, what): (u64, What)| Event {
        n,
        t_us: n,
        actor: "main".to_owned(),
        stream: stream.clone(),
        borrowed: false,
        what,
    };
    [(1, sent), (2, received)].map(of).into()
}

#[test]
fn every_member_that_expressions_see_is_named() {
    let events = transcript();
    let view = View::of(&events);
    let stream = view.stream("asked").unwrap();
    let things = [&stream, &stream["request"], &stream["messages"][0], &view.exchanges()[0], &view.actor("main")];
    let mut missing: Vec<&String> = things.iter().flat_map(|thing| thing.as_object().unwrap().keys()).collect();
    assert!(missing.len() > 50);
    missing.retain(|name| !GUIDE.contains(&format!("`{name}`")));
    assert!(missing.is_empty(), "the guide does not name {missing:?}");
}
