//! Looking in one place after the other.

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::asker::{Asker, Limits, Unreachable};
use super::found::{Card, Discovery, Document, Issuer, Outcome};
use super::{connect, metadata, remarks};
use crate::card::{CARD_TYPE, CATALOGUE, CATALOGUE_TYPE, Leads, SUPERSEDED, entries, reserved};
use crate::transport::{Reach, TlsRoots};

/// Most cards that are looked at.
const MAX_CARDS: usize = 50;
/// Most end points that are looked at.
const MAX_ENDPOINTS: usize = 10;
/// Most authorization servers that are looked at.
const MAX_ISSUERS: usize = 5;
/// Most requests.
const MAX_REQUESTS: usize = 120;
/// What is asked for where any JSON will do.
const JSON: &str = "application/json";

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The host, or one of its MCP end points where there is a path.
    pub url: Url,
    /// Whether to ask other hosts too, which its documents name.
    pub elsewhere: bool,
    /// Whether to connect to its servers and compare.
    pub connect: bool,
    /// Headers for connecting, as `Name: value`; no document is asked for with them.
    pub headers: Vec<String>,
    /// Longest time for everything that is asked for without connecting, and once more for each connection.
    pub within: Duration,
}

/// Look at all that a host declares.
///
/// # Errors
/// [`Unreachable`] when nobody answers.
pub async fn discover(wanted: &Wanted, tls: &TlsRoots) -> Result<Discovery, Unreachable> {
    let limits = Limits { within: wanted.within, requests: MAX_REQUESTS };
    let asker = Asker::new(Reach::everywhere(tls.clone()), wanted.url.clone(), wanted.elsewhere, limits);
    let mut look = Look { asker, found: Discovery::default(), endpoints: Vec::new() };
    look.found.origin = wanted.url.origin().ascii_serialization();
    if wanted.url.path() != "/" {
        look.endpoint(&wanted.url);
    }
    look.catalogue().await?;
    look.resources(&wanted.url).await?;
    look.reserved_cards().await?;
    look.authorization_servers().await?;
    look.superseded().await?;
    let Look { mut found, endpoints, .. } = look;
    if wanted.connect {
        for endpoint in &endpoints {
            found.connected.push(connect::to(endpoint, &wanted.headers, tls, wanted.within, &found.cards).await);
        }
    }
    found.endpoints = endpoints.iter().map(ToString::to_string).collect();
    remarks::add(&mut found);
    Ok(found)
}

struct Look {
    asker: Asker,
    found: Discovery,
    endpoints: Vec<Url>,
}

impl Look {
    /// Note an end point of this host.
    fn endpoint(&mut self, url: &Url) {
        let mut url = url.clone();
        url.set_fragment(None);
        if self.asker.is_home(&url) && !self.endpoints.contains(&url) && self.endpoints.len() < MAX_ENDPOINTS {
            self.endpoints.push(url);
        }
    }

    /// The catalogue and the cards that it lists.
    async fn catalogue(&mut self) -> Result<(), Unreachable> {
        let accept = format!("{CATALOGUE_TYPE}, {JSON}");
        let catalogue = self.asker.at_home(CATALOGUE, &accept).await?;
        let value = catalogue.value().cloned().unwrap_or_default();
        let listed: Vec<_> = entries(&value).take(MAX_CARDS).collect();
        for entry in listed {
            let inline = matches!(entry.leads, Leads::Inline(_));
            let document = match entry.leads {
                Leads::To(url) => self.asker.get(&url, CARD_TYPE).await?,
                Leads::Inline(card) => inlined(&catalogue.url, card),
                Leads::Nowhere => {
                    let text =
                        "an entry for a server card leads nowhere: it has to have either an http(s) `url` or `data`";
                    self.found.remark(&catalogue.url, text);
                    continue;
                }
            };
            if entry.superseded {
                let text = "an entry has its type in `mediaType`, as an earlier text had it; it is `type` now";
                self.found.remark(&catalogue.url, text);
            }
            self.card(Card { identifier: entry.identifier.map(str::to_owned), inline, document });
        }
        self.found.catalogue = Some(catalogue);
        Ok(())
    }

    /// Keep a card, and note where it says that the server is.
    fn card(&mut self, card: Card) {
        let remotes = card.document.value().and_then(|card| card.get("remotes")).and_then(Value::as_array);
        let urls = remotes.into_iter().flatten().filter_map(|remote| remote.get("url")?.as_str());
        for url in urls.filter(|url| !url.contains('{')).filter_map(|url| Url::parse(url).ok()).collect::<Vec<_>>() {
            self.endpoint(&url);
        }
        self.found.cards.push(card);
    }

    /// Metadata of the end points that are known so far, and at the root; these may name another one.
    async fn resources(&mut self, home: &Url) -> Result<(), Unreachable> {
        let known = self.endpoints.clone();
        let mut places: Vec<String> = known.iter().chain([home]).flat_map(metadata::of_resource).collect();
        places.push(metadata::RESOURCE.to_owned());
        let mut asked = Vec::new();
        for place in places {
            if !asked.contains(&place) {
                let document = self.asker.at_home(&place, JSON).await?;
                if let Some(Ok(url)) = text(&document, "resource").map(Url::parse)
                    && url.path() != "/"
                {
                    self.endpoint(&url);
                }
                self.found.resources.push(document);
                asked.push(place);
            }
        }
        Ok(())
    }

    /// The cards in the place that is reserved for them, where the catalogue lists none that is there.
    async fn reserved_cards(&mut self) -> Result<(), Unreachable> {
        for endpoint in self.endpoints.clone() {
            let Ok(place) = endpoint.join(&reserved(&endpoint)) else { continue };
            if self.found.cards.iter().any(|card| card.document.url == place.as_str()) {
                continue;
            }
            let document = self.asker.get(&place, CARD_TYPE).await?;
            self.card(Card { identifier: None, inline: false, document });
        }
        Ok(())
    }

    /// Who issues tokens, and what each says of itself. Before RFC 9728 that was the origin of the server.
    async fn authorization_servers(&mut self) -> Result<(), Unreachable> {
        let named = |document: &Document| -> Vec<String> {
            let servers = document.value().and_then(|value| value.get("authorization_servers"));
            let servers = servers.and_then(Value::as_array).into_iter().flatten();
            servers.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let mut issuers: Vec<String> = Vec::new();
        for issuer in self.found.resources.iter().flat_map(named) {
            if !issuers.contains(&issuer) && issuers.len() < MAX_ISSUERS {
                issuers.push(issuer);
            }
        }
        if issuers.is_empty() {
            issuers.push(self.found.origin.clone());
        }
        for issuer in issuers {
            let Ok(url) = Url::parse(&issuer) else {
                self.found.remark(&issuer, "the metadata name this as an authorization server, but it is no URL");
                continue;
            };
            let mut documents = Vec::new();
            for place in metadata::of_issuer(&url) {
                documents.push(self.asker.get(&place, JSON).await?);
            }
            self.found.authorization_servers.push(Issuer { issuer, metadata: documents });
        }
        Ok(())
    }

    async fn superseded(&mut self) -> Result<(), Unreachable> {
        for place in SUPERSEDED {
            let document = self.asker.at_home(place, JSON).await?;
            self.found.superseded.push(document);
        }
        Ok(())
    }
}

/// The card that an entry has in it.
fn inlined(catalogue: &str, card: &Value) -> Document {
    let outcome = if card.is_object() {
        let bytes = card.to_string().len();
        Outcome::Found { media_type: None, bytes, headers: Default::default(), document: card.clone() }
    } else {
        Outcome::Other { status: 200, what: "no object".to_owned() }
    };
    Document { url: catalogue.to_owned(), outcome }
}

/// A text in a document.
fn text<'d>(document: &'d Document, name: &str) -> Option<&'d str> {
    document.value()?.get(name)?.as_str()
}
