//! JSON texts and JSON-RPC messages.

use mcp_assay::wire::json::{self, AnomalyKind};
use mcp_assay::wire::write::{self, Escape, KeyOrder, Space, Spelling};
use mcp_assay::wire::{Id, Kind, Limits, message};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use crate::support::{config, glued, limits};

/// Any JSON value.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((any::<String>(), inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn json_like() -> impl Strategy<Value = Vec<u8>> {
    glued(
        &[
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"b\"",
            "\"a\":",
            "\"",
            "\\",
            "\\u",
            "d83d",
            "\\ude00",
            "\\u0000",
            " ",
            "\n",
            "0",
            "-",
            "1",
            "12",
            ".5",
            "e",
            "E+",
            "1e400",
            "18446744073709551616",
            "null",
            "true",
            "false",
            "nul",
            "\u{feff}",
            "é",
            "{\"a\":1}",
            "[[1],{}]",
            "\"\\ud800\"",
            "\"\\n\\/\"",
        ],
        10,
    )
}

fn message_like() -> impl Strategy<Value = Vec<u8>> {
    let members = select(vec![
        r#""jsonrpc":"2.0""#,
        r#""jsonrpc":"1.0""#,
        r#""id":1"#,
        r#""id":"\u0061""#,
        r#""id":null"#,
        r#""id":[]"#,
        r#""method":"m""#,
        r#""method":1"#,
        r#""params":{}"#,
        r#""params":1"#,
        r#""result":{}"#,
        r#""error":{"code":1,"message":""}"#,
        r#""error":{"code":1.5}"#,
    ]);
    let object = vec(members, 0..5).prop_map(|members| format!("{{{}}}", members.join(",")));
    prop_oneof![
        4 => object.clone().prop_map(String::into_bytes),
        1 => vec(object, 0..4).prop_map(|objects| format!("[{}]", objects.join(",")).into_bytes()),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn json_reads_what_serde_json_writes(value in value(), pretty: bool) {
        let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
        let parsed = json::parse(&text, &Limits::DEFAULT);
        prop_assert!(parsed.is_json());
        let tree = parsed.value.unwrap();
        prop_assert_eq!(tree.raw(&text), text.as_slice());
        prop_assert_eq!(tree.to_value(), value);
    }

    /// serde_json refuses a few legal texts; apart from these the two accept the same, and never see different values.
    #[test]
    fn json_agrees_with_serde_json(text in prop_oneof![json_like(), vec(any::<u8>(), 0..12)]) {
        let ours = json::parse(&text, &Limits::DEFAULT);
        let theirs = serde_json::from_slice::<Value>(&text);
        let refused = |kind: &AnomalyKind| matches!(kind, AnomalyKind::LoneSurrogate | AnomalyKind::NumberOutOfRange(_));
        if let Ok(theirs) = theirs {
            prop_assert!(ours.is_json(), "{:?}", ours.anomalies);
            prop_assert_eq!(ours.value.unwrap().to_value(), theirs);
        } else {
            prop_assert!(!ours.is_json() || ours.anomalies.iter().any(|a| refused(&a.kind)));
        }
    }

    #[test]
    fn json_keeps_its_limits(text in json_like(), limits in limits()) {
        let parsed = json::parse(&text, &limits);
        prop_assert!(parsed.anomalies.len() <= limits.anomalies + 3);
        prop_assert!(parsed.anomalies.iter().all(|a| a.at <= text.len() && !a.to_string().is_empty()));
        prop_assert!(parsed.value.is_some() || !parsed.anomalies.is_empty());
        prop_assert!(parsed.value.is_none() || text.len() <= limits.message_bytes);
    }

    #[test]
    fn every_spelling_is_the_same_value(
        value in value(),
        key_order in select(vec![KeyOrder::Kept, KeyOrder::Reversed, KeyOrder::Sorted]),
        space in select(vec![Space::None, Space::Spaces, Space::Lf, Space::CrLf]),
        escape in select(vec![Escape::Kept, Escape::NonAscii, Escape::All]),
    ) {
        let text = serde_json::to_vec(&value).unwrap();
        let duplicate_key = value.as_object().and_then(|members| members.keys().next().cloned());
        let spelled = write::respell(&text, &Spelling { key_order, space, escape, duplicate_key }).unwrap();
        prop_assert!(json::parse(&spelled, &Limits::DEFAULT).is_json());
        prop_assert_eq!(serde_json::from_slice::<Value>(&spelled).unwrap(), serde_json::from_slice::<Value>(&text).unwrap());
    }

    /// Spelling again in the same way changes nothing, and the order of members says nothing.
    #[test]
    fn spelling_is_idempotent_and_order_says_nothing(text in message_like(), reversed: bool) {
        let key_order = if reversed { KeyOrder::Reversed } else { KeyOrder::Sorted };
        let spelling = Spelling { key_order: KeyOrder::Kept, space: Space::Spaces, escape: Escape::All, duplicate_key: None };
        let once = write::respell(&text, &spelling).unwrap();
        prop_assert_eq!(&write::respell(&once, &spelling).unwrap(), &once);
        let parsed = json::parse(&text, &Limits::DEFAULT);
        // Which of two members counts is the one thing that order says.
        if parsed.anomalies.iter().any(|anomaly| matches!(anomaly.kind, AnomalyKind::DuplicateKey(_))) {
            return Ok(());
        }
        let ordered = write::respell(&text, &Spelling { key_order, ..Spelling::default() }).unwrap();
        let (before, after) = (message::read(&text), message::read(&ordered));
        prop_assert_eq!(before.shape(), after.shape());
        for (before, after) in before.each().iter().zip(after.each()) {
            prop_assert_eq!(before.id(), after.id());
            prop_assert_eq!(&before.value, &after.value);
            prop_assert_eq!(before.problems.len(), after.problems.len());
        }
    }

    #[test]
    fn a_request_keeps_its_id_method_and_params(
        id in prop_oneof![
            "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,3})?",
            any::<String>().prop_map(|text| Id::string(&text).to_string()),
            "\"(\\\\u[0-9a-fA-F]{4}|[a-z])*\"",
            Just("null".to_owned()),
        ],
        method: String,
        params in value(),
    ) {
        let id = Id::from_text(id).unwrap();
        let text = write::request(id.as_str(), &method, Some(&params));
        let message = message::read(&text);
        prop_assert_eq!(message.raw.as_ref(), text.as_slice());
        prop_assert_eq!(message.id(), Some(&id));
        prop_assert!(id.same_value(message.id().unwrap()));
        prop_assert_eq!(message.params(), Some(&params));
        if params.is_object() || params.is_array() {
            prop_assert_eq!(message.kind, Kind::Request { id, method });
        } else {
            prop_assert!(!message.is_valid());
        }
    }

    #[test]
    fn a_message_is_what_its_members_say(text in prop_oneof![message_like(), json_like()]) {
        let message = message::read(&text);
        prop_assert_eq!(message.raw.as_ref(), text.as_slice());
        for one in message.each() {
            let invalid = matches!(one.kind, Kind::Invalid { .. });
            prop_assert_eq!(invalid, !one.problems.is_empty());
            prop_assert!(!one.kind.to_string().is_empty());
            let Some(value) = &one.value else { continue };
            match &one.kind {
                Kind::Request { id, method } => {
                    prop_assert_eq!(value.get("id"), Some(&id.to_value()));
                    prop_assert_eq!(value["method"].as_str(), Some(method.as_str()));
                }
                Kind::Notification { method } => {
                    prop_assert_eq!(value.get("id"), None);
                    prop_assert_eq!(one.method(), Some(method.as_str()));
                }
                Kind::Result { id } => {
                    prop_assert!(one.result().is_some() && one.error().is_none() && one.method().is_none());
                    prop_assert_eq!(one.id(), Some(id));
                }
                Kind::Error { id, code } => {
                    prop_assert!(one.error().is_some() && one.result().is_none());
                    prop_assert_eq!(one.id(), id.as_ref());
                    prop_assert_eq!(value["error"]["code"].as_i64(), *code);
                }
                Kind::Batch(_) | Kind::Invalid { .. } => {}
            }
        }
    }
}
