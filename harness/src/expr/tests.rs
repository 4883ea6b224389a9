//! Golden expressions: what they give, what is refused, and what a failing check shows.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NAMES: [&str; 5] = ["listed", "watched", "resumed", "noise", "it"];

fn variables() -> Variables {
    let listed = json!({
        "id": 7, "jsonrpc": "2.0", "big": u64::MAX, "whole": 3.0, "nothing": null,
        "error": { "code": -32602, "message": "no such tool" },
        "result": { "tools": [
            { "name": "echo", "inputSchema": { "type": "object" } },
            { "name": "", "inputSchema": { "type": "object" } },
            { "name": "add", "inputSchema": { "type": "array" } },
        ]},
    });
    let watched = json!({ "progress": [1, 2], "ids": ["a", "b"], "answers": "7" });
    let resumed = json!({ "progress": [3, 4.5], "ids": ["c", "b"] });
    let noise = json!({ "progress": [1, 2, 3, 4.5], "b": 1, "a": 2, "c": 3 });
    Variables::new([
        ("listed", &listed),
        ("watched", &watched),
        ("resumed", &resumed),
        ("noise", &noise),
    ])
    .with("it", &json!({ "text": "naïve" }))
}

fn compiled(source: &str) -> Expression {
    Expression::compile_among(source, &NAMES).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn refused(source: &str) -> ExprError {
    Expression::compile_among(source, &NAMES).expect_err(source)
}

fn failed(source: &str) -> ExprError {
    compiled(source).evaluate(&variables()).expect_err(source)
}

fn operands(source: &str) -> Vec<(String, Value)> {
    let judgement = compiled(source)
        .holds(&variables())
        .unwrap_or_else(|error| panic!("{source}: {error}"));
    assert!(!judgement.holds, "{source}");
    judgement
        .operands
        .into_iter()
        .map(|operand| (operand.source, operand.value))
        .collect()
}

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
        (
            "has(listed.error.data) && listed.error.data == 1",
            json!(false),
        ),
        ("true || listed.absent", json!(true)),
        ("listed.id > 5 ? 'many' : 'few'", json!("many")),
        ("listed.result.tools[0].name", json!("echo")),
        ("listed['jsonrpc']", json!("2.0")),
        (
            "listed.result.tools.map(t, t.name)",
            json!(["echo", "", "add"]),
        ),
        (
            "listed.result.tools.map(t, t.name != '', size(t.name))",
            json!([4, 3]),
        ),
        (
            "listed.result.tools.filter(t, t.inputSchema.type == 'object').size()",
            json!(2),
        ),
        ("listed.result.tools.all(t, has(t.name))", json!(true)),
        (
            "listed.result.tools.exists(t, t.name == 'add')",
            json!(true),
        ),
        (
            "listed.result.tools.exists_one(t, t.name == 'add')",
            json!(true),
        ),
        ("noise.map(k, k)", json!(["a", "b", "c", "progress"])),
        (
            "watched.progress + resumed.progress == noise.progress",
            json!(true),
        ),
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
        (
            "text(listed.error)",
            json!("{\"code\":-32602,\"message\":\"no such tool\"}"),
        ),
        (
            "[base64_ok('aGk='), base64_ok('aGk'), base64_ok(''), base64_ok('a-_=')]",
            json!([true, false, true, false]),
        ),
        ("[size(it.text), utf8_len('é')]", json!([5, 2])),
        ("trim(lower(' AÉ '))", json!("aé")),
        ("join(split('a,b', ','), '-')", json!("a-b")),
        (
            "[is_int(1), is_int(1.0), is_int(1.5), is_int('1')]",
            json!([true, true, false, false]),
        ),
        (
            "[is_string('a'), is_number(1), is_bool(true), is_list([]), is_object({}), is_null(null)]",
            json!([true, true, true, true, true, true]),
        ),
        (
            "[kind(null), kind(true), kind(1), kind(1.5), kind('a'), kind([]), kind({})]",
            json!([
                "null", "boolean", "number", "number", "string", "array", "object"
            ]),
        ),
        (
            "media_type('Text/Event-Stream; charset=utf-8')",
            json!("text/event-stream"),
        ),
        (
            "[media_type('json'), media_type('a/b/c'), media_type('')]",
            json!([null, null, null]),
        ),
        (
            "subset(['a'], watched.ids) && !subset(['z'], watched.ids)",
            json!(true),
        ),
        ("count([1, 1.0, '1'], 1)", json!(2)),
        ("get(listed, 'result.tools.2.name')", json!("add")),
        (
            "[get(listed, 'result.tools.9.name'), get(listed, 'id.x'), get(null, 'a')]",
            json!([null, null, null]),
        ),
        (
            "get({'_meta': {'io.example/a.b': {'c': [5]}}}, '_meta.io.example/a.b.c.0')",
            json!(5),
        ),
        ("get({'a': {'b': 1}, 'a.b': 2}, 'a.b')", json!(2)),
        (
            "[get([1], ''), get([1], '.'), get({'': 1}, '.a')]",
            json!([[1], null, null]),
        ),
        ("get(json('{\"a\": 1}'), 'a')", json!(1)),
        (
            "matches('tools/list', '^tools/') && 'tools/list'.matches('list$')",
            json!(true),
        ),
        (
            "'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.contains('b')",
            json!(true),
        ),
        ("int('12') + int(2.9)", json!(14)),
        ("string(12) + string(true)", json!("12true")),
        ("type(listed.id) == int", json!(true)),
    ];
    for (source, expected) in golden {
        let value = compiled(source)
            .evaluate(&variables())
            .unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(value, expected, "{source}");
        assert_eq!(
            value.to_string(),
            expected.to_string(),
            "{source}: names sorted, numbers alike"
        );
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
            assert_eq!(
                compiled("uri_ok(it)").evaluate(&variables).unwrap(),
                json!(expected),
                "{text}"
            );
        }
    }
}

#[test]
fn date_times() {
    let good = [
        "2026-07-28T01:02:03Z",
        "2024-02-29t23:59:60z",
        "2025-01-01T00:00:00.125+23:59",
    ];
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
            assert_eq!(
                compiled("rfc3339_ok(it)").evaluate(&variables).unwrap(),
                json!(expected),
                "{text}"
            );
        }
    }
}

#[test]
fn whole_numbers_stay_numbers() {
    // Fails if some dependency's `arbitrary_precision` ever leaks into the conversion.
    let parsed: Value =
        serde_json::from_str("{\"a\": 1, \"b\": 1.5, \"c\": 18446744073709551615}").unwrap();
    let variables = Variables::new([("it", &parsed)]);
    let value =
        compiled("type(it.a) == int && type(it.b) == double && type(it.c) == uint && it.a < it.b");
    assert!(value.holds(&variables).unwrap().holds);
}

#[test]
fn refused_at_compile() {
    use ErrorKind::{Arity, Syntax, TooComplex, UnknownFunction, UnknownName};
    let table = [
        (
            "watchd.progress == 1",
            UnknownName,
            1,
            1,
            "did you mean `watched`",
        ),
        (
            "true &&\n  listd.id == 1",
            UnknownName,
            2,
            3,
            "did you mean `listed`",
        ),
        (
            "it.text == 'é€😀' && foo",
            UnknownName,
            1,
            21,
            "nothing is called `foo`",
        ),
        (
            "listed.all(t, t.x) && t.y",
            UnknownName,
            1,
            23,
            "nothing is called `t`",
        ),
        (
            "uniqe(listed)",
            UnknownFunction,
            1,
            6,
            "did you mean `unique`",
        ),
        (
            "listed.al(t, t.x)",
            UnknownFunction,
            1,
            1,
            "did you mean `all`",
        ),
        (
            "frobnicate(1)",
            UnknownFunction,
            1,
            11,
            "there is no function `frobnicate`",
        ),
        (
            "optional.of(1)",
            UnknownFunction,
            1,
            1,
            "there is no function `of`",
        ),
        ("listed.all(t)", Arity, 1, 1, "list.all(name, test)"),
        (
            "listed.filter(t, true, 1)",
            Arity,
            1,
            1,
            "list.filter(name, test)",
        ),
        ("has(listed.a, 1)", Arity, 1, 4, "has(value.member)"),
        ("listed.has(a)", Arity, 1, 1, "has(value.member)"),
        ("get(listed)", Arity, 1, 4, "takes 2 arguments, not 1"),
        ("listed.unique()", Arity, 1, 1, "unique(list)"),
        ("size()", Arity, 1, 5, "takes 1 argument here, not 0"),
        ("contains('a', 'b')", Arity, 1, 9, "value.contains(...)"),
        ("1 +", Syntax, 1, 4, "ends too early"),
        ("", Syntax, 1, 1, "ends too early"),
        ("listed.id = 1", Syntax, 1, 11, "not a CEL expression"),
        ("has(listed)", Syntax, 1, 5, "has() macro"),
        ("listed.?id", Syntax, 1, 7, "unsupported syntax"),
        ("T{a: 1}", Syntax, 1, 2, "not supported"),
        (
            "[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))",
            TooComplex,
            1,
            34,
            "3 macros",
        ),
    ];
    for (source, kind, line, column, words) in table {
        let error = refused(source);
        assert_eq!(
            (error.kind, error.line, error.column),
            (kind, line, column),
            "{source}: {error}"
        );
        assert!(error.message.contains(words), "{source}: {error}");
    }
}

#[test]
fn errors_of_evaluation() {
    use ErrorKind::{Evaluation, Missing, UnlikeTypes};
    let table = [
        (
            "listed.reslt.tools == []",
            Missing,
            "`listed` has no member `reslt`",
            "did you mean `result`",
        ),
        (
            "listed.id.x == 1",
            Missing,
            "`listed.id` has no members",
            "`listed.id` is 7",
        ),
        (
            "listed.result.tools[3].name == ''",
            Missing,
            "`listed.result.tools` has 3 elements",
            "none at 3",
        ),
        (
            "listed.result.tools.all(t, t.title != '')",
            Missing,
            "`t` has no member `title`",
            "has(t.title)",
        ),
        (
            "listed.result.tools.map(t, t.name != '', t.title)",
            Missing,
            "`t` has no member `title`",
            "get(t, \"title\")",
        ),
        (
            "listed.id == '7'",
            UnlikeTypes,
            "number is compared with string",
            "`listed.id` is 7",
        ),
        (
            "watched.answers != listed.id",
            UnlikeTypes,
            "string is compared with number",
            "`watched.answers` is \"7\"",
        ),
        (
            "listed.id < '8'",
            UnlikeTypes,
            "number is compared with string",
            "`listed.id` is 7",
        ),
        (
            "listed.id in watched.ids",
            UnlikeTypes,
            "no element is of kind number",
            "`watched.ids` is [\"a\",\"b\"]",
        ),
        (
            "listed.id in 'abc'",
            UnlikeTypes,
            "number is looked for in string",
            "listed.id",
        ),
        (
            "9223372036854775807 + listed.id > 0",
            Evaluation,
            "the number is too large",
            "`listed.id` is 7",
        ),
        (
            "listed.id / 0 == 1",
            Evaluation,
            "division by zero",
            "`listed.id` is 7",
        ),
        (
            "listed.jsonrpc + 1 == 3",
            Evaluation,
            "`listed.jsonrpc + 1`",
            "`listed.jsonrpc` is \"2.0\"",
        ),
        (
            "listed.id && true",
            Evaluation,
            "`listed.id && true`",
            "`listed.id` is 7",
        ),
        (
            "listed.id.all(t, t > 1)",
            Evaluation,
            "runs over a list",
            "`listed.id` is 7",
        ),
        (
            "unique(listed.id)",
            Evaluation,
            "has to be a list",
            "`listed.id` is 7",
        ),
        ("!listed.id", Evaluation, "`!listed.id`", "`listed.id` is 7"),
        (
            "listed.id > 0 ? listed.x : 1",
            Missing,
            "no member `x`",
            "it has:",
        ),
        (
            "resumed.x.y && false || resumed.progress.z",
            Missing,
            "no `z`",
            "[3,4.5]",
        ),
    ];
    for (source, kind, words, more) in table {
        let error = failed(source);
        assert_eq!(error.kind, kind, "{source}: {error}");
        assert!(
            error.message.contains(words) && error.message.contains(more),
            "{source}: {error}"
        );
    }
    let placed = failed("listed.id == 7 &&\n listed.nope == 1");
    assert_eq!((placed.line, placed.column), (2, 2));
    let absent = compiled("listed.id == 7")
        .evaluate(&Variables::default())
        .unwrap_err();
    assert!(
        absent.message.contains("`listed` has no value in this run"),
        "{absent}"
    );
    let number = compiled("listed.id").holds(&variables()).unwrap_err();
    assert_eq!(number.kind, ErrorKind::NotBool);
    assert_eq!(
        number.to_string(),
        "`listed.id` is of kind number: a check must be true or false (line 1, column 1 of the expression)"
    );
}

#[test]
fn a_failing_check_shows_what_decided_it() {
    let one = |source: &str, value: Value| vec![(source.to_owned(), value)];
    assert_eq!(
        operands("listed.error.code == -32601 && listed.id == 7"),
        one("listed.error.code", json!(-32602))
    );
    assert_eq!(
        operands("listed.id == 8 || watched.ids == ['x']"),
        [
            ("listed.id".to_owned(), json!(7)),
            ("watched.ids".to_owned(), json!(["a", "b"])),
        ]
    );
    assert_eq!(operands("!(listed.id == 7)"), one("listed.id", json!(7)));
    assert_eq!(
        operands("watched.progress + [9] == noise.progress"),
        [
            ("watched.progress + [9]".to_owned(), json!([1, 2, 9])),
            ("noise.progress".to_owned(), json!([1, 2, 3, 4.5])),
        ]
    );
    assert_eq!(
        operands("unique(watched.ids + resumed.ids)"),
        one("watched.ids + resumed.ids", json!(["a", "b", "c", "b"]))
    );
    assert_eq!(
        operands("listed.jsonrpc.startsWith('1')"),
        one("listed.jsonrpc", json!("2.0"))
    );
    assert_eq!(
        operands("has(listed.error.data)"),
        one("keys(listed.error)", json!(["code", "message"]))
    );
    assert_eq!(
        operands("!has(listed.error.code)"),
        one("listed.error.code", json!(-32602))
    );
    assert_eq!(
        operands("has(listed.error.code) ? listed.error.code == 1 : true"),
        [("listed.error.code".to_owned(), json!(-32602)),]
    );
    assert_eq!(
        operands("listed.result.tools.all(t, size(t.name) > 3)"),
        [
            (
                "first counter-example of listed.result.tools.all(t, ...)".to_owned(),
                json!({ "inputSchema": { "type": "object" }, "name": "" })
            ),
            ("size(t.name)".to_owned(), json!(0)),
            (
                "second counter-example of listed.result.tools.all(t, ...)".to_owned(),
                json!({ "inputSchema": { "type": "array" }, "name": "add" })
            ),
        ]
    );
    assert_eq!(
        operands("!watched.ids.exists(i, i == 'b')"),
        one("first match of watched.ids.exists(i, ...)", json!("b"))
    );
    assert_eq!(
        operands("resumed.progress.exists(p, p > 9)"),
        [
            (
                "first element refused of resumed.progress.exists(p, ...)".to_owned(),
                json!(3)
            ),
            (
                "second element refused of resumed.progress.exists(p, ...)".to_owned(),
                json!(4.5)
            ),
        ]
    );
    assert_eq!(
        operands("watched.ids.filter(i, i == 'z').exists(i, true)"),
        one("watched.ids.filter(i, i == \"z\")", json!([]))
    );
    assert_eq!(operands("watched.progress.exists_one(p, p > 0)").len(), 2);
    assert_eq!(operands("1 > 2"), []);
}

#[test]
fn references_are_sorted_and_without_bound_names() {
    let expression =
        compiled("watched.ids.all(t, t in resumed.ids) && listed.id == 1 && type(1) == int");
    assert_eq!(
        expression.references().collect::<Vec<_>>(),
        ["listed", "resumed", "watched"]
    );
    assert_eq!(expression.to_string(), expression.source());
}

#[test]
fn variables_layer_and_share() {
    let below = variables();
    let above = below
        .with("it", &json!(1))
        .with("listed", &json!({ "id": 8 }));
    let test = compiled("listed.id == 8 && it == 1 && watched.answers == '7'");
    assert!(test.holds(&above).unwrap().holds);
    assert!(compiled("listed.id == 7").holds(&below).unwrap().holds);
    assert_eq!(
        above.names().collect::<Vec<_>>(),
        ["it", "listed", "noise", "resumed", "watched"]
    );
}

#[test]
fn printing_reads_back_as_the_same_text() {
    let sources = [
        "(1 + 2) * 3 - (4 - 5)",
        "-(1 + 2) * -3",
        "!(true && false) || !true",
        "(true ? false : true) ? 1 : 2",
        "(listed.id + 1).x",
        "[1, 'it\\'s', \"q\\\"\\n\"][0]",
        "{'a': 1u, 'b': 1.0}",
        "b'\\x00a'",
        "1 - (2 - 3)",
        "listed.a.all(t, t > 1 || t < -1).size()",
        "[1].map(t, t > 0, t + 1)",
        "[1].filter(t, t in [1])",
        "[1].exists_one(t, t == 1)",
        "has(listed.a.b) && listed.a['b'].c(1) == 2",
        "(1 == 2) == (3 != 4)",
        "true ? (false ? 1 : 2) : (true ? 3 : 4)",
        "1e300 == 0.1",
        "'\u{7}é'",
    ];
    let environment = functions::environment().unwrap();
    for source in sources {
        let printed = |source: &str| {
            print::print(
                &environment
                    .parser()
                    .parse(source)
                    .unwrap_or_else(|error| panic!("{source}: {error}")),
            )
        };
        let once = printed(source);
        assert_eq!(printed(&once), once, "{source}");
    }
}

#[test]
fn deep_and_long_texts_are_refused_or_evaluated_without_overflow() {
    // Half of the usual stack of a thread: the limits leave room for the callers.
    let small = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(deep_and_long_texts)
        .unwrap();
    small.join().unwrap();
}

fn deep_and_long_texts() {
    let attempt = |source: &str| {
        if let Ok(expression) = Expression::compile(source, &|_| true) {
            let _value_or_error = expression.holds(&Variables::new([("a", &json!(1))]));
        }
    };
    let brackets = [
        ("(", ")"),
        ("[", "]"),
        ("get(", ",'')"),
        ("{1:", "}"),
        ("a[", "]"),
        ("[1].all(x,", ")"),
        ("!(", ")"),
        ("true?", ":1"),
        ("1+(1+", ")"),
        ("a.b==(-", ")"),
    ];
    for (open, close) in brackets {
        for depth in [8, MAX_BRACKETS, MAX_BRACKETS + 1, 5000] {
            attempt(&format!("{}1{}", open.repeat(depth), close.repeat(depth)));
            attempt(&open.repeat(depth));
        }
    }
    let units = [
        "!",
        "-",
        "a.",
        "1+",
        "a&&",
        "a||",
        "1<",
        "1==",
        "a?1:",
        "1 in ",
        "a-",
        "\\",
        "'''",
        "r'",
        "//",
        "`",
        ")",
        "\u{1F600}",
    ];
    for unit in units {
        for count in [MAX_OPERATORS - 1, MAX_OPERATORS, MAX_DOTS, 1300, 4000] {
            attempt(&format!("{}a", unit.repeat(count)));
        }
    }
    let (open, close) = ("(".repeat(MAX_BRACKETS), ")".repeat(MAX_BRACKETS));
    let (sums, dots) = ("+1".repeat(MAX_OPERATORS), ".b".repeat(MAX_DOTS));
    attempt(&format!("{open}a{dots}{sums}{close}"));
    attempt(&format!("{}a{dots}{sums}", open.replace('(', "(1+")));
    let deepest = format!("{}1", "1 + ".repeat(MAX_DEPTH - 1));
    assert_eq!(
        compiled(&deepest).evaluate(&Variables::default()).unwrap(),
        json!(MAX_DEPTH)
    );
    assert_eq!(
        refused(&format!("1 + {deepest}")).kind,
        ErrorKind::TooComplex
    );
    for too_long in [
        "(".repeat(200),
        "1+".repeat(200),
        "1==".repeat(200),
        "a.".repeat(300),
        " ".repeat(5000),
    ] {
        assert_eq!(refused(&too_long).kind, ErrorKind::TooComplex, "{too_long}");
    }
    let many = vec!["1 == 1"; MAX_OPERATORS].join(" && ");
    assert!(compiled(&many).holds(&Variables::default()).unwrap().holds);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_compiles_or_is_refused(source in "[a-c1 .,()\\[\\]{}'\"\\\\?:!<>=&|+*/%`éx-]{0,24}") {
        let names = |name: &str| name == "a";
        match Expression::compile(&source, &names) {
            Ok(expression) => { let _value_or_error = expression.holds(&Variables::new([("a", &json!([1]))])); }
            Err(error) => prop_assert!(error.line >= 1 && error.column >= 1 && !error.message.is_empty()),
        }
    }
}
