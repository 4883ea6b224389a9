//! Golden expressions and what they give.

use serde_json::{Value, json};

use super::super::*;
use super::{compiled, variables};

#[test]
fn golden_values() {
    let golden = [
        ("1 + 2 * 3", json!(7)),
        ("7 / 2", json!(3)),
        ("-7 % 4", json!(-3)),
        ("1.5 + 1.5", json!(3.0)),
        ("'a' + \"b\"", json!("ab")),
        ("[1] + [2]", json!([1, 2])),
        ("{'b': 1, 'a': [null]}", json!({ "a": [null], "b": 1 })),
        ("1 == 1.0", json!(true)),
        ("1u == 1", json!(true)),
        ("1 < 1.5", json!(true)),
        ("listed.whole == 3", json!(true)),
        ("listed.id == 7", json!(true)),
        ("listed.id != 7", json!(false)),
        ("listed.big", json!(u64::MAX)),
        ("listed.big > 9223372036854775807", json!(true)),
        ("listed.big == 18446744073709551615u", json!(true)),
        ("listed.nothing == null", json!(true)),
        ("listed.id == null", json!(false)),
        ("null != 'x'", json!(true)),
        ("[1] == ['1']", json!(false)),
        ("[1, 2.0] == [1.0, 2]", json!(true)),
        ("{'a': 1} == {'a': 1.0}", json!(true)),
        ("same(1, '1')", json!(false)),
        ("same(listed.id, 7.0)", json!(true)),
        ("2 in [1, 2]", json!(true)),
        ("3 in [1, '3']", json!(false)),
        ("3 in []", json!(false)),
        ("'id' in listed", json!(true)),
        ("'x' in listed", json!(false)),
        ("has(listed.error.code)", json!(true)),
        ("has(listed.error.data)", json!(false)),
        ("has(listed.error.data) && listed.error.data == 1", json!(false)),
        ("true || listed.absent", json!(true)),
        ("listed.id > 5 ? 'many' : 'few'", json!("many")),
        ("listed.result.tools[0].name", json!("echo")),
        ("listed['jsonrpc']", json!("2.0")),
        ("listed.result.tools.map(t, t.name)", json!(["echo", "", "add"])),
        ("listed.result.tools.map(t, t.name != '', size(t.name))", json!([4, 3])),
        ("listed.result.tools.filter(t, t.inputSchema.type == 'object').size()", json!(2)),
        ("listed.result.tools.all(t, has(t.name))", json!(true)),
        ("listed.result.tools.exists(t, t.name == 'add')", json!(true)),
        ("listed.result.tools.exists_one(t, t.name == 'add')", json!(true)),
        ("noise.map(k, k)", json!(["a", "b", "c", "progress"])),
        ("watched.progress + resumed.progress == noise.progress", json!(true)),
        ("unique(watched.ids + resumed.ids)", json!(false)),
        ("unique([1, 1.0])", json!(false)),
        ("unique([1, '1', [1], {'a': 1}])", json!(true)),
        ("increasing(noise.progress)", json!(true)),
        ("increasing([1, 1])", json!(false)),
        ("increasing([])", json!(true)),
        ("sorted(['b', 'a'])", json!(["a", "b"])),
        ("sorted([2.5, 1, 2])", json!([1, 2, 2.5])),
        ("flatten([[1], [], [2, [3]]])", json!([1, 2, [3]])),
        ("sum([1, 2])", json!(3)),
        ("sum([])", json!(0)),
        ("sum([1, 0.5])", json!(1.5)),
        ("keys(listed.error)", json!(["code", "message"])),
        ("values(listed.error)", json!([-32602, "no such tool"])),
        ("json('{\"a\": [1]}').a[0]", json!(1)),
        ("json('{')", json!(null)),
        ("text(listed.error)", json!("{\"code\":-32602,\"message\":\"no such tool\"}")),
        (
            "[header_text('a b'), header_text('=?base64?w6k=?='), header_text('é'), header_text(null)]",
            json!(["a b", "é", null, null]),
        ),
        (
            "[content_length({'text': 'é'}), content_length({'blob': 'aGk='}), content_length({'blob': '?'}), content_length({})]",
            json!([2, 2, null, null]),
        ),
        (
            "[content_sha256({'text': 'abc'}), content_sha256({'blob': 'YWJj'}), content_sha256(null)]",
            json!([
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                null
            ]),
        ),
        (
            "frontmatter('---\\nname: a\\nmetadata: { version: \\'1.0\\' }\\ncount: 2\\n---\\n# A')",
            json!({ "count": 2, "metadata": { "version": "1.0" }, "name": "a" }),
        ),
        ("frontmatter('---\\r\\nname: a\\r\\n---')", json!({ "name": "a" })),
        (
            "[frontmatter('# A'), frontmatter('---\\nname: a'), frontmatter('---\\na: [\\n---\\n')]",
            json!([null, null, null]),
        ),
        ("[base64_ok('aGk='), base64_ok('aGk'), base64_ok(''), base64_ok('a-_=')]", json!([true, false, true, false])),
        (
            "[schema_ok({'type': 'object'}), schema_ok({'type': 'objekt'}), schema_ok(null), schema_ok(true)]",
            json!([true, false, false, true]),
        ),
        ("[conforms({'a': 1}, {'required': ['a']}), conforms({}, {'required': ['a']})]", json!([true, false])),
        ("[size(it.text), utf8_len('é')]", json!([5, 2])),
        ("trim(lower(' AÉ '))", json!("aé")),
        ("join(split('a,b', ','), '-')", json!("a-b")),
        ("[is_int(1), is_int(1.0), is_int(1.5), is_int('1')]", json!([true, true, false, false])),
        (
            "[is_string('a'), is_number(1), is_bool(true), is_list([]), is_object({}), is_null(null)]",
            json!([true, true, true, true, true, true]),
        ),
        (
            "[kind(null), kind(true), kind(1), kind(1.5), kind('a'), kind([]), kind({})]",
            json!(["null", "boolean", "number", "number", "string", "array", "object"]),
        ),
        ("media_type('Text/Event-Stream; charset=utf-8')", json!("text/event-stream")),
        ("[media_type('json'), media_type('a/b/c'), media_type('')]", json!([null, null, null])),
        ("subset(['a'], watched.ids) && !subset(['z'], watched.ids)", json!(true)),
        ("count([1, 1.0, '1'], 1)", json!(2)),
        ("get(listed, 'result.tools.2.name')", json!("add")),
        ("[get(listed, 'result.tools.9.name'), get(listed, 'id.x'), get(null, 'a')]", json!([null, null, null])),
        ("get({'_meta': {'io.example/a.b': {'c': [5]}}}, '_meta.io.example/a.b.c.0')", json!(5)),
        ("get({'a': {'b': 1}, 'a.b': 2}, 'a.b')", json!(2)),
        ("[get([1], ''), get([1], '.'), get({'': 1}, '.a')]", json!([[1], null, null])),
        ("get(json('{\"a\": 1}'), 'a')", json!(1)),
        ("matches('tools/list', '^tools/') && 'tools/list'.matches('list$')", json!(true)),
        ("'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.contains('b')", json!(true)),
        ("int('12') + int(2.9)", json!(14)),
        ("string(12) + string(true)", json!("12true")),
        ("type(listed.id) == int", json!(true)),
    ];
    for (source, expected) in golden {
        let value = compiled(source).evaluate(&variables()).unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(value, expected, "{source}");
        assert_eq!(value.to_string(), expected.to_string(), "{source}: names sorted, numbers alike");
    }
}

#[test]
fn uris() {
    let good = [
        "https://a.example/x?y=1#z",
        "urn:a:b",
        "file:///etc/a%20b",
        "http://[::1]:80/",
        "test://static/resource",
        "mailto:a@b.c",
        "x:",
    ];
    let bad = [
        "",
        "a",
        "/a",
        "1a:b",
        "http://a b",
        "http://a/%2",
        "http://a/[1]",
        "a:b#c#d",
        "http://a/{id}",
        "http://é/",
        "http://[1]/",
        "http://a:b/",
    ];
    for (texts, expected) in [(&good[..], true), (&bad[..], false)] {
        for text in texts {
            let variables = Variables::new([("it", &json!(text))]);
            assert_eq!(compiled("uri_ok(it)").evaluate(&variables).unwrap(), json!(expected), "{text}");
        }
    }
}

#[test]
fn date_times() {
    let good = ["2026-07-28T01:02:03Z", "2024-02-29t23:59:60z", "2025-01-01T00:00:00.125+23:59"];
    let bad = [
        "",
        "2026-07-28",
        "2025-02-29T00:00:00Z",
        "2025-00-01T00:00:00Z",
        "2025-01-01 00:00:00Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:00:00",
        "2025-01-01T00:00:00.Z",
        "2025-01-01T00:00:00+0100",
        "2025-01-01T00:00:00Zx",
        "+025-01-01T00:00:00Z",
        "2025-01-01T00:00:00é",
    ];
    for (texts, expected) in [(&good[..], true), (&bad[..], false)] {
        for text in texts {
            let variables = Variables::new([("it", &json!(text))]);
            assert_eq!(compiled("rfc3339_ok(it)").evaluate(&variables).unwrap(), json!(expected), "{text}");
        }
    }
}

#[test]
fn whole_numbers_stay_numbers() {
    // Fails if some dependency's `arbitrary_precision` ever leaks into the conversion.
    let parsed: Value = serde_json::from_str("{\"a\": 1, \"b\": 1.5, \"c\": 18446744073709551615}").unwrap();
    let variables = Variables::new([("it", &parsed)]);
    let value = compiled("type(it.a) == int && type(it.b) == double && type(it.c) == uint && it.a < it.b");
    assert!(value.holds(&variables).unwrap().holds);
}

#[test]
fn references_are_sorted_and_without_bound_names() {
    let expression = compiled("watched.ids.all(t, t in resumed.ids) && listed.id == 1 && type(1) == int");
    assert_eq!(expression.references().collect::<Vec<_>>(), ["listed", "resumed", "watched"]);
    assert_eq!(expression.to_string(), expression.source());
}

#[test]
fn variables_layer_and_share() {
    let below = variables();
    let above = below.with("it", &json!(1)).with("listed", &json!({ "id": 8 }));
    let test = compiled("listed.id == 8 && it == 1 && watched.answers == '7'");
    assert!(test.holds(&above).unwrap().holds);
    assert!(compiled("listed.id == 7").holds(&below).unwrap().holds);
    assert_eq!(above.names().collect::<Vec<_>>(), ["it", "listed", "noise", "resumed", "watched"]);
}

#[test]
fn date_times_are_counted_from_1970() {
    for (text, expected) in [
        ("1970-01-01T00:00:00Z", json!(0)),
        ("2000-02-29T00:00:00.5Z", json!(951_782_400_500_i64)),
        ("2025-11-25T01:30:00.123456+01:30", json!(1_764_028_800_123_i64)),
        ("1969-12-31T23:59:59-00:00", json!(-1000)),
        ("2025-02-29T00:00:00Z", json!(null)),
        ("tomorrow", json!(null)),
    ] {
        let variables = Variables::new([("it", &json!(text))]);
        assert_eq!(compiled("unix_ms(it)").evaluate(&variables).unwrap(), expected, "{text}");
    }
}
