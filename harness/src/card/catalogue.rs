//! Entries of an AI Catalog that lead to server cards.

use serde_json::Value;
use url::Url;

use super::CARD_TYPE;
use super::places::path_and_query;

/// Most entries of a catalogue that are looked at.
const MAX_ENTRIES: usize = 1000;

/// An entry for a card.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'c> {
    /// What it calls the server, if it says so.
    pub identifier: Option<&'c str>,
    /// Where the card is.
    pub leads: Leads<'c>,
    /// Whether the type is named as an earlier text had it, `mediaType`, alone.
    pub superseded: bool,
}

/// Where an entry leads.
#[derive(Clone, Debug, PartialEq)]
pub enum Leads<'c> {
    /// To this URL; relative ones, which the text does not know, lead nowhere.
    To(Url),
    /// The card is in it.
    Inline(&'c Value),
    /// To neither or to both.
    Nowhere,
}

/// The entries for server cards, in order; of a document that is no catalogue, none. Entries of other types are passed over.
pub fn entries(catalogue: &Value) -> impl Iterator<Item = Entry<'_>> {
    let all = catalogue.get("entries").and_then(Value::as_array).into_iter().flatten().take(MAX_ENTRIES);
    all.filter_map(|entry| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let named = text("type") == Some(CARD_TYPE);
        let superseded = !named && text("type").is_none() && text("mediaType") == Some(CARD_TYPE);
        let leads = match (text("url").map(Url::parse), entry.get("data")) {
            (Some(Ok(url)), None) if matches!(url.scheme(), "http" | "https") => Leads::To(url),
            (None, Some(card)) => Leads::Inline(card),
            _ => Leads::Nowhere,
        };
        (named || superseded).then(|| Entry { identifier: text("identifier"), leads, superseded })
    })
}

/// Which of the URLs that a catalogue lists is that of the card of the server with this URL, on whose origin they are: the
/// reserved one, or one below the end point, or the only one there is.
pub fn listed_for(endpoint: &Url, reserved: &str, listed: &[Url]) -> Option<String> {
    let below = format!("{}/", endpoint.path().trim_end_matches('/'));
    let is_below = |url: &&Url| below != "/" && url.path().starts_with(&below);
    let found = listed.iter().find(|url| url.path() == reserved).or_else(|| listed.iter().find(is_below));
    match (found, listed) {
        (Some(url), _) => Some(path_and_query(url)),
        (None, [only]) => Some(path_and_query(only)),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn entries_of_cards_are_told_from_others() {
        let card = json!({ "name": "com.example/one" });
        let catalogue = json!({ "entries": [
            { "identifier": "a", "type": CARD_TYPE, "url": "https://host.example/mcp/server-card" },
            { "identifier": "b", "type": "application/a2a-agent-card+json", "url": "https://host.example/agent" },
            { "identifier": "c", "mediaType": CARD_TYPE, "data": card },
            { "type": CARD_TYPE, "url": "https://host.example/x", "data": card },
            { "type": CARD_TYPE, "url": "file:///etc/passwd" },
            7,
        ] });
        let found: Vec<Entry<'_>> = entries(&catalogue).collect();
        assert_eq!(found.len(), 4);
        assert_eq!(found[0].leads, Leads::To(url("https://host.example/mcp/server-card")));
        assert!(found[1].superseded && found[1].leads == Leads::Inline(&card));
        assert_eq!((found[2].leads.clone(), found[3].leads.clone()), (Leads::Nowhere, Leads::Nowhere));
        assert_eq!(entries(&json!([])).count() + entries(&json!({ "entries": 3 })).count(), 0);
    }

    #[test]
    fn the_card_of_a_server_is_told_from_those_of_others() {
        let one = url("https://host.example/one/mcp");
        let own = |listed: &[&str]| {
            let listed: Vec<Url> = listed.iter().map(|path| url(&format!("https://host.example{path}"))).collect();
            listed_for(&one, "/one/mcp/server-card", &listed)
        };
        assert_eq!(own(&["/x", "/one/mcp/server-card"]).unwrap(), "/one/mcp/server-card");
        assert_eq!(own(&["/two/card", "/one/mcp/card?v=1"]).unwrap(), "/one/mcp/card?v=1");
        assert_eq!(own(&["/cards/one.json"]).unwrap(), "/cards/one.json");
        assert_eq!(own(&["/cards/one.json", "/cards/two.json"]), None);
        assert_eq!(own(&[]), None);
    }
}
