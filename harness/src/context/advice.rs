//! What could be done about the cost.

use super::cost::{ContextCost, Order};

/// From this many tokens on, a catalogue deserves a thought: a twentieth of a context of 200,000 tokens.
const LARGE_CATALOGUE: u64 = 10_000;
/// From this many tokens on, a tool does.
const LARGE_TOOL: u64 = 1_000;
/// Most names in one sentence.
const NAMES: usize = 5;

/// Advice, the weightiest first.
pub fn of(cost: &ContextCost) -> Vec<String> {
    let mut advice = Vec::new();
    if !cost.duplicate_names.is_empty() {
        advice.push(format!("give each tool a name of its own: {} occur more than once", some(&cost.duplicate_names)));
    }
    match cost.order {
        Order::Changed => advice.push(
            "list the tools in the same order each time: a model's prompt cache is lost whenever the order changes"
                .to_owned(),
        ),
        Order::OtherTools => {
            advice.push("two listings, one after the other, named different tools: see that this is meant".to_owned());
        }
        Order::Same | Order::Unknown => {}
    }
    let named = |wanted: &dyn Fn(&super::ToolCost) -> bool| -> Vec<String> {
        cost.tools.iter().filter(|tool| wanted(tool)).map(|tool| tool.name.clone()).collect()
    };
    let silent = named(&|tool| !tool.described);
    if !silent.is_empty() {
        advice.push(format!("describe every tool, or a model has only the name to choose by: {}", some(&silent)));
    }
    for pair in cost.alike.iter().take(NAMES) {
        let [one, other] = &pair.tools;
        advice.push(format!(
            "tell {one} and {other} apart in their descriptions, which have {} % of their words in common",
            pair.percent
        ));
    }
    let large = named(&|tool| tool.tokens >= LARGE_TOOL);
    if !large.is_empty() {
        advice.push(format!("shorten the tools of {LARGE_TOOL} tokens and more: {}", some(&large)));
    }
    if cost.tokens >= LARGE_CATALOGUE {
        advice.push(format!(
            "the whole catalogue takes {} tokens of every conversation: offer fewer tools, or shorter ones",
            cost.tokens
        ));
    }
    advice
}

fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES).map(String::as_str).collect();
    let more = names.len().saturating_sub(NAMES);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
