#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::revision::Revision;
use crate::schema::Sender;
use crate::wire::{Limits, json as reader};

/// Schemas as tools have them, and some that are hard.
fn schemas() -> Vec<Value> {
    let text = json!({ "type": "string" });
    vec![
        json!(true),
        json!({}),
        json!({ "type": "object" }),
        json!({ "type": "object", "properties": { "a": text, "b": { "type": "integer" } }, "required": ["a"], "additionalProperties": false }),
        json!({ "type": "string", "minLength": 3, "maxLength": 5 }),
        json!({ "type": "string", "pattern": "^[A-Z]{2}-\\d{3,}$" }),
        json!({ "type": "string", "pattern": "^(?=.*\\d)[a-z0-9]{4}$" }),
        json!({ "type": ["integer", "null"], "minimum": -3, "exclusiveMaximum": 4 }),
        json!({ "type": "integer", "multipleOf": 7, "minimum": 100, "maximum": 200 }),
        json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 }),
        json!({ "type": "number", "multipleOf": 0.25, "minimum": 1, "maximum": 2 }),
        json!({ "enum": ["a", 1, null, { "b": [] }] }),
        json!({ "const": { "x": 1 } }),
        json!({ "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 5 }, "uniqueItems": true, "minItems": 3, "maxItems": 6 }),
        json!({ "type": "array", "prefixItems": [text, { "type": "boolean" }], "items": false, "minItems": 2 }),
        json!({ "type": "array", "contains": { "const": 5 }, "minContains": 2, "items": { "type": "integer" } }),
        json!({ "oneOf": [
            { "type": "object", "properties": { "kind": { "const": "a" }, "n": { "type": "integer" } }, "required": ["kind", "n"] },
            { "type": "object", "properties": { "kind": { "const": "b" }, "s": text }, "required": ["kind", "s"] } ] }),
        json!({ "anyOf": [{ "type": "string", "format": "uuid" }, { "type": "array", "items": { "$ref": "#" } }] }),
        json!({ "allOf": [{ "type": "object", "required": ["a"] }, { "properties": { "a": { "minimum": 3, "type": "number" } } },
            { "properties": { "a": { "type": "integer", "maximum": 9 } } }] }),
        json!({ "$defs": { "node": { "type": "object", "properties": { "next": { "$ref": "#/$defs/node" }, "v": { "type": "integer" } }, "required": ["v"] } },
            "$ref": "#/$defs/node" }),
        json!({ "$defs": { "tree": { "$anchor": "tree", "type": "object", "required": ["kids"],
            "properties": { "kids": { "type": "array", "items": { "$ref": "#tree" } } } } }, "$ref": "#tree" }),
        json!({ "type": "object", "properties": { "country": { "enum": ["US", "NL"] } }, "required": ["country", "code"],
            "if": { "properties": { "country": { "const": "US" } } },
            "then": { "properties": { "code": { "pattern": "^[0-9]{5}$", "type": "string" } } },
            "else": { "properties": { "code": { "pattern": "^[0-9]{4} [A-Z]{2}$", "type": "string" } } } }),
        json!({ "type": "object", "additionalProperties": { "type": "integer" }, "minProperties": 2, "maxProperties": 3 }),
        json!({ "type": "object", "patternProperties": { "^x-": text }, "additionalProperties": false, "minProperties": 1 }),
        json!({ "type": "object", "propertyNames": { "pattern": "^[a-z]{3}$" }, "minProperties": 2 }),
        json!({ "type": "object", "properties": { "card": text, "address": text }, "dependentRequired": { "card": ["address"] }, "minProperties": 1 }),
        json!({ "type": "object", "properties": { "a": text }, "dependentSchemas": { "a": { "required": ["b"], "properties": { "b": { "type": "null" } } } } }),
        json!({ "type": "object", "properties": { "a": text }, "unevaluatedProperties": false, "required": ["a"] }),
        json!({ "not": { "type": "string" }, "type": ["string", "integer"] }),
        json!({ "type": "string", "examples": ["from the examples"], "not": { "pattern": "^.{0,12}$" } }),
        json!({ "$schema": "http://json-schema.org/draft-07/schema#", "definitions": { "a": { "type": "integer" } },
            "type": "array", "items": [{ "$ref": "#/definitions/a" }, text], "additionalItems": false, "minItems": 1 }),
        json!({ "$schema": "http://json-schema.org/draft-04/schema#", "type": "number", "minimum": 3, "exclusiveMinimum": true, "maximum": 4 }),
        json!({ "type": "object", "required": ["undescribed", "also"] }),
        json!({ "type": "string", "format": "date-time" }),
        json!({ "type": "string", "minLength": 2000 }),
    ]
}

#[test]
fn values_of_every_schema_are_valid() {
    let mut simplest = 0;
    for schema in schemas() {
        let values = SchemaValues::new(&schema).unwrap();
        for seed in 0..30 {
            let value = values.generate(&Hints::new(), &mut Choices::seeded(seed));
            let value = value.unwrap_or_else(|error| panic!("{schema}, seed {seed}: {error}"));
            assert!(values.accepts(&value), "{schema}: {value}");
        }
        // Without chance it may not find one, but what it finds is valid.
        if let Ok(value) = values.generate(&Hints::new(), &mut Choices::of_bytes(&[])) {
            assert!(values.accepts(&value), "{schema}: {value}");
            simplest += 1;
        }
    }
    assert!(simplest > 28, "{simplest}");
}

#[test]
fn values_differ_and_reach_what_a_schema_allows() {
    let reached = |schema: Value, parts: &[&str]| {
        let values = SchemaValues::new(&schema).unwrap();
        let all: BTreeSet<String> = (0..300)
            .map(|seed| values.generate(&Hints::new(), &mut Choices::seeded(seed)).unwrap().to_string())
            .collect();
        for part in parts {
            assert!(all.iter().any(|text| text == part), "{schema} never gave {part}: {all:?}");
        }
    };
    reached(json!({ "type": "integer", "minimum": 2, "maximum": 5 }), &["2", "3", "4", "5"]);
    reached(json!({ "enum": ["a", 1, null] }), &["\"a\"", "1", "null"]);
    reached(json!({ "type": ["boolean", "null"] }), &["true", "false", "null"]);
    reached(json!({ "type": "array", "items": { "const": 1 }, "maxItems": 2 }), &["[]", "[1]", "[1,1]"]);
    reached(json!({ "type": "string", "default": "by default" }), &["\"by default\""]);
    reached(
        json!({ "properties": { "a": { "const": 1 }, "b": { "const": 2 } }, "additionalProperties": false, "type": "object" }),
        &["{}", r#"{"a":1}"#, r#"{"b":2}"#, r#"{"a":1,"b":2}"#],
    );
}

#[test]
fn what_cannot_be_satisfied_is_said() {
    let impossible = [
        json!(false),
        json!({ "type": "integer", "minimum": 5, "maximum": 4 }),
        json!({ "allOf": [{ "type": "string" }, { "type": "integer" }] }),
        json!({ "enum": [] , "type": "string" }),
        json!({ "$defs": { "a": { "type": "object", "required": ["a"], "properties": { "a": { "$ref": "#/$defs/a" } } } }, "$ref": "#/$defs/a" }),
        json!({ "type": "string", "minLength": 10_000_000 }),
        json!({ "type": "number", "multipleOf": 0.1, "minimum": 4, "maximum": 0 }),
    ];
    for schema in impossible {
        let Ok(values) = SchemaValues::new(&schema) else { continue };
        assert_eq!(values.generate(&Hints::new(), &mut Choices::seeded(1)), Err(Unsatisfied), "{schema}");
    }
}

#[test]
fn known_values_are_used() {
    let schema = json!({ "type": "object", "properties": { "uri": { "type": "string" } }, "required": ["uri"] });
    let values = SchemaValues::new(&schema).unwrap();
    let hints = Hints::from([("uri".to_owned(), vec![json!("test://known")])]);
    let used =
        (0..40).filter(|seed| values.generate(&hints, &mut Choices::seeded(*seed)).unwrap()["uri"] == "test://known");
    assert!((8..36).contains(&used.count()));
}

#[test]
fn steps_say_what_a_receiver_may_do() {
    let mut taken = BTreeSet::new();
    for schema in schemas() {
        let values = SchemaValues::new(&schema).unwrap();
        for seed in 0..10 {
            let mut choices = Choices::seeded(seed);
            let value = values.generate(&Hints::new(), &mut choices).unwrap();
            for mutated in values.mutations(&value, &mut choices) {
                taken.insert(mutated.mutation);
                let parsed = reader::parse(&mutated.text, &Limits::DEFAULT);
                assert!(parsed.is_json() || mutated.mutation == Mutation::LoneSurrogate, "{mutated:?}");
                let accepted = values.accepts(&mutated.value().unwrap());
                match mutated.expected {
                    Expected::MustAccept => assert!(accepted, "{schema}: {mutated:?}"),
                    Expected::MustReject => assert!(!accepted, "{schema}: {mutated:?}"),
                    Expected::MayReject => {}
                }
                assert_ne!(mutated.text, value.to_string().into_bytes(), "{mutated:?} changed nothing");
            }
        }
    }
    let never: Vec<_> = Mutation::ALL.iter().filter(|step| !taken.contains(step)).collect();
    assert_eq!(never, Vec::<&Mutation>::new(), "steps that were never taken");
}

fn each_method(mut see: impl FnMut(Revision, &Messages, &Method)) {
    for revision in Revision::SUPPORTED {
        for side in [Sender::Client, Sender::Server] {
            let messages = Messages::new(revision, side);
            for method in messages.methods() {
                see(revision, &messages, method);
            }
        }
    }
}

#[test]
fn messages_of_every_method_of_every_revision_are_valid() {
    let mut seen = 0;
    each_method(|revision, messages, method| {
        for seed in 0..6 {
            let message = messages.generate(method, &json!(seed), &Hints::new(), &mut Choices::seeded(seed));
            let message = message.unwrap_or_else(|error| panic!("{revision} {method:?}: {error}"));
            assert!(messages.is_valid(method, &message), "{revision} {method:?}: {message}");
            assert_eq!(message.get("id").is_some(), method.kind != MethodKind::Notification);
            seen += 1;
        }
    });
    assert!(seen > 600, "{seen} messages");
}

#[test]
fn requests_of_a_client_say_what_the_revision_wants_of_it() {
    let messages = Messages::new(Revision::V2026_07_28, Sender::Client);
    let listing = messages.method("tools/list", MethodKind::Request).unwrap();
    let message = messages.generate(listing, &json!("a"), &Hints::new(), &mut Choices::seeded(3)).unwrap();
    assert_eq!(message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    let old = Messages::new(Revision::V2025_06_18, Sender::Client);
    let first = old.method("initialize", MethodKind::Request).unwrap();
    let message = old.generate(first, &json!(1), &Hints::new(), &mut Choices::seeded(3)).unwrap();
    assert_eq!(message["params"]["protocolVersion"], "2025-06-18");
}

#[test]
fn messages_are_broken_in_one_place_with_the_codes_that_fit() {
    let messages = Messages::new(Revision::V2025_11_25, Sender::Client);
    let call = messages.method("tools/call", MethodKind::Request).unwrap();
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "echo", "arguments": { "a": 1 } } });
    let steps = messages.mutations(call, &message, &mut Choices::seeded(0));
    let codes = |mutation, at: &str| {
        let step = steps.iter().find(|step| step.mutation == mutation && step.at == at).unwrap();
        (step.expected, messages.refusals(step))
    };
    assert_eq!(codes(Mutation::DropMember, "/params/name"), (Expected::MustReject, vec![-32602]));
    assert_eq!(codes(Mutation::WrongType, "/params/arguments"), (Expected::MustReject, vec![-32602]));
    assert_eq!(codes(Mutation::Null, "/id"), (Expected::MustReject, vec![-32600]));
    assert_eq!(codes(Mutation::DropMember, "/jsonrpc"), (Expected::MustReject, vec![-32600]));
    assert_eq!(codes(Mutation::WrongType, "/params"), (Expected::MustReject, vec![-32602, -32600]));
    assert_eq!(codes(Mutation::ExtraMember, "/params"), (Expected::MustAccept, vec![]));
    assert_eq!(codes(Mutation::ExtraMember, "").0, Expected::MayReject);
    assert_eq!(codes(Mutation::LongString, "/params/name").0, Expected::MayReject);
}

#[test]
fn other_spellings_are_the_same_value() {
    let message = json!({ "jsonrpc": "2.0", "id": "ä", "method": "tools/list", "params": { "_meta": { "b": [1, 2.5], "a": null } } });
    let all = same_value(&message);
    assert_eq!(all.len(), 9);
    for spelled in &all {
        let mut value: Value = serde_json::from_slice(&spelled.text).unwrap();
        let params = value["params"].as_object_mut().unwrap();
        params.remove("example.com/assay-unknown");
        params["_meta"].as_object_mut().unwrap().remove("example.com/assay-unknown");
        assert_eq!(value, message, "{}", spelled.name);
        assert!(spelled.framing == Framing::Http || !spelled.text.contains(&b'\n'), "{}", spelled.name);
    }
}

#[test]
fn broken_bytes_are_no_messages() {
    let message = br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let all = broken_bytes(message);
    let names: BTreeSet<&str> = all.iter().map(|broken| broken.name).collect();
    assert_eq!(names.len(), all.len(), "a name twice");
    for broken in &all {
        let read = crate::wire::message::read(&broken.bytes);
        let is_request = matches!(read.kind, crate::wire::Kind::Request { .. }) && read.anomalies.is_empty();
        if broken.framing == Framing::Any && broken.expected == Expected::MustReject {
            assert!(!is_request, "{}", broken.name);
        }
        assert!(broken.framing != Framing::Any || !broken.bytes.contains(&b'\n'), "{}", broken.name);
    }
}

#[test]
fn a_record_replays_and_less_of_it_is_simpler() {
    let schema = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 });
    let values = SchemaValues::new(&schema).unwrap();
    let mut first = Choices::seeded(11);
    let value = values.generate(&Hints::new(), &mut first).unwrap();
    let mut again = Choices::recorded(first.record().to_vec());
    assert_eq!(values.generate(&Hints::new(), &mut again).unwrap(), value);
    assert!(again.is_exhausted());
    let simplest = values.generate(&Hints::new(), &mut Choices::recorded(Vec::new())).unwrap();
    assert_eq!(simplest, json!(["a"]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_source_gives_the_same_values(seed: u64, bytes: Vec<u8>, which: prop::sample::Index) {
        let all = schemas();
        let values = SchemaValues::new(which.get(&all)).unwrap();
        for source in [Choices::seeded(seed), Choices::of_bytes(&bytes)] {
            let make = |mut choices: Choices| {
                let value = values.generate(&Hints::new(), &mut choices);
                let step = value.as_ref().ok().and_then(|value| values.mutate(value, &mut choices));
                (value, step, choices.record().to_vec())
            };
            let first = make(source.clone());
            prop_assert_eq!(&first, &make(source));
            prop_assert_eq!(&first, &make(Choices::recorded(first.2.clone())));
            if let Ok(value) = &first.0 {
                prop_assert!(values.accepts(value));
            }
        }
    }

    #[test]
    fn chunks_make_up_the_whole(seed: u64, bytes: Vec<u8>) {
        let chunks = chunks(&bytes, &mut Choices::seeded(seed));
        let whole: Vec<u8> = chunks.iter().flat_map(|range| bytes[range.clone()].to_vec()).collect();
        prop_assert_eq!(&whole, &bytes);
        prop_assert!(chunks.len() == 1 || chunks.iter().all(|range| !range.is_empty()));
    }

    #[test]
    fn choices_stay_within_their_bounds(seed: u64, low: i64, high: i64, weights: Vec<u64>) {
        let mut choices = Choices::seeded(seed);
        let chosen = choices.range(low, high);
        prop_assert!(chosen >= low && (chosen <= high || high < low));
        let at = choices.weighted(&weights);
        prop_assert!(at < weights.len().max(1));
    }
}
