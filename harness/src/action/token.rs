//! The token that goes with a request, and the metadata that leads to one.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Verb, Within, default_actor};
use crate::token::{Kind, Scheme};

/// Which token, where.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Token {
    /// In the `Authorization` header.
    Kind(Kind),
    /// With more to say about it.
    Full(TokenUse),
}

/// A token and where it goes.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TokenUse {
    /// What is right or wrong about it.
    #[serde(default = "valid")]
    pub kind: Kind,
    /// Where it goes.
    #[serde(rename = "in", default)]
    pub place: TokenPlace,
    /// Scopes besides the usual ones, by spaces; may be a reference.
    #[serde(default)]
    pub scope: Option<Value>,
    /// The scheme of the header; unless said, DPoP for a bound token, and Bearer for any other.
    #[serde(default)]
    pub scheme: Option<Scheme>,
}

/// Where a token goes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TokenPlace {
    /// The `Authorization` header: the one place that clients may use.
    #[default]
    Header,
    /// `access_token` in the query of the URL.
    Query,
}

fn valid() -> Kind {
    Kind::Valid
}

impl From<&Token> for TokenUse {
    fn from(token: &Token) -> Self {
        match token {
            Token::Kind(kind) => Self::of(*kind),
            Token::Full(full) => full.clone(),
        }
    }
}

impl TokenUse {
    /// A token of this kind, as clients show it.
    pub fn of(kind: Kind) -> Self {
        Self { kind, place: TokenPlace::Header, scope: None, scheme: None }
    }
}

/// Fetch a document about the server, such as its metadata as a protected resource (RFC 9728). HTTP only; never from
/// another origin than the target's, and never with a token.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// Name of the stream that this opens.
    #[serde(rename = "as")]
    pub stream: String,
    /// Actor that asks.
    #[serde(default = "default_actor")]
    pub by: String,
    /// Where it is.
    pub at: MetadataPlace,
    /// HTTP verb; GET unless said.
    #[serde(default)]
    pub verb: Option<Verb>,
    /// HTTP headers on top of the usual ones; null takes one away, a list repeats it.
    #[serde(default)]
    pub headers: IndexMap<String, Value>,
    /// Longest wait.
    #[serde(default)]
    pub within: Option<Within>,
}

/// A place where metadata can be.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum MetadataPlace {
    /// The well-known URI with the path of the end point behind it.
    Path,
    /// The well-known URI at the root.
    Root,
    /// The metadata of the authorization server at the root: where 2025-03-26 has them.
    Issuer,
    /// The same with the path of the end point behind it.
    IssuerBelow,
    /// The `resource_metadata` of the challenge that came on this stream.
    Challenge(String),
    /// A well-known URI of the origin (RFC 8615), by what comes behind `/.well-known/`.
    WellKnown(String),
    /// Where the entry leads that the AI Catalog on this stream has for the card of the server.
    Listed(String),
    /// The same; where there is none, the place that is reserved for cards: `/server-card` behind the end point.
    Card(String),
}
