//! What was found, for people. All of it is the host's own words, so nothing in it reaches a terminal as it is.

use std::fmt::Write as _;

use serde_json::Value;

use super::found::{Card, Connected, Discovery, Document, Outcome};
use crate::card::{Leads, entries};
use crate::report::text::short_line;

/// Most characters of one thing that a host says.
const MOST: usize = 160;

/// The whole as lines.
pub fn shown(found: &Discovery) -> String {
    let mut text = format!("{}\n", line(&found.origin));
    if let Some(catalogue) = &found.catalogue {
        document(&mut text, "AI Catalog", catalogue, |value| {
            let all = value.get("entries").and_then(Value::as_array).map_or(0, Vec::len);
            let listed = entries(value).map(|entry| {
                let leads = match entry.leads {
                    Leads::To(url) => url.to_string(),
                    Leads::Inline(_) => "the card is in the catalogue".to_owned(),
                    Leads::Nowhere => "leads nowhere".to_owned(),
                };
                format!("{}: {leads}", entry.identifier.unwrap_or("(no identifier)"))
            });
            let listed: Vec<String> = listed.collect();
            let head = format!("{all} entries, {} for server cards", listed.len());
            std::iter::once(head).chain(listed).collect()
        });
    }
    for card in &found.cards {
        let name = if card.inline { "Server card in the catalogue" } else { "Server card" };
        document(&mut text, name, &card.document, |value| of_card(card, value));
    }
    for resource in &found.resources {
        document(&mut text, "Protected resource", resource, |value| {
            vec![
                member(value, "resource", "is"),
                list(value, "authorization_servers", "tokens by"),
                list(value, "scopes_supported", "scopes"),
            ]
        });
    }
    for issuer in &found.authorization_servers {
        for metadata in &issuer.metadata {
            document(&mut text, &format!("Authorization server {}", issuer.issuer), metadata, |value| {
                let names = ["authorization_endpoint", "token_endpoint", "registration_endpoint"];
                let ends = names.map(|name| member(value, name, &name.replace('_', " ")));
                ends.into_iter().chain([list(value, "grant_types_supported", "grants")]).collect()
            });
        }
    }
    for earlier in &found.superseded {
        document(&mut text, "Earlier place", earlier, |_| Vec::new());
    }
    for connected in &found.connected {
        text.push_str(&once_connected(connected));
    }
    if !found.remarks.is_empty() {
        text.push_str("\nRemarks\n");
        for remark in &found.remarks {
            let _ = writeln!(text, "  {}\n    {}", line(&remark.about), line(&remark.text));
        }
    }
    let _ = writeln!(text, "\n{}", summary(found));
    text
}

fn summary(found: &Discovery) -> String {
    let next = "mcp-assay server --url URL --drafts --scenario 'server-card/*'";
    let endpoints = match found.endpoints.len() {
        0 => "No MCP end point is known; give its URL in place of the host.".to_owned(),
        1 => format!("1 MCP end point is known; `{next}` judges what is said of it."),
        n => format!("{n} MCP end points are known; `{next}` judges what is said of one."),
    };
    match (found.declares(), found.connected.is_empty()) {
        (false, _) => format!("Nothing is declared in any of these places. {endpoints}"),
        (true, true) => format!("No server was connected to; --connect does, and compares. {endpoints}"),
        (true, false) if found.contradicts_itself() => format!("What is declared is not all true. {endpoints}"),
        (true, false) => format!("Nothing contradicts what is declared. {endpoints}"),
    }
}

/// A document, and what `about` says of it if it is there.
fn document(text: &mut String, name: &str, document: &Document, about: impl FnOnce(&Value) -> Vec<String>) {
    let (mark, word) = match &document.outcome {
        Outcome::Found { media_type, bytes, headers, .. } => {
            let fresh = headers.get("cache-control").map(|value| format!(", {value}")).unwrap_or_default();
            ("+", format!("{}, {bytes} bytes{fresh}", media_type.as_deref().unwrap_or("no media type")))
        }
        Outcome::Absent { status } => ("-", format!("not there ({status})")),
        Outcome::Guarded { status } => ("-", format!("not for everyone ({status})")),
        Outcome::Other { what, .. } => ("-", what.clone()),
        Outcome::Failed { why } => ("!", why.clone()),
        Outcome::LeftAlone { why } => ("?", format!("not asked for: {why}")),
    };
    let _ = writeln!(text, "\n{mark} {}  {}\n    {}", line(name), line(&document.url), line(&word));
    if let Outcome::Found { document, .. } = &document.outcome {
        for detail in about(document).iter().filter(|detail| !detail.is_empty()) {
            let _ = writeln!(text, "    {}", line(detail));
        }
    }
}

fn of_card(card: &Card, value: &Value) -> Vec<String> {
    let word = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or("?");
    let mut lines = vec![
        format!("{} {}", word("name"), word("version")),
        member(value, "title", "title"),
        member(value, "description", "says"),
    ];
    if let Some(identifier) = &card.identifier {
        lines.push(format!("listed as {identifier}"));
    }
    let remotes = value.get("remotes").and_then(Value::as_array).into_iter().flatten();
    lines.extend(remotes.map(|remote| {
        let word = |name: &str| remote.get(name).and_then(Value::as_str).unwrap_or("?");
        let versions = list(remote, "supportedProtocolVersions", "");
        format!("{} at {} {versions}", word("type"), word("url")).trim_end().to_owned()
    }));
    lines
}

fn once_connected(connected: &Connected) -> String {
    let mark = if connected.server.is_none() || !connected.contradictions.is_empty() { "!" } else { "+" };
    let mut text = format!(
        "\n{mark} Connected  {}\n    by {} in {}\n",
        line(&connected.endpoint),
        connected.by,
        connected.revision
    );
    if let Some(server) = &connected.server {
        let word = |name: &str| server.get(name).and_then(Value::as_str).unwrap_or("?");
        let _ = writeln!(text, "    it is {} {}", line(word("name")), line(word("version")));
    }
    if let Some(problem) = &connected.problem {
        let _ = writeln!(text, "    {}", line(problem));
    }
    for contradiction in &connected.contradictions {
        let _ = writeln!(text, "    not true: {}", line(contradiction));
    }
    text
}

/// A text member with a word before it; nothing where there is none.
fn member(value: &Value, name: &str, word: &str) -> String {
    value.get(name).and_then(Value::as_str).map(|text| format!("{word} {text}")).unwrap_or_default()
}

/// A list of texts with a word before it; nothing where there is none.
fn list(value: &Value, name: &str, word: &str) -> String {
    let items = value.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let items = items.collect::<Vec<_>>().join(", ");
    if items.is_empty() { items } else { format!("{word} {items}").trim_start().to_owned() }
}

fn line(text: &str) -> String {
    short_line(text, MOST)
}
