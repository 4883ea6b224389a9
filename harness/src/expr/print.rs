//! The tree back as text: the parser keeps the place of a node but not its extent.

use cel::IdedExpr;
use cel::common::ast::{LiteralValue, operators};

use super::view::Node;

/// How tightly an expression binds; a looser one inside needs brackets.
const CONDITION: u8 = 1;
const UNARY: u8 = 7;
const ATOM: u8 = 8;

/// The symbol and the binding of a binary operator.
pub(super) fn operator(name: &str) -> Option<(&'static str, u8)> {
    Some(match name {
        operators::LOGICAL_OR => ("||", 2),
        operators::LOGICAL_AND => ("&&", 3),
        operators::EQUALS => ("==", 4),
        operators::NOT_EQUALS => ("!=", 4),
        operators::LESS => ("<", 4),
        operators::LESS_EQUALS => ("<=", 4),
        operators::GREATER => (">", 4),
        operators::GREATER_EQUALS => (">=", 4),
        operators::IN => ("in", 4),
        operators::ADD => ("+", 5),
        operators::SUBSTRACT => ("-", 5),
        operators::MULTIPLY => ("*", 6),
        operators::DIVIDE => ("/", 6),
        operators::MODULO => ("%", 6),
        _ => return None,
    })
}

/// The source text of an expression, with our spacing.
pub(super) fn print(expr: &IdedExpr) -> String {
    printed(expr).0
}

/// An expression with its elements left out: `xs.all(t, ...)`.
pub(super) fn print_short(expr: &IdedExpr) -> String {
    match Node::of(expr) {
        Node::Macro(call) => {
            format!("{}.{}({}, ...)", within(call.range, ATOM), call.name, call.variable)
        }
        _ => print(expr),
    }
}

fn within(expr: &IdedExpr, binding: u8) -> String {
    let (text, own) = printed(expr);
    if own < binding { format!("({text})") } else { text }
}

fn list<'e>(items: impl IntoIterator<Item = &'e IdedExpr>) -> String {
    items.into_iter().map(print).collect::<Vec<_>>().join(", ")
}

fn printed(expr: &IdedExpr) -> (String, u8) {
    match Node::of(expr) {
        Node::Literal(value) => literal(value),
        Node::Name(name) => (name.to_owned(), ATOM),
        Node::Member { of, field } => (format!("{}.{field}", within(of, ATOM)), ATOM),
        Node::Has { of, field } => (format!("has({}.{field})", within(of, ATOM)), ATOM),
        Node::Macro(call) => {
            let args = list(call.args);
            (format!("{}.{}({}, {args})", within(call.range, ATOM), call.name, call.variable), ATOM)
        }
        Node::Call { name, target: None, args } => call(name, args),
        Node::Call { name, target: Some(target), args } => {
            (format!("{}.{name}({})", within(target, ATOM), list(args)), ATOM)
        }
        Node::List(items) => (format!("[{}]", list(items)), ATOM),
        Node::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}: {}", print(key), print(value))).collect();
            (format!("{{{}}}", entries.join(", ")), ATOM)
        }
        Node::Unsupported => ("...".to_owned(), ATOM),
    }
}

fn call(name: &str, args: &[IdedExpr]) -> (String, u8) {
    match (name, args) {
        (operators::CONDITIONAL, [test, then, otherwise]) => {
            let text = format!("{} ? {} : {}", within(test, 2), within(then, 2), print(otherwise));
            (text, CONDITION)
        }
        (operators::LOGICAL_NOT, [arg]) => (format!("!{}", within(arg, UNARY)), UNARY),
        (operators::NEGATE, [arg]) => (format!("-{}", within(arg, ATOM)), UNARY),
        (operators::INDEX, [of, index]) => (format!("{}[{}]", within(of, ATOM), print(index)), ATOM),
        (_, [left, right]) if operator(name).is_some() => {
            let (symbol, binding) = operator(name).unwrap_or((",", CONDITION));
            // `&&` and `||` are trees balanced by the parser: any grouping of theirs means the same.
            let tighter = if matches!(symbol, "&&" | "||") { binding } else { binding + 1 };
            (format!("{} {symbol} {}", within(left, binding), within(right, tighter)), binding)
        }
        _ => (format!("{name}({})", list(args)), ATOM),
    }
}

fn literal(value: &LiteralValue) -> (String, u8) {
    let (text, number) = match value {
        LiteralValue::Boolean(value) => (value.inner().to_string(), false),
        LiteralValue::Null => ("null".to_owned(), false),
        LiteralValue::Int(value) => (value.inner().to_string(), true),
        LiteralValue::UInt(value) => (format!("{}u", value.inner()), true),
        LiteralValue::Double(value) => (format!("{:?}", value.inner()), true),
        LiteralValue::String(value) => (quoted(value.inner()), false),
        LiteralValue::Bytes(value) => {
            let hex: String = value.inner().iter().map(|byte| format!("\\x{byte:02x}")).collect();
            (format!("b\"{hex}\""), false)
        }
    };
    let binding = if number && text.starts_with('-') { UNARY } else { ATOM };
    (text, binding)
}

/// A string literal that CEL reads back as the same text.
fn quoted(text: &str) -> String {
    let quote = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
    let mut out = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            same if same == quote => out.extend(['\\', same]),
            other => out.push(other),
        }
    }
    out.push(quote);
    out
}
