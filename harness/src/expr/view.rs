//! One reading of the parser's tree for everyone who walks it: macros are seen as they were written,
//! and the names [`super::rewrite`] puts in are hidden.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr, ListExpr, LiteralValue, operators};

use super::rewrite;

/// A node of the tree.
pub(super) enum Node<'e> {
    Literal(&'e LiteralValue),
    Name(&'e str),
    /// `of.field`
    Member {
        of: &'e IdedExpr,
        field: &'e str,
    },
    /// `has(of.field)`
    Has {
        of: &'e IdedExpr,
        field: &'e str,
    },
    Macro(MacroCall<'e>),
    /// An operator or function, by the name CEL gives it.
    Call {
        name: &'e str,
        target: Option<&'e IdedExpr>,
        args: &'e [IdedExpr],
    },
    List(&'e [IdedExpr]),
    Map(Vec<(&'e IdedExpr, &'e IdedExpr)>),
    /// What we do not support: messages, or a hole the parser left.
    Unsupported,
}

/// `range.name(variable, args...)`
pub(super) struct MacroCall<'e> {
    pub name: &'static str,
    /// As written.
    pub range: &'e IdedExpr,
    /// As evaluated: `range` with the keys of a map in order.
    pub sequence: &'e IdedExpr,
    pub variable: &'e str,
    pub args: Vec<&'e IdedExpr>,
}

impl<'e> Node<'e> {
    pub fn of(expr: &'e IdedExpr) -> Self {
        match &expr.expr {
            Expr::Literal(literal) => Node::Literal(literal),
            Expr::Ident(name) => Node::Name(name),
            Expr::Select(select) if select.test => Node::Has { of: &select.operand, field: &select.field },
            Expr::Select(select) => Node::Member { of: &select.operand, field: &select.field },
            Expr::Call(call) => Node::Call {
                name: rewrite::written_name(&call.func_name),
                target: call.target.as_deref(),
                args: &call.args,
            },
            Expr::List(list) => Node::List(&list.elements),
            Expr::Map(map) => map
                .entries
                .iter()
                .map(|entry| match &entry.expr {
                    EntryExpr::MapEntry(entry) => Some((&entry.key, &entry.value)),
                    EntryExpr::StructField(_) => None,
                })
                .collect::<Option<_>>()
                .map_or(Node::Unsupported, Node::Map),
            Expr::Comprehension(_) => macro_call(expr).map_or(Node::Unsupported, Node::Macro),
            Expr::Struct(_) | Expr::Unspecified => Node::Unsupported,
        }
    }

    /// The sub-expressions evaluated in the scope of this one, in order. A macro's arguments are in a
    /// scope of their own and not among them.
    pub fn parts(&self) -> Vec<&'e IdedExpr> {
        match self {
            Node::Literal(_) | Node::Name(_) | Node::Unsupported => Vec::new(),
            Node::Member { of, .. } | Node::Has { of, .. } => vec![of],
            Node::Macro(call) => vec![call.range],
            Node::Call { target, args, .. } => target.iter().copied().chain(args.iter()).collect(),
            Node::List(items) => items.iter().collect(),
            Node::Map(entries) => entries.iter().flat_map(|(key, value)| [*key, *value]).collect(),
        }
    }
}

/// Undoes the parser's expansion of a macro, known by its shape.
fn macro_call(expr: &IdedExpr) -> Option<MacroCall<'_>> {
    let Expr::Comprehension(fold) = &expr.expr else {
        return None;
    };
    let (step, args) = call(&fold.loop_step)?;
    let (name, args) = match (&fold.accu_init.expr, step, args) {
        (Expr::Literal(LiteralValue::Boolean(_)), operators::LOGICAL_AND, [_, test]) => ("all", vec![test]),
        (Expr::Literal(LiteralValue::Boolean(_)), operators::LOGICAL_OR, [_, test]) => ("exists", vec![test]),
        (Expr::Literal(LiteralValue::Int(_)), operators::CONDITIONAL, [test, ..]) => ("exists_one", vec![test]),
        (Expr::List(_), operators::ADD, [_, item]) => ("map", vec![only(item)?]),
        (Expr::List(_), operators::CONDITIONAL, [test, kept, _]) => {
            let (_, kept) = call(kept)?;
            let item = only(kept.get(1)?)?;
            match &item.expr {
                Expr::Ident(name) if *name == fold.iter_var => ("filter", vec![test]),
                _ => ("map", vec![test, item]),
            }
        }
        _ => return None,
    };
    let sequence = &fold.iter_range;
    let range = rewrite::written_range(sequence);
    Some(MacroCall { name, range, sequence, variable: &fold.iter_var, args })
}

fn call(expr: &IdedExpr) -> Option<(&str, &[IdedExpr])> {
    match &expr.expr {
        Expr::Call(call) => Some((&call.func_name, &call.args)),
        _ => None,
    }
}

fn only(expr: &IdedExpr) -> Option<&IdedExpr> {
    match &expr.expr {
        Expr::List(ListExpr { elements, .. }) => elements.first(),
        _ => None,
    }
}
