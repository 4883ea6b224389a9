//! What was found, as `--format json` shows it.

use serde::Serialize;
use serde_json::Value;

/// What a host declares.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Discovery {
    /// The origin that was asked.
    pub origin: String,
    /// MCP end points on that origin that are known, from the user or from what it declares.
    pub endpoints: Vec<String>,
    /// The AI Catalog of the domain.
    pub catalogue: Option<Document>,
    /// Server cards: those that the catalogue lists, and those at the place that is reserved for them.
    pub cards: Vec<Card>,
    /// Metadata of protected resources (RFC 9728), in each place.
    pub resources: Vec<Document>,
    /// The authorization servers that those name.
    pub authorization_servers: Vec<Issuer>,
    /// Where earlier texts had cards and catalogues.
    pub superseded: Vec<Document>,
    /// What the servers say once connected; empty unless asked for.
    pub connected: Vec<Connected>,
    /// What is worth knowing about all that, in the order in which it was found.
    pub remarks: Vec<Remark>,
}

/// A document that was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// Where, after redirects.
    pub url: String,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of asking.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A JSON object.
    Found {
        /// Content type without parameters, in lower case.
        media_type: Option<String>,
        /// Length of the body.
        bytes: usize,
        /// Headers that say who may read it and how long it is fresh, by lower-case name.
        headers: std::collections::BTreeMap<String, String>,
        /// What it says.
        document: Value,
    },
    /// There is nothing (404, 410 and the like).
    Absent {
        /// HTTP status.
        status: u16,
    },
    /// It is not for everyone (401, 403).
    Guarded {
        /// HTTP status.
        status: u16,
    },
    /// Another answer than such a document; in words.
    Other {
        /// HTTP status.
        status: u16,
        /// What it is.
        what: String,
    },
    /// No answer, or none that can be read; in words.
    Failed {
        /// Why.
        why: String,
    },
    /// It was not asked for; in words.
    LeftAlone {
        /// Why.
        why: String,
    },
}

/// A server card and where it is known from.
#[derive(Clone, Debug, Serialize)]
pub struct Card {
    /// What the catalogue calls the server; none where no catalogue lists it.
    pub identifier: Option<String>,
    /// Whether the card is in the catalogue itself.
    pub inline: bool,
    /// The card.
    #[serde(flatten)]
    pub document: Document,
}

/// An authorization server by its identifier.
#[derive(Clone, Debug, Serialize)]
pub struct Issuer {
    /// Its identifier.
    pub issuer: String,
    /// Its metadata (RFC 8414, OpenID Connect Discovery), in each permitted place.
    pub metadata: Vec<Document>,
}

/// What a server says once connected.
#[derive(Clone, Debug, Serialize)]
pub struct Connected {
    /// The end point.
    pub endpoint: String,
    /// `server/discover` or `initialize`.
    pub by: &'static str,
    /// The revision that was asked in.
    pub revision: String,
    /// What it said of itself: `name`, `version`, `versions`, `capabilities`; none where it said nothing.
    pub server: Option<Value>,
    /// Why it did not, in words.
    pub problem: Option<String>,
    /// Where this and its card contradict each other, in words.
    pub contradictions: Vec<String>,
}

/// Something worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// What it is about.
    pub about: String,
    /// In words.
    pub text: String,
}

impl Document {
    /// What it says, where it is there.
    pub fn value(&self) -> Option<&Value> {
        match &self.outcome {
            Outcome::Found { document, .. } => Some(document),
            _ => None,
        }
    }

    /// Whether it is there.
    pub fn is_found(&self) -> bool {
        self.value().is_some()
    }
}

impl Discovery {
    /// Whether the host declares anything at all.
    pub fn declares(&self) -> bool {
        let documents = self.catalogue.iter().chain(&self.resources).chain(&self.superseded);
        let cards = self.cards.iter().map(|card| &card.document);
        let issuers = self.authorization_servers.iter().flat_map(|issuer| &issuer.metadata);
        documents.chain(cards).chain(issuers).any(Document::is_found)
    }

    /// Whether a server contradicts its card.
    pub fn contradicts_itself(&self) -> bool {
        self.connected.iter().any(|connected| !connected.contradictions.is_empty())
    }

    pub(super) fn remark(&mut self, about: impl Into<String>, text: impl Into<String>) {
        let remark = Remark { about: about.into(), text: text.into() };
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}
