//! Expressions of scenarios: compiled or refused, evaluated or an error.

use crate::expr::{ErrorKind, Expression, MAX_LENGTH, Variables};
use serde_json::json;

/// The input is an expression over `a` and `list`.
pub fn check(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    let compiled = match Expression::compile_among(source, &["a", "list"]) {
        Ok(compiled) => compiled,
        Err(error) => {
            assert!(error.line >= 1 && error.column >= 1 && !error.message.is_empty(), "{error:?} says nothing");
            return;
        }
    };
    assert!(source.len() <= MAX_LENGTH, "longer than the limit");
    assert_eq!(compiled.to_string(), source, "it is shown as another");
    assert!(compiled.references().all(|name| ["a", "list"].contains(&name)), "it refers to what there is not");
    let (a, list) = (json!({ "b": 1, "c.d": [null, "é", 1.5] }), json!([3, 1, 2]));
    let variables = Variables::new([("a", &a), ("list", &list)]);
    let value = compiled.evaluate(&variables);
    assert_eq!(compiled.evaluate(&variables), value, "two evaluations, two values");
    match (value, compiled.holds(&variables)) {
        (Ok(value), Ok(judgement)) => assert_eq!(value.as_bool(), Some(judgement.holds)),
        (Ok(value), Err(error)) => assert!(!value.is_boolean() && error.kind == ErrorKind::NotBool, "{error:?}"),
        (Err(one), Err(other)) => assert_eq!(one, other),
        (Err(error), Ok(_)) => panic!("a test holds though it has no value: {error:?}"),
    }
}
