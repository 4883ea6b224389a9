//! What is refused, what cannot be evaluated, and what a failing check shows.

use serde_json::{Value, json};

use super::super::*;
use super::{compiled, failed, operands, refused, variables};

#[test]
fn refused_at_compile() {
    use ErrorKind::{Arity, Syntax, TooComplex, UnknownFunction, UnknownName};
    let table = [
        ("watchd.progress == 1", UnknownName, 1, 1, "did you mean `watched`"),
        ("true &&\n  listd.id == 1", UnknownName, 2, 3, "did you mean `listed`"),
        ("it.text == 'é€😀' && foo", UnknownName, 1, 21, "nothing is called `foo`"),
        ("listed.all(t, t.x) && t.y", UnknownName, 1, 23, "nothing is called `t`"),
        ("uniqe(listed)", UnknownFunction, 1, 6, "did you mean `unique`"),
        ("listed.al(t, t.x)", UnknownFunction, 1, 1, "did you mean `all`"),
        ("frobnicate(1)", UnknownFunction, 1, 11, "there is no function `frobnicate`"),
        ("optional.of(1)", UnknownFunction, 1, 1, "there is no function `of`"),
        ("listed.all(t)", Arity, 1, 1, "list.all(name, test)"),
        ("listed.filter(t, true, 1)", Arity, 1, 1, "list.filter(name, test)"),
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
        ("[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))", TooComplex, 1, 34, "3 macros"),
    ];
    for (source, kind, line, column, words) in table {
        let error = refused(source);
        assert_eq!((error.kind, error.line, error.column), (kind, line, column), "{source}: {error}");
        assert!(error.message.contains(words), "{source}: {error}");
    }
}

#[test]
fn errors_of_evaluation() {
    use ErrorKind::{Evaluation, Missing, UnlikeTypes};
    let table = [
        ("listed.reslt.tools == []", Missing, "`listed` has no member `reslt`", "did you mean `result`"),
        ("listed.id.x == 1", Missing, "`listed.id` has no members", "`listed.id` is 7"),
        ("listed.result.tools[3].name == ''", Missing, "`listed.result.tools` has 3 elements", "none at 3"),
        ("listed.result.tools.all(t, t.title != '')", Missing, "`t` has no member `title`", "has(t.title)"),
        (
            "listed.result.tools.map(t, t.name != '', t.title)",
            Missing,
            "`t` has no member `title`",
            "get(t, \"title\")",
        ),
        ("listed.id == '7'", UnlikeTypes, "number is compared with string", "`listed.id` is 7"),
        ("watched.answers != listed.id", UnlikeTypes, "string is compared with number", "`watched.answers` is \"7\""),
        ("listed.id < '8'", UnlikeTypes, "number is compared with string", "`listed.id` is 7"),
        ("listed.id in watched.ids", UnlikeTypes, "no element is of kind number", "`watched.ids` is [\"a\",\"b\"]"),
        ("listed.id in 'abc'", UnlikeTypes, "number is looked for in string", "listed.id"),
        ("9223372036854775807 + listed.id > 0", Evaluation, "the number is too large", "`listed.id` is 7"),
        ("listed.id / 0 == 1", Evaluation, "division by zero", "`listed.id` is 7"),
        ("listed.jsonrpc + 1 == 3", Evaluation, "`listed.jsonrpc + 1`", "`listed.jsonrpc` is \"2.0\""),
        ("listed.id && true", Evaluation, "`listed.id && true`", "`listed.id` is 7"),
        ("listed.id.all(t, t > 1)", Evaluation, "runs over a list", "`listed.id` is 7"),
        ("unique(listed.id)", Evaluation, "has to be a list", "`listed.id` is 7"),
        ("!listed.id", Evaluation, "`!listed.id`", "`listed.id` is 7"),
        ("listed.id > 0 ? listed.x : 1", Missing, "no member `x`", "it has:"),
        ("resumed.x.y && false || resumed.progress.z", Missing, "no `z`", "[3,4.5]"),
    ];
    for (source, kind, words, more) in table {
        let error = failed(source);
        assert_eq!(error.kind, kind, "{source}: {error}");
        assert!(error.message.contains(words) && error.message.contains(more), "{source}: {error}");
    }
    let placed = failed("listed.id == 7 &&\n listed.nope == 1");
    assert_eq!((placed.line, placed.column), (2, 2));
    let absent = compiled("listed.id == 7").evaluate(&Variables::default()).unwrap_err();
    assert!(absent.message.contains("`listed` has no value in this run"), "{absent}");
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
    assert_eq!(operands("listed.error.code == -32601 && listed.id == 7"), one("listed.error.code", json!(-32602)));
    assert_eq!(
        operands("listed.id == 8 || watched.ids == ['x']"),
        [("listed.id".to_owned(), json!(7)), ("watched.ids".to_owned(), json!(["a", "b"])),]
    );
    assert_eq!(operands("!(listed.id == 7)"), one("listed.id", json!(7)));
    assert_eq!(
        operands("watched.progress + [9] == noise.progress"),
        [("watched.progress + [9]".to_owned(), json!([1, 2, 9])), ("noise.progress".to_owned(), json!([1, 2, 3, 4.5])),]
    );
    assert_eq!(
        operands("unique(watched.ids + resumed.ids)"),
        one("watched.ids + resumed.ids", json!(["a", "b", "c", "b"]))
    );
    assert_eq!(operands("listed.jsonrpc.startsWith('1')"), one("listed.jsonrpc", json!("2.0")));
    assert_eq!(operands("has(listed.error.data)"), one("keys(listed.error)", json!(["code", "message"])));
    assert_eq!(operands("!has(listed.error.code)"), one("listed.error.code", json!(-32602)));
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
    // What the list names is shown by its name.
    assert_eq!(
        operands("[noise, watched].all(s, size(s.progress) > 3)"),
        [
            ("first counter-example of [noise, watched].all(s, ...)".to_owned(), json!("watched")),
            ("size(s.progress)".to_owned(), json!(2)),
        ]
    );
    assert_eq!(
        operands("!watched.ids.exists(i, i == 'b')"),
        one("first match of watched.ids.exists(i, ...)", json!("b"))
    );
    assert_eq!(
        operands("resumed.progress.exists(p, p > 9)"),
        [
            ("first element refused of resumed.progress.exists(p, ...)".to_owned(), json!(3)),
            ("second element refused of resumed.progress.exists(p, ...)".to_owned(), json!(4.5)),
        ]
    );
    assert_eq!(
        operands("watched.ids.filter(i, i == 'z').exists(i, true)"),
        one("watched.ids.filter(i, i == \"z\")", json!([]))
    );
    assert_eq!(operands("watched.progress.exists_one(p, p > 0)").len(), 2);
    assert_eq!(operands("1 > 2"), []);
}
