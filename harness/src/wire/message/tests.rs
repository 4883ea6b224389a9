#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::wire::limits::Limits;

fn id(text: &str) -> Id {
    Id::from_text(text).unwrap()
}

fn problems(text: &str) -> Vec<String> {
    read(text.as_bytes()).problems.iter().map(ToString::to_string).collect()
}

#[test]
fn tells_the_kinds_apart() {
    for (text, kind, shown) in [
        (
            r#"{"jsonrpc":"2.0","id":1.0,"method":"ping"}"#,
            Kind::Request { id: id("1.0"), method: "ping".to_owned() },
            "request \"ping\" with id 1.0",
        ),
        (
            r#"{"method":"n","jsonrpc":"2.0","params":[]}"#,
            Kind::Notification { method: "n".to_owned() },
            "notification \"n\"",
        ),
        (r#"{"jsonrpc":"2.0","id":"a","result":null}"#, Kind::Result { id: id("\"a\"") }, "result for id \"a\""),
        (
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700.0,"message":""}}"#,
            Kind::Error { id: Some(id("null")), code: Some(-32700) },
            "error -32700 for id null",
        ),
        (
            r#"{"jsonrpc":"2.0","error":{"code":1e30,"message":""}}"#,
            Kind::Error { id: None, code: None },
            "error without id",
        ),
    ] {
        let message = read(text.as_bytes());
        assert_eq!(message.kind, kind);
        assert_eq!(message.kind.to_string(), shown);
        assert!(message.is_valid());
        assert_eq!(message.raw, text);
    }
}

#[test]
fn names_every_problem() {
    for (text, expected) in [
        ("{", &["the text is not JSON"][..]),
        ("[]", &["the batch is empty"]),
        ("1", &["the message is a number, not an object"]),
        ("{}", &["the member `jsonrpc` is missing", "the message has none of `method`, `result`, `error`"]),
        (r#"{"jsonrpc":2.0,"method":"a"}"#, &["the member `jsonrpc` is 2.0, not \"2.0\""]),
        (r#"{"jsonrpc":"2.0","method":1}"#, &["the member `method` is a number, not a string"]),
        (r#"{"jsonrpc":"2.0","method":"a","id":{}}"#, &["the member `id` is an object, not a string or a number"]),
        (
            r#"{"jsonrpc":"2.0","method":"a","params":1}"#,
            &["the member `params` is a number, not an object or an array"],
        ),
        (r#"{"jsonrpc":"2.0","method":"a","result":1}"#, &["the message has `method` and also `result` or `error`"]),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
            &["the message has both `result` and `error`", "the error has no `code`", "the error has no `message`"],
        ),
        (r#"{"jsonrpc":"2.0","result":{}}"#, &["the result has no `id`"]),
        (r#"{"jsonrpc":"2.0","id":1,"error":"x"}"#, &["the member `error` is a string, not an object"]),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":1}}"#,
            &["the error's `code` is 1.5, not an integer", "the error's `message` is a number, not a string"],
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}"#,
            &["the error's `code` is a string, not an integer"],
        ),
    ] {
        assert_eq!(problems(text), expected, "{text}");
        let message = read(text.as_bytes());
        assert_eq!(message.kind, Kind::Invalid { reason: message.problems[0].clone() });
    }
    let deep = "[".repeat(1000);
    assert_eq!(problems(&deep), ["the text is over the harness's limits"]);
}

#[test]
fn an_invalid_message_still_tells_what_it_can() {
    let message = read(br#"{"jsonrpc":"1.0","id":"\u0061","result":{"x":1}}"#);
    assert!(!message.is_valid());
    assert_eq!(message.shape(), Shape::Result);
    assert!(message.shape().is_response());
    assert_eq!(message.id().unwrap().as_str(), r#""\u0061""#);
    assert_eq!(message.result().unwrap()["x"], 1);
    let message = read(br#"{"jsonrpc":"2.0","id":[1],"method":"m","params":3}"#);
    assert_eq!((message.shape(), message.id(), message.method()), (Shape::Request, None, Some("m")));
    assert_eq!(message.params().unwrap(), 3);
    let message = read(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":1,\"message\":\"\"}} tail");
    assert_eq!(message.error().unwrap()["code"], 1);
    assert!(message.is_valid(), "the bytes after it are an anomaly, not a problem of the message");
    assert_eq!(message.anomalies.len(), 1);
}

#[test]
fn reads_each_message_of_a_batch_by_itself() {
    let text = r#"[ {"jsonrpc":"2.0","id":1,"method":"a"},[], 2 ]"#;
    let message = read(text.as_bytes());
    assert_eq!(message.shape(), Shape::Batch);
    assert_eq!(message.kind.to_string(), "batch of 3");
    assert!(!message.is_valid());
    let parts = message.each();
    assert_eq!(parts[0].kind, Kind::Request { id: id("1"), method: "a".to_owned() });
    assert_eq!(parts[0].raw, r#"{"jsonrpc":"2.0","id":1,"method":"a"}"#);
    assert_eq!(parts[1].problems, [InvalidReason::NotObject("an array")]);
    assert_eq!(parts[2].problems, [InvalidReason::NotObject("a number")]);
    assert_eq!(parts[0].each(), &parts[..1]);
    assert_eq!(message.value.as_ref().unwrap()[2], 2);
}

#[test]
fn the_last_of_duplicate_members_counts() {
    let message = read(br#"{"jsonrpc":"2.0","id":1,"method":"a","id":2}"#);
    assert_eq!(message.id().unwrap().as_str(), "2");
    assert_eq!(message.anomalies[0].kind.name(), "duplicate-key");
}

#[test]
fn ids_keep_their_spelling_and_know_their_value() {
    for text in ["0", "-1", "1.0", "1e2", "123456789012345678901234567890", r#""a""#, "null"] {
        let message = format!(r#"{{"jsonrpc":"2.0","id": {text} ,"method":"m"}}"#);
        assert_eq!(read(message.as_bytes()).id().unwrap().as_str(), text);
    }
    for (a, b) in [("1.0", "1"), (r#""\u0061""#, r#""a""#), (r#""\/""#, r#""/""#), ("1e2", "100"), ("null", "null")] {
        assert!(id(a).same_value(&id(b)), "{a} {b}");
    }
    for (a, b) in [("1", r#""1""#), ("1", "2"), (r#""\ud800""#, r#""\ud801""#), ("0", "null"), (r#""a""#, r#""A""#)] {
        assert!(!id(a).same_value(&id(b)), "{a} {b}");
    }
    assert!(id("null").is_null() && id("1").is_number() && id("\"1\"").is_string());
    assert!(!id("\"1\"").is_number() && !id("null").is_number());
    assert_eq!(Id::string("a\"b").as_str(), r#""a\"b""#);
    assert_eq!(Id::from(-3), id("-3"));
    assert_eq!(id(r#""\u0061""#).to_value(), "a");
    for bad in ["", "[1]", "true", " 1", "1 ", "x", "1 2"] {
        assert!(Id::from_text(bad).is_err(), "{bad:?}");
    }
    assert_eq!(serde_json::from_str::<Id>("\"1.0\"").unwrap(), id("1.0"));
    assert!(serde_json::from_str::<Id>("\"{}\"").is_err());
}

#[test]
fn limits_are_the_callers() {
    let limits = Limits { depth: 1, batch: 1, ..Limits::DEFAULT };
    let text = br#"{"jsonrpc":"2.0","method":"m","params":{}}"#;
    assert_eq!(read_shared(text.to_vec().into(), &limits).problems, [InvalidReason::OverLimits]);
    assert_eq!(read_shared(b"[1,2]".to_vec().into(), &limits).problems, [InvalidReason::OverLimits]);
}
