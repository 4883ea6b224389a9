//! Texts nobody should write: none may panic or overflow the stack.

use proptest::prelude::*;
use serde_json::json;

use super::super::*;
use super::{compiled, refused};

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
            print::print(&environment.parser().parse(source).unwrap_or_else(|error| panic!("{source}: {error}")))
        };
        let once = printed(source);
        assert_eq!(printed(&once), once, "{source}");
    }
}

#[test]
fn deep_and_long_texts_are_refused_or_evaluated_without_overflow() {
    // Half of the usual stack of a thread: the limits leave room for the callers.
    let small = std::thread::Builder::new().stack_size(1 << 20).spawn(deep_and_long_texts).unwrap();
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
    assert_eq!(compiled(&deepest).evaluate(&Variables::default()).unwrap(), json!(MAX_DEPTH));
    assert_eq!(refused(&format!("1 + {deepest}")).kind, ErrorKind::TooComplex);
    for too_long in ["(".repeat(200), "1+".repeat(200), "1==".repeat(200), "a.".repeat(300), " ".repeat(5000)] {
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
