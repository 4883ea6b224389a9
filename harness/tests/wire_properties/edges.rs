//! JSON at its edges: texts on which readers in the field are known to differ, and what RFC 8259 says of each. serde_json
//! is asked for a second opinion wherever it has a place for the value.

use mcp_assay::wire::Limits;
use mcp_assay::wire::json::{Parsed, parse};
use serde_json::Value;

/// Legal, with the anomalies that a peer may trip over.
const LEGAL: [(&str, &[&str]); 44] = [
    ("0", &[]),
    ("-0", &[]),
    ("-0.0", &[]),
    ("0e0", &[]),
    ("0E+1", &[]),
    ("1e-1", &[]),
    ("123e65", &[]),
    ("-1", &[]),
    ("1.7976931348623157e308", &[]),
    ("9007199254740991", &[]),
    ("9007199254740993", &[]),
    ("9223372036854775807", &[]),
    ("-9223372036854775808", &[]),
    ("18446744073709551615", &[]),
    ("18446744073709551616", &["number-out-of-range"]),
    ("18446744073709551617", &["number-out-of-range"]),
    ("1e309", &["number-out-of-range"]),
    ("-1e400", &["number-out-of-range"]),
    ("1e-400", &["number-out-of-range"]),
    ("0.1234567890123456789", &["number-out-of-range"]),
    ("null", &[]),
    ("true", &[]),
    ("false", &[]),
    ("\"\"", &[]),
    ("[]", &[]),
    ("{}", &[]),
    ("[[],{}]", &[]),
    ("{\"\":0}", &[]),
    ("{\"a\":1,\"a\":2}", &["duplicate-key"]),
    ("{\"a\":1,\"\\u0061\":2}", &["duplicate-key"]),
    ("{\"a\":{\"a\":1}}", &[]),
    ("{\"__proto__\":{},\"constructor\":1}", &[]),
    (" \t\r\n1\r\n\t ", &[]),
    ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", &[]),
    ("\"\\u0000\"", &["nul-byte"]),
    ("\"\\uD83D\\uDE00\"", &[]),
    ("\"\\ud800\"", &["lone-surrogate"]),
    ("\"\\udc00\\ud800\"", &["lone-surrogate", "lone-surrogate"]),
    ("\"\\ud800\\u0061\"", &["lone-surrogate"]),
    ("{\"\\udfff\":1}", &["lone-surrogate"]),
    ("\"\u{7f}\u{80}\u{2028}\u{2029}\u{feff}\"", &[]),
    ("\"\u{ffff}\u{10ffff}\"", &[]),
    ("\"/\"", &[]),
    ("[1.0,1,10e-1]", &[]),
];

/// No JSON, with the first anomaly that says so.
const BROKEN: [(&[u8], &str); 74] = [
    (b"", "not-json"),
    (b" ", "not-json"),
    (b"+1", "not-json"),
    (b"01", "trailing-bytes"),
    (b"-01", "trailing-bytes"),
    (b"1.", "not-json"),
    (b".1", "not-json"),
    (b"-.1", "not-json"),
    (b"1e", "not-json"),
    (b"1e+", "not-json"),
    (b"1.e1", "not-json"),
    (b"--1", "not-json"),
    (b"-", "not-json"),
    (b"0x1F", "trailing-bytes"),
    (b"1_000", "trailing-bytes"),
    (b"1,0", "trailing-bytes"),
    (b"1 000", "trailing-bytes"),
    (b"\xef\xbc\x91", "not-json"),
    (b"NaN", "not-json"),
    (b"Infinity", "not-json"),
    (b"-Infinity", "not-json"),
    (b"nul", "not-json"),
    (b"nulll", "trailing-bytes"),
    (b"True", "not-json"),
    (b"TRUE", "not-json"),
    (b"undefined", "not-json"),
    (b"a", "not-json"),
    (b"'a'", "not-json"),
    (b"\"", "not-json"),
    (b"\"a", "not-json"),
    (b"\"\\", "not-json"),
    (b"\"\\\"", "not-json"),
    (b"\"\\x00\"", "not-json"),
    (b"\"\\u\"", "not-json"),
    (b"\"\\u00\"", "not-json"),
    (b"\"\\u00g0\"", "not-json"),
    (b"\"\\U0041\"", "not-json"),
    (b"\"\\ud800\\u\"", "not-json"),
    (b"\"\\'\"", "not-json"),
    (b"\"\n\"", "not-json"),
    (b"\"\t\"", "not-json"),
    (b"\"\x1f\"", "not-json"),
    (b"\"\0\"", "nul-byte"),
    (b"\0", "not-json"),
    (b"[", "not-json"),
    (b"[1", "not-json"),
    (b"[1,", "not-json"),
    (b"[,1]", "not-json"),
    (b"[1,]", "not-json"),
    (b"[1,,2]", "not-json"),
    (b"[1 2]", "not-json"),
    (b"[1}", "not-json"),
    (b"]", "not-json"),
    (b"[]]", "trailing-bytes"),
    (b"{", "not-json"),
    (b"{\"a\"", "not-json"),
    (b"{\"a\":", "not-json"),
    (b"{\"a\" 1}", "not-json"),
    (b"{\"a\":1,}", "not-json"),
    (b"{,}", "not-json"),
    (b"{a:1}", "not-json"),
    (b"{1:1}", "not-json"),
    (b"{'a':1}", "not-json"),
    (b"{\"a\":1 \"b\":2}", "not-json"),
    (b"{\"a\":1}}", "trailing-bytes"),
    (b"{}{}", "trailing-bytes"),
    (b"1 // x", "trailing-bytes"),
    (b"/**/1", "not-json"),
    (b"# x\n1", "not-json"),
    (b"\xc2\xa01", "not-json"),
    (b"\xef\xbb\xbf1", "bom"),
    (b"\"\xff\"", "invalid-utf8"),
    (b"\"\xc0\xaf\"", "invalid-utf8"),
    (b"\"\xed\xa0\x80\"", "invalid-utf8"),
];

fn names(parsed: &Parsed) -> Vec<&'static str> {
    parsed.anomalies.iter().map(|anomaly| anomaly.kind.name()).collect()
}

#[test]
fn what_is_legal_is_read_and_what_is_risky_about_it_said() {
    for (text, anomalies) in LEGAL {
        let parsed = parse(text.as_bytes(), &Limits::DEFAULT);
        assert!(parsed.is_json(), "{text}: {:?}", parsed.anomalies);
        assert_eq!(names(&parsed), anomalies, "{text}");
        match serde_json::from_str::<Value>(text) {
            Ok(value) => assert_eq!(parsed.value.map(|tree| tree.to_value()), Some(value), "{text}"),
            // It has no place for these.
            Err(_) => assert!(!anomalies.is_empty(), "{text}"),
        }
    }
}

#[test]
fn what_is_not_legal_is_refused_for_the_first_reason() {
    for (text, first) in BROKEN {
        let parsed = parse(text, &Limits::DEFAULT);
        let shown = text.escape_ascii();
        assert!(!parsed.is_json(), "{shown} is no JSON");
        let reason = parsed.anomalies.iter().find(|anomaly| anomaly.kind.breaks_json());
        assert_eq!(reason.map(|anomaly| anomaly.kind.name()), Some(first), "{shown}: {:?}", parsed.anomalies);
        assert!(serde_json::from_slice::<Value>(text).is_err(), "{shown}: serde_json differs");
    }
}

#[test]
fn depth_length_and_number_of_members_have_limits() {
    for (text, name) in [
        ("[".repeat(128) + &"]".repeat(128), None),
        ("[".repeat(129) + &"]".repeat(129), Some("too-deep")),
        ("{\"a\":".repeat(100_000), Some("too-deep")),
        ("[".repeat(1 << 20), Some("too-deep")),
        (format!("[{}0]", "0,".repeat(600_000)), Some("too-large")),
        (format!("\"{}\"", "a".repeat(1 << 20)), None),
        (format!("{}1", "9".repeat(5000)), Some("number-out-of-range")),
        (format!("\"{}\"", "a".repeat(17 << 20)), Some("too-large")),
    ] {
        let parsed = parse(text.as_bytes(), &Limits::DEFAULT);
        assert_eq!(names(&parsed).first().copied(), name, "{}", text.get(..20).unwrap_or_default());
    }
}

#[test]
fn other_encodings_are_told_apart() {
    for text in ["{\"a\":1}", "[]", "\"a\""] {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little.clone(), big, [b"\xff\xfe".to_vec(), little].concat()] {
            let parsed = parse(&bytes, &Limits::DEFAULT);
            assert!(!parsed.is_json() && names(&parsed).contains(&"utf-16"), "{}", bytes.escape_ascii());
        }
    }
}
