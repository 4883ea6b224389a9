//! The figures.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::likeness::alike;
use super::tokens::{TOKENIZER, count};
use super::{LISTINGS, advice};
use crate::transcript::View;

/// What the tools of a server cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextCost {
    /// The encoding that tokens are counted in.
    pub tokenizer: String,
    /// All tools, as compact JSON, in bytes.
    pub bytes: u64,
    /// All tools, in tokens.
    pub tokens: u64,
    /// Pages of `tools/list`.
    pub pages: usize,
    /// Whether listing again gave the same order.
    pub order: Order,
    /// Each tool, in the order of the list.
    pub tools: Vec<ToolCost>,
    /// Names that more than one tool has, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicate_names: Vec<String>,
    /// Tools whose descriptions nearly agree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alike: Vec<Alike>,
    /// What could be done about it, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
}

/// One tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCost {
    /// Its name; `?` where it has none.
    pub name: String,
    /// Its compact JSON, in bytes.
    pub bytes: u64,
    /// The same, in tokens.
    pub tokens: u64,
    /// It has a description.
    pub described: bool,
}

/// Two tools with nearly the same description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alike {
    /// Their names.
    pub tools: [String; 2],
    /// Share of the words that both have, in percent.
    pub percent: u8,
}

/// The order of two listings, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The same tools in the same order.
    Same,
    /// The same tools in another order.
    Changed,
    /// Other tools.
    OtherTools,
    /// The second listing did not come about.
    Unknown,
}

/// The cost of the tools that a probe was shown; none where it was shown no tools.
pub fn measure(probe: &View<'_>) -> Option<ContextCost> {
    let [first, again] = LISTINGS.map(|stream| tools(probe, stream));
    compare(first, again)
}

/// Pages and tools of a listing.
pub(super) type Listing = (usize, Vec<Value>);

/// The cost of a listing, with what listing again gave.
pub(super) fn compare(first: Option<Listing>, again: Option<Listing>) -> Option<ContextCost> {
    let (pages, listed) = first.filter(|(_, tools)| !tools.is_empty())?;
    let tools: Vec<ToolCost> = listed.iter().map(cost).collect();
    let described: Vec<(&str, &str)> =
        listed.iter().filter_map(|tool| Some((text(tool, "name")?, text(tool, "description")?))).collect();
    let mut cost = ContextCost {
        tokenizer: TOKENIZER.to_owned(),
        bytes: tools.iter().map(|tool| tool.bytes).sum(),
        tokens: tools.iter().map(|tool| tool.tokens).sum(),
        pages,
        order: order(&names(&listed), again.map(|(_, tools)| names(&tools)).as_deref()),
        duplicate_names: duplicates(&names(&listed)),
        alike: alike(&described),
        tools,
        advice: Vec::new(),
    };
    cost.advice = advice::of(&cost);
    Some(cost)
}

/// Pages and tools of a listing; none unless every page came.
fn tools(probe: &View<'_>, stream: &str) -> Option<Listing> {
    let pages = probe.pages(stream);
    let listed: Option<Vec<Vec<Value>>> =
        pages.iter().map(|page| page.pointer("/result/tools")?.as_array().cloned()).collect();
    Some((pages.len(), listed?.concat())).filter(|(pages, _)| *pages > 0)
}

fn text<'t>(tool: &'t Value, member: &str) -> Option<&'t str> {
    tool.get(member)?.as_str().filter(|text| !text.trim().is_empty())
}

fn cost(tool: &Value) -> ToolCost {
    let json = tool.to_string();
    ToolCost {
        name: text(tool, "name").unwrap_or("?").to_owned(),
        bytes: u64::try_from(json.len()).unwrap_or(u64::MAX),
        tokens: count(&json),
        described: text(tool, "description").is_some(),
    }
}

fn names(tools: &[Value]) -> Vec<String> {
    tools.iter().map(|tool| text(tool, "name").unwrap_or("?").to_owned()).collect()
}

fn order(first: &[String], again: Option<&[String]>) -> Order {
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort();
        names
    };
    match again {
        None => Order::Unknown,
        Some(again) if again == first => Order::Same,
        Some(again) if sorted(again) == sorted(first) => Order::Changed,
        Some(_) => Order::OtherTools,
    }
}

fn duplicates(names: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<&String> = names.iter().filter(|name| !seen.insert(*name)).collect();
    twice.into_iter().cloned().collect()
}
