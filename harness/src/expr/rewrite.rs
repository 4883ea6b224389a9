//! Changes to the parsed tree that make CEL as strict and as deterministic as a check needs it:
//! `==`, `!=` and `in` call functions of ours that refuse unlike kinds, `matches` one that compiles each regular expression
//! once, and a macro's range passes through one that puts the keys of a map in order. No source text can spell their names.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, EntryExpr, Expr, operators};

pub(super) const EQUAL: &str = "@equal";
pub(super) const DIFFERS: &str = "@differs";
pub(super) const MEMBER: &str = "@member";
pub(super) const MATCHES: &str = "@matches";
pub(super) const ORDERED: &str = "@ordered";

const RENAMED: [(&str, &str); 4] =
    [(operators::EQUALS, EQUAL), (operators::NOT_EQUALS, DIFFERS), (operators::IN, MEMBER), ("matches", MATCHES)];

/// The name CEL gives to a function this module renamed.
pub(super) fn written_name(name: &str) -> &str {
    RENAMED.iter().find(|(_, ours)| *ours == name).map_or(name, |(written, _)| written)
}

/// The range of a macro as it was written.
pub(super) fn written_range(range: &IdedExpr) -> &IdedExpr {
    match &range.expr {
        Expr::Call(call) if call.func_name == ORDERED => call.args.first().unwrap_or(range),
        _ => range,
    }
}

/// Applies the changes to a whole tree.
pub(super) fn strict(expr: &mut IdedExpr) {
    match &mut expr.expr {
        Expr::Call(call) => {
            if let Some((_, ours)) = RENAMED.iter().find(|(written, _)| *written == call.func_name) {
                call.func_name = (*ours).to_owned();
            }
            call.target.iter_mut().for_each(|target| strict(target));
            call.args.iter_mut().for_each(strict);
        }
        Expr::Comprehension(fold) => {
            strict(&mut fold.iter_range);
            strict(&mut fold.loop_step);
            let range = std::mem::take(&mut fold.iter_range);
            let id = range.id;
            let call = CallExpr { func_name: ORDERED.to_owned(), target: None, args: vec![range] };
            fold.iter_range = IdedExpr { id, expr: Expr::Call(call) };
        }
        Expr::List(list) => list.elements.iter_mut().for_each(strict),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    strict(&mut entry.key);
                    strict(&mut entry.value);
                }
            }
        }
        Expr::Select(select) => strict(&mut select.operand),
        Expr::Struct(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
}
