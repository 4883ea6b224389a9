#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use serde_json::json;

use super::*;
use crate::wire::limits::Limits;

fn kinds(text: impl AsRef<[u8]>) -> Vec<&'static str> {
    parse(text.as_ref(), &Limits::DEFAULT).anomalies.iter().map(|a| a.kind.name()).collect()
}

fn only(text: impl AsRef<[u8]>) -> Anomaly {
    let mut anomalies = parse(text.as_ref(), &Limits::DEFAULT).anomalies;
    assert_eq!(anomalies.len(), 1, "{anomalies:?}");
    anomalies.remove(0)
}

fn tree(text: &str) -> Tree {
    parse(text.as_bytes(), &Limits::DEFAULT).value.unwrap()
}

#[test]
fn keeps_spelling_order_duplicates_and_spans() {
    let text = r#" {"a":1.0, "b":[true,null ,"x\u0041"],"a":-0}"#;
    let parsed = parse(text.as_bytes(), &Limits::DEFAULT);
    assert!(parsed.is_json());
    assert_eq!(parsed.anomalies, [Anomaly { kind: AnomalyKind::DuplicateKey("a".to_owned()), at: 38 }]);
    let tree = parsed.value.unwrap();
    let Node::Object(members) = &tree.node else { panic!("{tree:?}") };
    let raw: Vec<_> = members.iter().map(|m| String::from_utf8_lossy(m.value.raw(text.as_bytes()))).collect();
    assert_eq!(raw, ["1.0", r#"[true,null ,"x\u0041"]"#, "-0"]);
    assert_eq!(members[1].name_span.of(text.as_bytes()), br#""b""#);
    assert_eq!(tree.raw(text.as_bytes()), text.trim().as_bytes());
    assert_eq!(tree.member("a").unwrap().node, Node::Number("-0".to_owned()));
    assert_eq!(tree.to_value(), json!({ "a": -0.0, "b": [true, null, "xA"] }));
}

#[test]
fn says_what_is_not_json_and_where() {
    for (text, message) in [
        ("", "not JSON: expected a value, found the end of the text at byte 0"),
        ("{", "not JSON: expected a member name or `}`, found the end of the text at byte 1"),
        ("{\"a\":1,}", "not JSON: expected a member name, found `}` at byte 7"),
        ("{\"a\" 1}", "not JSON: expected `:`, found `1` at byte 5"),
        ("[1,]", "not JSON: expected a value, found `]` at byte 3"),
        ("[1 2]", "not JSON: expected `,` or `]`, found `2` at byte 3"),
        ("{\"a\":1]", "not JSON: expected `,` or `}`, found `]` at byte 6"),
        ("NaN", "not JSON: expected a value, found `N` at byte 0"),
        ("nul", "not JSON: expected `true`, `false` or `null`, found the end of the text at byte 3"),
        ("-", "not JSON: expected a digit, found the end of the text at byte 1"),
        ("1.", "not JSON: expected a digit after the decimal point, found the end of the text at byte 2"),
        ("1e+", "not JSON: expected a digit of the exponent, found the end of the text at byte 3"),
        ("\"a", "not JSON: expected the closing quote of the string, found the end of the text at byte 2"),
        ("\"\\x\"", "not JSON: expected an escape: one of \" \\ / b f n r t u, found `x` at byte 2"),
        ("\"\\u12\"", "not JSON: expected four hexadecimal digits, found `\"` at byte 5"),
        (
            "\"\n\"",
            "not JSON: expected an escape, as control characters need in a string, found the byte 0x0a at byte 1",
        ),
    ] {
        let parsed = parse(text.as_bytes(), &Limits::DEFAULT);
        assert_eq!(parsed.value, None, "{text}");
        assert_eq!(parsed.anomalies.iter().map(ToString::to_string).collect::<Vec<_>>(), [message], "{text}");
    }
}

#[test]
fn sees_what_serde_json_hides_or_refuses() {
    assert_eq!(kinds("\u{feff}{}"), ["bom"]);
    assert_eq!(kinds(b"[\"\xff\xe2\x82\"]"), ["invalid-utf8", "invalid-utf8"]);
    assert_eq!(tree(r#""\ud83d\ude00""#).node, Node::String("😀".to_owned()));
    for lone in [r#""\ud83d""#, r#""\ude00""#, r#""\ud83d\u0041""#, r#""\ud83dx""#] {
        assert_eq!(kinds(lone), ["lone-surrogate"], "{lone}");
    }
    assert_eq!(tree(r#""\ud83d\ud83d\ude00""#).node, Node::String("\u{fffd}😀".to_owned()));
    assert_eq!(only(r#""a\u0000""#), Anomaly { kind: AnomalyKind::NulByte { escaped: true }, at: 2 });
    assert_eq!(kinds("\"\0\""), ["nul-byte", "not-json"]);
    assert_eq!(only("{} []"), Anomaly { kind: AnomalyKind::TrailingBytes(2), at: 3 });
    assert_eq!(kinds(b"\xff\xfe{\0}\0"), ["utf-16"]);
    assert_eq!(kinds(b"{\0}\0"), ["utf-16"]);
    assert_eq!(kinds(b"\0{\0}"), ["utf-16"]);
}

#[test]
fn knows_which_numbers_64_bits_hold() {
    let max_plus_one = "1".to_owned() + &"0".repeat(400);
    for lost in [
        "1e400",
        "-1e400",
        "1e-400",
        "18446744073709551617",
        "-9223372036854775809",
        "0.1234567890123456789",
        &max_plus_one,
    ] {
        assert_eq!(kinds(lost), ["number-out-of-range"], "{lost}");
    }
    for kept in [
        "0",
        "-0",
        "1.0",
        "0e999999",
        "18446744073709551615",
        "9223372036854775808",
        "100000000000000000000",
        "0.1",
        "1e300",
    ] {
        assert_eq!(kinds(kept), [""; 0], "{kept}");
    }
    assert_eq!(tree("1e400").to_value(), json!(null));
    assert_eq!(tree("18446744073709551615").to_value(), json!(u64::MAX));
    assert!(tree("1.0").to_value().is_f64());
    let long = only("1".repeat(5000));
    assert!(long.to_string().len() < 150, "{long}");
}

#[test]
fn compares_numbers_by_value() {
    for (a, b) in [("1", "1.0"), ("10", "1e1"), ("0.10", "1E-1"), ("-0", "0.0e5"), ("100", "100"), ("1e400", "10e399")]
    {
        assert!(same_number(a, b), "{a} {b}");
    }
    for (a, b) in [
        ("1", "-1"),
        ("9007199254740993", "9007199254740992"),
        ("1e400", "1e401"),
        ("1", "x"),
        ("1e99999999999999999999", "2"),
    ] {
        assert!(!same_number(a, b), "{a} {b}");
    }
    assert_eq!(whole("-326e2"), Some(Some(-32600)));
    assert_eq!(whole("1.0"), Some(Some(1)));
    assert_eq!(whole("1.5"), None);
    assert_eq!(whole("1e400"), Some(None));
}

#[test]
fn stops_at_its_limits() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(nested(128).as_bytes(), &Limits::DEFAULT).is_json());
    assert_eq!(only(nested(129)), Anomaly { kind: AnomalyKind::TooDeep(128), at: 128 });
    assert_eq!(only("[".repeat(1_000_000)), Anomaly { kind: AnomalyKind::TooDeep(128), at: 128 });
    let deep = Limits { depth: usize::MAX, ..Limits::DEFAULT };
    assert!(parse(nested(512).as_bytes(), &deep).value.unwrap().to_value().is_array());
    assert_eq!(parse(nested(513).as_bytes(), &deep).anomalies[0].kind, AnomalyKind::TooDeep(512));
    let small = Limits { message_bytes: 4, nodes: 3, ..Limits::DEFAULT };
    assert_eq!(parse(b"[1,2]", &small).anomalies, [Anomaly { kind: AnomalyKind::TooLarge(4), at: 4 }]);
    let few = Limits { nodes: 3, anomalies: 2, ..Limits::DEFAULT };
    assert_eq!(parse(b"[1,2]", &few).anomalies, []);
    assert_eq!(parse(b"[1,2,3]", &few).anomalies, [Anomaly { kind: AnomalyKind::TooLarge(3), at: 5 }]);
    let tail = parse(br#""\ud800\ud800\ud800" tail"#, &few);
    assert!(!tail.is_json(), "what breaks JSON counts beyond the limit too: {:?}", tail.anomalies);
    let many = parse(br#""\ud800\ud800\ud800\ud800""#, &few).anomalies;
    assert_eq!(many.last(), Some(&Anomaly { kind: AnomalyKind::Omitted(2), at: 13 }));
    assert_eq!(many.len(), 3);
}

#[test]
fn finds_duplicates_among_many_members() {
    let members: Vec<String> = (0..20).map(|n| format!("\"{}\":0", n % 19)).collect();
    let text = format!("{{{}}}", members.join(","));
    assert_eq!(only(text).kind, AnomalyKind::DuplicateKey("0".to_owned()));
    assert_eq!(only(r#"{"a":0,"\u0061":1}"#).kind, AnomalyKind::DuplicateKey("a".to_owned()));
}
