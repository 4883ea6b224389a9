#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::cost::compare;
use super::{ContextCost, Order, tokens};

fn tool(name: &str, description: &str) -> Value {
    json!({ "name": name, "description": description, "inputSchema": { "type": "object" } })
}

fn cost(first: Vec<Value>, again: Option<Vec<Value>>) -> ContextCost {
    compare(Some((1, first)), again.map(|tools| (1, tools))).unwrap()
}

#[test]
fn tokens_are_those_of_the_public_encoding() {
    // As the encoding's own documentation has it: two words, and a space that belongs to the second.
    assert_eq!(tokens::count("hello world"), 2);
    assert_eq!(tokens::count(""), 0);
    // No text of a peer is a command to the tokenizer.
    assert!(tokens::count("<|endoftext|>") > 1);
}

#[test]
fn each_tool_counts_as_its_compact_json() {
    let tools = vec![tool("add", "Adds two numbers"), tool("sub", "Takes one number from another")];
    let cost = cost(tools.clone(), Some(tools.clone()));
    for (counted, tool) in cost.tools.iter().zip(&tools) {
        assert_eq!(counted.bytes, u64::try_from(tool.to_string().len()).unwrap());
        assert_eq!(counted.tokens, tokens::count(&tool.to_string()));
    }
    assert_eq!(cost.bytes, cost.tools.iter().map(|tool| tool.bytes).sum::<u64>());
    assert_eq!(cost.tokens, cost.tools.iter().map(|tool| tool.tokens).sum::<u64>());
    assert_eq!((cost.pages, cost.order), (1, Order::Same));
    assert!(cost.advice.is_empty(), "{:?}", cost.advice);
}

#[test]
fn the_second_listing_tells_the_order() {
    let [a, b, c] = ["a", "b", "c"].map(|name| tool(name, &format!("Does {name} and nothing else at all")));
    let first = vec![a.clone(), b.clone()];
    for (again, order) in [
        (Some(vec![a.clone(), b.clone()]), Order::Same),
        (Some(vec![b, a.clone()]), Order::Changed),
        (Some(vec![a, c]), Order::OtherTools),
        (None, Order::Unknown),
    ] {
        assert_eq!(cost(first.clone(), again).order, order);
    }
}

#[test]
fn what_a_model_cannot_tell_apart_is_named() {
    let long = "Looks up a customer by number and returns the address";
    let cost = cost(
        vec![
            tool("find", long),
            tool("find", "Another thing"),
            tool("get", &format!("{long}.")),
            json!({ "name": "x" }),
        ],
        None,
    );
    assert_eq!(cost.duplicate_names, ["find"]);
    assert_eq!(cost.alike.len(), 1);
    assert_eq!(
        (cost.alike[0].tools.as_slice(), cost.alike[0].percent),
        (["find".to_owned(), "get".to_owned()].as_slice(), 100)
    );
    assert!(!cost.tools[3].described);
    for word in ["find occur more than once", "the name to choose by: x", "tell find and get apart"] {
        assert!(cost.advice.iter().any(|advice| advice.contains(word)), "{word}: {:?}", cost.advice);
    }
}

#[test]
fn large_tools_and_catalogues_get_advice() {
    let big = "word ".repeat(1_100);
    let cost = cost((0..10).map(|n| tool(&format!("t{n}"), &format!("{n} {big}"))).collect(), None);
    assert!(cost.tokens > 10_000);
    assert!(cost.advice.iter().any(|advice| advice.contains("1000 tokens and more: t0, t1, t2, t3, t4 and 5 more")));
    assert!(cost.advice.iter().any(|advice| advice.contains("of every conversation")));
}

#[test]
fn no_tools_cost_nothing_and_a_broken_listing_is_none() {
    assert_eq!(compare(Some((1, Vec::new())), None), None);
    assert_eq!(compare(None, Some((1, vec![tool("a", "b")]))), None);
}
