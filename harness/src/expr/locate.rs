//! Which sub-expression an evaluation failed at, and why, in plain words.

use cel::common::ast::operators;
use cel::common::value::Val;
use cel::{Context, ExecutionError, IdedExpr, Value as CelValue};

use super::error::{ErrorKind, closest};
use super::functions;
use super::print::{operator, print};
use super::value::{elements, kind, to_json};
use super::view::Node;

/// Most characters of a value shown in a message.
const SHOWN: usize = 80;
/// Most members named in a message.
const NAMED: usize = 12;

/// An error and the node it is at.
pub(super) struct Fault<'e> {
    pub at: &'e IdedExpr,
    pub kind: ErrorKind,
    pub message: String,
}

/// The innermost node of `expr` whose evaluation failed; `error` is what evaluating `expr` gave.
pub(super) fn fault<'e>(expr: &'e IdedExpr, context: &Context<'_, '_>, error: ExecutionError) -> Fault<'e> {
    let node = Node::of(expr);
    if let Node::Call { name: operators::CONDITIONAL, args: [test, then, otherwise], .. } = node {
        let chosen = match CelValue::resolve_val(test, context) {
            Ok(value) if to_json(value.as_ref()) == true => Some(then),
            Ok(value) if to_json(value.as_ref()) == false => Some(otherwise),
            Ok(_) => None,
            Err(error) => return fault(test, context, error),
        };
        return match chosen {
            Some(branch) => fault(branch, context, error),
            None => describe(expr, context, &error),
        };
    }
    for part in node.parts() {
        if let Err(error) = CelValue::resolve_val(part, context) {
            return fault(part, context, error);
        }
    }
    if let Node::Macro(call) = &node {
        for item in items(call.sequence, context) {
            let mut scope = context.new_inner_scope();
            scope.add_variable_as_val(call.variable, item);
            // The second argument of a three-place `map` is evaluated only where the first is true.
            for arg in &call.args {
                match CelValue::resolve_val(arg, &scope) {
                    Err(error) => return fault(arg, &scope, error),
                    Ok(value) if to_json(value.as_ref()) == false => break,
                    Ok(_) => {}
                }
            }
        }
    }
    describe(expr, context, &error)
}

/// Copies of what a macro runs over; empty if that is not a list or map.
pub(super) fn items<'v>(range: &IdedExpr, context: &Context<'_, 'v>) -> Vec<Box<dyn Val + 'v>> {
    match CelValue::resolve_val(range, context) {
        Ok(value) => elements(value.as_ref()).unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

fn describe<'e>(at: &'e IdedExpr, context: &Context<'_, '_>, error: &ExecutionError) -> Fault<'e> {
    let (kind, message) = match Node::of(at) {
        Node::Name(name) => (ErrorKind::Missing, format!("`{name}` has no value in this run")),
        Node::Member { of, field } | Node::Has { of, field } => no_member(of, field, context),
        Node::Call { name: operators::INDEX, args: [of, index], .. } => no_index(of, index, context),
        Node::Call { name, args, target } => match (operator(name), args) {
            (Some((symbol, _)), [left, right]) => binary(at, symbol, left, right, context, error),
            _ => {
                let operands: Vec<_> = target.into_iter().chain(args).collect();
                (
                    ErrorKind::Evaluation,
                    format!("`{}` has no value: {}{}", print(at), words(error), shown(&operands, context)),
                )
            }
        },
        Node::Macro(call) if !is_iterable(call.range, context) => {
            let message = format!("`{}` runs over a list{}", print(at), shown(&[call.range], context));
            (ErrorKind::Evaluation, message)
        }
        _ => (ErrorKind::Evaluation, format!("`{}` has no value: {}", print(at), words(error))),
    };
    Fault { at, kind, message }
}

fn is_iterable(range: &IdedExpr, context: &Context<'_, '_>) -> bool {
    CelValue::resolve_val(range, context).is_ok_and(|value| value.as_iterable().is_some())
}

fn no_member(of: &IdedExpr, field: &str, context: &Context<'_, '_>) -> (ErrorKind, String) {
    let source = print(of);
    let message = match CelValue::resolve_val(of, context).map(|value| to_json(value.as_ref())) {
        Ok(serde_json::Value::Object(members)) => {
            let hint = closest(field, members.keys().map(String::as_str))
                .map(|name| format!("; did you mean `{name}`?"))
                .unwrap_or_default();
            let mut names: Vec<&str> = members.keys().map(String::as_str).take(NAMED).collect();
            if members.len() > NAMED {
                names.push("...");
            }
            let present = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            format!(
                "`{source}` has no member `{field}` (it has: {present}){hint}; test with has({source}.{field}) or read with get({source}, \"{field}\")"
            )
        }
        Ok(_) => format!("`{source}` has no members, so no `{field}`{}", shown(&[of], context)),
        Err(error) => words(&error),
    };
    (ErrorKind::Missing, message)
}

fn no_index(of: &IdedExpr, index: &IdedExpr, context: &Context<'_, '_>) -> (ErrorKind, String) {
    let list = CelValue::resolve_val(of, context).map(|value| to_json(value.as_ref()));
    let message = match list {
        Ok(serde_json::Value::Array(items)) => {
            format!("`{}` has {} elements, so none at{}", print(of), items.len(), shown_index(index, context))
        }
        _ => format!("`{}` has nothing at{}{}", print(of), shown_index(index, context), shown(&[of], context)),
    };
    (ErrorKind::Missing, message)
}

fn shown_index(index: &IdedExpr, context: &Context<'_, '_>) -> String {
    CelValue::resolve_val(index, context)
        .map(|value| format!(" {}", short(&to_json(value.as_ref()))))
        .unwrap_or_default()
}

fn binary(
    at: &IdedExpr,
    symbol: &str,
    left: &IdedExpr,
    right: &IdedExpr,
    context: &Context<'_, '_>,
    error: &ExecutionError,
) -> (ErrorKind, String) {
    let kinds = [left, right]
        .map(|side| CelValue::resolve_val(side, context).map(|value| kind(value.as_ref())).unwrap_or("other"));
    let values = shown(&[left, right], context);
    let comparison = ["==", "!=", "<", "<=", ">", ">=", "in"].contains(&symbol);
    let overflow = matches!(error, ExecutionError::Overflow(..));
    if comparison && !overflow {
        let [a, b] = kinds;
        let what = if symbol == "in" { "is looked for in" } else { "is compared with" };
        let hint = if symbol == "==" { "; use same(a, b) if the kinds may differ" } else { "" };
        let message = if symbol == "in" && b == "array" {
            format!("`{}`: no element is of kind {a}{values}", print(at))
        } else {
            format!("`{}`: {a} {what} {b}{values}{hint}", print(at))
        };
        return (ErrorKind::UnlikeTypes, message);
    }
    (ErrorKind::Evaluation, format!("`{}` has no value: {}{values}", print(at), words(error)))
}

/// `: a is 1, b is "x"`, literals left out.
fn shown(operands: &[&IdedExpr], context: &Context<'_, '_>) -> String {
    let values: Vec<String> = operands
        .iter()
        .filter(|operand| !matches!(Node::of(operand), Node::Literal(_)))
        .filter_map(|operand| {
            let value = CelValue::resolve_val(operand, context).ok()?;
            Some(format!("`{}` is {}", print(operand), short(&to_json(value.as_ref()))))
        })
        .collect();
    if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) }
}

fn short(value: &serde_json::Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The engine's reason without its debug output of values.
fn words(error: &ExecutionError) -> String {
    match error {
        ExecutionError::Overflow(..) => "the number is too large".to_owned(),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "division by zero".to_owned(),
        ExecutionError::FunctionError { message, .. } => message.clone(),
        ExecutionError::NoSuchOverload(overload) => {
            format!("not defined for ({})", overload.argument_types().join(", "))
        }
        ExecutionError::NoSuchKey(key) => format!("no member `{key}`"),
        ExecutionError::UndeclaredReference(name) if functions::find(name).is_none() => {
            format!("unknown name `{name}`")
        }
        ExecutionError::UnsupportedBinaryOperator(..) | ExecutionError::UnexpectedType { .. } => {
            "not defined for values of these kinds".to_owned()
        }
        ExecutionError::DuplicateKey(_) => "a name occurs twice".to_owned(),
        ExecutionError::UnsupportedKeyType(_) => "this value cannot name a member".to_owned(),
        _ => "it cannot be evaluated on these values".to_owned(),
    }
}
