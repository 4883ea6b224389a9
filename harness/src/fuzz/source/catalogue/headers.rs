//! Headers that are missing or say something else.

use serde_json::{Value, json};

use crate::fuzz::case::{Act, Expect};
use crate::fuzz::source::Base;

/// The message with headers left out, or with others in their place.
pub(super) fn headers(base: &Base) -> Vec<Act> {
    let changes = [
        ("Accept", Value::Null),
        ("Accept", json!("")),
        ("Accept", json!("text/html")),
        ("Accept", json!("application/json")),
        ("Accept", json!("*/*;q=x,,;")),
        ("Content-Type", Value::Null),
        ("Content-Type", json!("text/plain")),
        ("Content-Type", json!("application/json; charset=utf-16")),
        ("Content-Type", json!(";")),
        ("MCP-Protocol-Version", Value::Null),
        ("MCP-Protocol-Version", json!("1999-01-01")),
        ("MCP-Protocol-Version", json!("\u{e9}")),
        ("Mcp-Session-Id", Value::Null),
        ("Mcp-Session-Id", json!("assay")),
        ("Mcp-Session-Id", json!("")),
        ("Mcp-Session-Id", json!("a".repeat(8000))),
        ("Last-Event-ID", json!("assay")),
        ("Mcp-Method", json!("assay")),
        ("Mcp-Name", json!("=?base64?!?=")),
        ("Authorization", json!("Bearer")),
        ("Cookie", json!("a=b; ;=")),
        ("X-Forwarded-For", json!("999.1.1.1,,")),
        ("Content-Encoding", json!("gzip")),
        ("Expect", json!("100-continue")),
    ];
    changes
        .into_iter()
        .map(|(name, value)| {
            let mutation = match value.as_str() {
                None => format!("without the header {name}"),
                Some(text) => format!("with the header {name}: {}", text.chars().take(24).collect::<String>()),
            };
            let headers = serde_json::Map::from_iter([(name.to_owned(), value)]);
            Act { mutation, headers, expect: Expect::Anything, ..base.act.clone() }
        })
        .collect()
}
