//! Whether a card is true of a server.

use serde_json::Value;

use super::found::Card;
use crate::revision::{Era, Revision};

/// Where a card and what the server says of itself contradict each other, once one revision was asked for and another (or
/// the same) is spoken. Names are in other forms on both sides and are not compared, and a server may speak more than its
/// card says.
pub(super) fn contradictions(
    card: &Value,
    endpoint: &str,
    (asked, spoken): (Revision, Revision),
    server: &Value,
) -> Vec<String> {
    let mut found = Vec::new();
    if let (Some(declared), Some(real)) = (text(card, "version"), text(server, "version"))
        && declared != real
    {
        found.push(format!("its version is {declared} in the card and {real} at the server"));
    }
    for remote in remotes_at(card, endpoint) {
        if text(remote, "type") == Some("sse") {
            found.push("the card says sse, and Streamable HTTP is spoken there".to_owned());
        }
        let Some(declared) = remote.get("supportedProtocolVersions").and_then(Value::as_array) else { continue };
        let declared: Vec<&str> = declared.iter().filter_map(Value::as_str).collect();
        if asked != spoken && declared.contains(&asked.to_string().as_str()) {
            found.push(format!("the card lists {asked}, and the server settles on {spoken}"));
        }
        let real: Option<Vec<&str>> = server
            .get("versions")
            .and_then(Value::as_array)
            .map(|real| real.iter().filter_map(Value::as_str).collect());
        // Versions with a handshake are none of what `server/discover` lists.
        let Some(real) = real.filter(|real| !real.is_empty() && spoken.era() == Era::Stateless) else { continue };
        let newest_of_old = Revision::V2025_11_25.to_string();
        for version in declared.iter().filter(|version| ***version > *newest_of_old && !real.contains(version)) {
            found.push(format!("the card lists {version}, which the server does not"));
        }
    }
    found
}

/// The cards that speak of this end point.
pub(super) fn about<'c>(cards: &'c [Card], endpoint: &str) -> impl Iterator<Item = &'c Value> {
    let values = cards.iter().filter_map(|card| card.document.value());
    values.filter(move |card| remotes_at(card, endpoint).next().is_some())
}

fn remotes_at<'c>(card: &'c Value, endpoint: &str) -> impl Iterator<Item = &'c Value> {
    let remotes = card.get("remotes").and_then(Value::as_array).into_iter().flatten();
    remotes.filter(move |remote| text(remote, "url") == Some(endpoint))
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT: &str = "https://host.example/mcp";

    #[test]
    fn a_true_card_is_told_from_one_that_is_not() {
        let card = json!({
            "version": "1.2.0",
            "remotes": [{ "type": "streamable-http", "url": AT, "supportedProtocolVersions": ["2025-11-25", "2026-07-28"] }],
        });
        let server = json!({ "version": "1.2.0", "versions": ["2026-07-28"] });
        let (modern, old) =
            ((Revision::V2026_07_28, Revision::V2026_07_28), (Revision::V2025_11_25, Revision::V2025_11_25));
        assert_eq!(contradictions(&card, AT, modern, &server), Vec::<String>::new());
        assert_eq!(contradictions(&card, AT, old, &json!({})), Vec::<String>::new());
        let older = (Revision::V2025_11_25, Revision::V2025_06_18);
        assert_eq!(contradictions(&card, "https://host.example/x", older, &json!({})).len(), 0);
        assert_eq!(contradictions(&card, AT, older, &json!({})).len(), 1);

        let other = json!({ "version": "1.3.0", "versions": ["2026-07-28"] });
        assert_eq!(contradictions(&card, AT, modern, &other).len(), 1);
        let mut ahead = card.clone();
        ahead["remotes"][0] =
            json!({ "type": "sse", "url": AT, "supportedProtocolVersions": ["2026-07-28", "2099-01-01"] });
        assert_eq!(contradictions(&ahead, AT, modern, &server).len(), 2);
    }
}
