//! One condition, evaluated: whether it holds, and if not, what a person needs to see.

use serde_json::Value;

use crate::expr::{Expression, Operand, Variables};

/// Longest value quoted in a sentence, in characters.
const QUOTED: usize = 160;

/// What a condition came to.
pub enum Held {
    /// It holds.
    Yes,
    /// It does not: what was seen, and the values.
    No(String, Vec<Operand>),
    /// It cannot be evaluated: why.
    Unclear(String),
}

/// Evaluate an expression.
pub fn condition(expression: &Expression, variables: &Variables) -> Held {
    match expression.holds(variables) {
        Ok(judgement) if judgement.holds => Held::Yes,
        Ok(judgement) => Held::No(seen(&judgement.operands), judgement.operands),
        Err(error) => Held::Unclear(error.message),
    }
}

/// Evaluate a guard: whether it holds, without an explanation, which costs many times as much.
///
/// # Errors
/// Why it cannot be evaluated.
pub fn guard(expression: &Expression, variables: &Variables) -> Result<bool, String> {
    match expression.evaluate(variables) {
        Ok(Value::Bool(truth)) => Ok(truth),
        Ok(other) => Err(format!("the guard is {}, neither true nor false", quoted(&other))),
        Err(error) => Err(error.message),
    }
}

/// Operands as one sentence.
fn seen(operands: &[Operand]) -> String {
    let parts: Vec<String> = operands.iter().map(|op| format!("{} is {}", op.source, quoted(&op.value))).collect();
    if parts.is_empty() { "the expectation does not hold".to_owned() } else { parts.join("; ") }
}

/// A value, shortened.
pub fn quoted(value: &Value) -> String {
    let mut text = value.to_string();
    if let Some((at, _)) = text.char_indices().nth(QUOTED) {
        text.truncate(at);
        text.push('…');
    }
    text
}

/// The value at a dotted path below named variables.
pub fn at_path<'v>(roots: &'v [(String, Value)], path: &str) -> Option<&'v Value> {
    let (head, rest) = path.split_once('.').unwrap_or((path, ""));
    let root = roots.iter().find(|(name, _)| name == head).map(|(_, value)| value)?;
    rest.split('.').filter(|part| !part.is_empty()).try_fold(root, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        Value::Object(members) => members.get(part),
        _ => None,
    })
}
