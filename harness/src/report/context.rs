//! What the tools cost, for a person.

use super::text::short_line;
use crate::context::{ContextCost, Order, ToolCost};
use crate::verdict::RunResult;

/// Most tools that are named, the dearest first.
const DEAREST: usize = 3;
/// Longest line, in characters.
const LINE: usize = 300;

/// A line of figures for each catalogue that differs, and below it what could be done, indented by two spaces.
pub(super) fn lines(run: &RunResult) -> Vec<String> {
    let mut catalogues: Vec<(&ContextCost, Vec<&str>)> = Vec::new();
    for (axis, cost) in &run.context {
        match catalogues.iter_mut().find(|(known, _)| *known == cost) {
            Some((_, axes)) => axes.push(axis),
            None => catalogues.push((cost, vec![axis])),
        }
    }
    let several = catalogues.len() > 1;
    let mut lines = Vec::new();
    for (cost, axes) in catalogues {
        let on = if several { format!(" on {}", axes.join(", ")) } else { String::new() };
        lines.push(short_line(&format!("{}{on}", figures(cost)), LINE));
        lines.extend(cost.advice.iter().map(|advice| format!("  advice: {}", short_line(advice, LINE))));
    }
    lines
}

fn figures(cost: &ContextCost) -> String {
    let mut dearest: Vec<&ToolCost> = cost.tools.iter().collect();
    dearest.sort_by_key(|tool| std::cmp::Reverse(tool.tokens));
    let dearest: Vec<String> =
        dearest.iter().take(DEAREST).map(|tool| format!("{} {}", tool.name, tool.tokens)).collect();
    let order = match cost.order {
        Order::Same => "the same when listed again",
        Order::Changed => "in another order when listed again",
        Order::OtherTools => "others when listed again",
        Order::Unknown => "not listed a second time",
    };
    let plural = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    format!(
        "{} on {}, {order}: {} bytes, {} tokens ({}); dearest: {}",
        plural(cost.tools.len(), "tool"),
        plural(cost.pages, "page"),
        cost.bytes,
        cost.tokens,
        cost.tokenizer,
        dearest.join(", ")
    )
}
