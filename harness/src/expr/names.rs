//! Checks of names and arities, which the `cel` crate leaves to evaluation (or forgets: `m.all(x)` parses).

use std::collections::BTreeSet;

use cel::IdedExpr;

use super::error::{ErrorKind, closest};
use super::functions;
use super::limits::{MAX_DEPTH, MAX_NESTED_MACROS};
use super::print;
use super::view::Node;

/// Names of CEL's types, which are values: `type(x) == string`.
const TYPES: [&str; 10] = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/// Macros and how they are written.
const MACROS: [(&str, &str); 6] = [
    ("has", "has(value.member)"),
    ("all", "list.all(name, test)"),
    ("exists", "list.exists(name, test)"),
    ("exists_one", "list.exists_one(name, test)"),
    ("map", "list.map(name, result) or list.map(name, test, result)"),
    ("filter", "list.filter(name, test)"),
];

/// Standard functions: arguments when called as `f(x)`, and after the dot when called as `x.f()`.
const STANDARD: [(&str, Option<usize>, Option<usize>); 13] = [
    ("bool", Some(1), None),
    ("bytes", Some(1), None),
    ("contains", None, Some(1)),
    ("double", Some(1), None),
    ("dyn", Some(1), None),
    ("endsWith", None, Some(1)),
    ("int", Some(1), None),
    ("matches", Some(2), Some(1)),
    ("size", Some(1), Some(0)),
    ("startsWith", None, Some(1)),
    ("string", Some(1), None),
    ("type", Some(1), None),
    ("uint", Some(1), None),
];

/// What may be referred to.
pub(super) struct Declared<'d> {
    /// Whether a variable exists.
    pub is: &'d dyn Fn(&str) -> bool,
    /// Names to suggest.
    pub known: &'d [&'d str],
}

/// A mistake and the node it is at.
pub(super) struct Mistake<'e> {
    pub at: &'e IdedExpr,
    pub kind: ErrorKind,
    pub message: String,
}

/// Checks a tree and returns the variables it uses.
pub(super) fn check<'e>(expr: &'e IdedExpr, declared: &Declared<'_>) -> Result<BTreeSet<String>, Mistake<'e>> {
    let mut walk = Walk { declared, scope: Vec::new(), used: BTreeSet::new() };
    walk.visit(expr, 1)?;
    Ok(walk.used)
}

struct Walk<'e, 'd> {
    declared: &'d Declared<'d>,
    /// Variables of the macros around the node, outermost first.
    scope: Vec<&'e str>,
    used: BTreeSet<String>,
}

impl<'e> Walk<'e, '_> {
    fn visit(&mut self, expr: &'e IdedExpr, depth: usize) -> Result<(), Mistake<'e>> {
        if depth > MAX_DEPTH {
            let message = format!("the expression nests more than {MAX_DEPTH} deep: split it into several checks");
            return Err(Mistake { at: expr, kind: ErrorKind::TooComplex, message });
        }
        let node = Node::of(expr);
        match &node {
            Node::Name(name) => self.name(expr, name)?,
            Node::Call { name, target, args } => function(expr, name, target.is_some(), args.len())?,
            Node::Unsupported => {
                let message = "this form (a message, or a broken expression) is not supported".to_owned();
                return Err(Mistake { at: expr, kind: ErrorKind::Syntax, message });
            }
            Node::Literal(_)
            | Node::Member { .. }
            | Node::Has { .. }
            | Node::Macro(_)
            | Node::List(_)
            | Node::Map(_) => {}
        }
        for part in node.parts() {
            self.visit(part, depth + 1)?;
        }
        if let Node::Macro(call) = &node {
            if self.scope.len() >= MAX_NESTED_MACROS {
                let message =
                    format!("more than {MAX_NESTED_MACROS} macros inside one another: split it into several checks");
                return Err(Mistake { at: expr, kind: ErrorKind::TooComplex, message });
            }
            self.scope.push(call.variable);
            for arg in &call.args {
                self.visit(arg, depth + 3)?;
            }
            self.scope.pop();
        }
        Ok(())
    }

    fn name(&mut self, expr: &'e IdedExpr, name: &str) -> Result<(), Mistake<'e>> {
        if self.scope.contains(&name) {
            return Ok(());
        }
        if (self.declared.is)(name) {
            self.used.insert(name.to_owned());
            return Ok(());
        }
        if TYPES.contains(&name) {
            return Ok(());
        }
        let candidates = self.scope.iter().chain(self.declared.known).copied();
        let hint = hint(closest(name, candidates), "declare it as a stream, an actor or a saved value of the scenario");
        Err(Mistake { at: expr, kind: ErrorKind::UnknownName, message: format!("nothing is called `{name}`: {hint}") })
    }
}

fn hint(suggestion: Option<&str>, otherwise: &str) -> String {
    suggestion.map_or_else(|| otherwise.to_owned(), |name| format!("did you mean `{name}`?"))
}

fn arguments(count: usize) -> String {
    format!("{count} argument{}", if count == 1 { "" } else { "s" })
}

fn function<'e>(at: &'e IdedExpr, name: &str, method: bool, given: usize) -> Result<(), Mistake<'e>> {
    let arity = |message| Err(Mistake { at, kind: ErrorKind::Arity, message });
    if let Some((_, form)) = MACROS.iter().find(|(known, _)| *known == name) {
        return arity(format!("`{name}` is written {form}"));
    }
    if let Some(ours) = functions::find(name) {
        return match (method, given == ours.arity()) {
            (true, _) => arity(format!("`{name}` is not called after a dot: write {}", ours.form)),
            (false, false) => {
                arity(format!("`{name}` takes {}, not {given}: write {}", arguments(ours.arity()), ours.form))
            }
            (false, true) => Ok(()),
        };
    }
    if let Some((_, global, member)) = STANDARD.iter().find(|(known, ..)| *known == name) {
        return match (if method { member } else { global }, method) {
            (Some(wanted), _) if *wanted == given => Ok(()),
            (Some(wanted), _) => arity(format!("`{name}` takes {} here, not {given}", arguments(*wanted))),
            (None, true) => arity(format!("`{name}` is not called after a dot: write {name}(value)")),
            (None, false) => arity(format!("`{name}` is called after a dot: write value.{name}(...)")),
        };
    }
    if !method && is_operator(name) {
        return Ok(());
    }
    let candidates =
        functions::names().chain(STANDARD.iter().map(|(name, ..)| *name)).chain(MACROS.iter().map(|(name, _)| *name));
    let hint = hint(closest(name, candidates), "the functions are listed in the scenario reference");
    Err(Mistake { at, kind: ErrorKind::UnknownFunction, message: format!("there is no function `{name}`: {hint}") })
}

fn is_operator(name: &str) -> bool {
    use cel::common::ast::operators::{CONDITIONAL, INDEX, LOGICAL_NOT, NEGATE};
    [CONDITIONAL, INDEX, LOGICAL_NOT, NEGATE].contains(&name) || print::operator(name).is_some()
}
