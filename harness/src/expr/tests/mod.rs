//! The variables every test evaluates on.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod errors;
mod robustness;
mod values;

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
    Variables::new([("listed", &listed), ("watched", &watched), ("resumed", &resumed), ("noise", &noise)])
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
    let judgement = compiled(source).holds(&variables()).unwrap_or_else(|error| panic!("{source}: {error}"));
    assert!(!judgement.holds, "{source}");
    judgement.operands.into_iter().map(|operand| (operand.source, operand.value)).collect()
}
