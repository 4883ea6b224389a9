//! Why a test came out false: the values that decided it.

use cel::common::ast::operators;
use cel::{Context, IdedExpr, Value as CelValue};
use serde_json::Value;

use super::locate::items;
use super::print::{operator, print, print_short};
use super::value::to_json;
use super::view::{MacroCall, Node};

/// Most operands of one explanation.
const MAX_OPERANDS: usize = 16;
/// How many elements of a list are shown as examples.
const EXAMPLES: [&str; 3] = ["first", "second", "third"];

/// A sub-expression (or an element a macro stumbled over) and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Operand {
    /// Its source text, or words such as ``first counter-example of xs.all(x, ...)``.
    pub source: String,
    /// Its value.
    pub value: Value,
}

/// What made `expr` false.
pub(super) fn explain(expr: &IdedExpr, context: &Context<'_, '_>) -> Vec<Operand> {
    let mut explanation = Explanation::default();
    explanation.visit(expr, true, context);
    explanation.operands
}

#[derive(Default)]
struct Explanation {
    operands: Vec<Operand>,
}

impl Explanation {
    /// Explains why `expr` is not `wanted`.
    fn visit(&mut self, expr: &IdedExpr, wanted: bool, context: &Context<'_, '_>) {
        match Node::of(expr) {
            Node::Call { name: operators::LOGICAL_AND | operators::LOGICAL_OR, args, .. } => {
                for side in args {
                    if value(side, context) == Some(Value::Bool(!wanted)) {
                        self.visit(side, wanted, context);
                    }
                }
            }
            Node::Call { name: operators::LOGICAL_NOT, args: [arg], .. } => self.visit(arg, !wanted, context),
            Node::Call { name: operators::CONDITIONAL, args: [test, then, otherwise], .. } => {
                let chosen = value(test, context);
                if let Some(Value::Bool(chosen)) = chosen {
                    self.visit(test, !chosen, context);
                    self.visit(if chosen { then } else { otherwise }, wanted, context);
                }
            }
            Node::Call { name, args: [left, right], .. } if operator(name).is_some() => {
                self.show(left, context);
                self.show(right, context);
            }
            Node::Call { name: operators::INDEX, .. } => self.show(expr, context),
            Node::Call { target, args, .. } => {
                for operand in target.into_iter().chain(args) {
                    self.show(operand, context);
                }
            }
            Node::Has { of, .. } if wanted => match value(of, context) {
                Some(Value::Object(members)) => {
                    let names = members.into_iter().map(|(name, _)| Value::String(name)).collect();
                    self.push(format!("keys({})", print(of)), Value::Array(names));
                }
                _ => self.show(of, context),
            },
            Node::Has { of, field } => {
                let members = value(of, context);
                let member = members.as_ref().and_then(|members| members.get(field)).cloned();
                self.push(format!("{}.{field}", print(of)), member.unwrap_or_default());
            }
            Node::Macro(call) => self.elements(expr, &call, wanted, context),
            _ => self.show(expr, context),
        }
    }

    /// Explains a macro by the elements that decided it.
    fn elements(&mut self, expr: &IdedExpr, call: &MacroCall<'_>, wanted: bool, context: &Context<'_, '_>) {
        // `exists_one` is false for none and for many: show what matched, else all that did not.
        let shows = |holds: bool| match (call.name, wanted) {
            ("all", true) | ("exists", true) => !holds,
            ("exists_one", _) | ("exists", false) => holds,
            _ => true,
        };
        let role = match (call.name, wanted) {
            ("all", true) => "counter-example",
            ("exists", true) => "element refused",
            ("exists_one", _) | ("exists", false) => "match",
            _ => "element",
        };
        let [test] = call.args.as_slice() else {
            return self.show(expr, context);
        };
        // An element that the list gives a name is shown by it: its value may be a whole exchange.
        let written = match Node::of(call.range) {
            Node::List(parts) => parts,
            _ => &[],
        };
        let mut found = 0;
        for (at, item) in items(call.sequence, context).into_iter().enumerate() {
            let Some(ordinal) = EXAMPLES.get(found) else {
                break;
            };
            let named = written.get(at).filter(|part| !constant(part));
            let shown = named.map_or_else(|| to_json(item.as_ref()), |part| Value::String(print(part)));
            let mut scope = context.new_inner_scope();
            scope.add_variable_as_val(call.variable, item);
            let Some(Value::Bool(holds)) = value(test, &scope) else {
                continue;
            };
            if !shows(holds) {
                continue;
            }
            self.push(format!("{ordinal} {role} of {}", print_short(expr)), shown);
            if found == 0 && !matches!(call.name, "exists_one") {
                self.inner(test, !holds, call.variable, &scope);
            }
            found += 1;
        }
        if found == 0 {
            self.show(call.range, context);
        }
    }

    /// Explains the test of a macro on one element; the element itself has been shown.
    fn inner(&mut self, test: &IdedExpr, wanted: bool, variable: &str, scope: &Context<'_, '_>) {
        let mut inner = Self::default();
        inner.visit(test, wanted, scope);
        for operand in inner.operands {
            if operand.source != variable {
                self.push(operand.source, operand.value);
            }
        }
    }

    /// Shows a sub-expression unless its text is its value.
    fn show(&mut self, expr: &IdedExpr, context: &Context<'_, '_>) {
        if !constant(expr)
            && let Some(value) = value(expr, context)
        {
            self.push(print(expr), value);
        }
    }

    fn push(&mut self, source: String, value: Value) {
        let operand = Operand { source, value };
        if self.operands.len() < MAX_OPERANDS && !self.operands.contains(&operand) {
            self.operands.push(operand);
        }
    }
}

fn value(expr: &IdedExpr, context: &Context<'_, '_>) -> Option<Value> {
    CelValue::resolve_val(expr, context).ok().map(|value| to_json(value.as_ref()))
}

/// Whether an expression is written out: literals, and lists and maps of them.
fn constant(expr: &IdedExpr) -> bool {
    let node = Node::of(expr);
    match node {
        Node::Literal(_) => true,
        Node::List(_) | Node::Map(_) => node.parts().into_iter().all(constant),
        _ => false,
    }
}
