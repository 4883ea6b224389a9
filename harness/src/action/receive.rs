//! Receivers of webhooks that a scenario wants to be played.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Within;

/// Play a receiver at a URL of the harness's, found as `published.NAME`.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Receive {
    /// What the requests are called: the list `NAME` in checks, `NAME_1`, `NAME_2`, ... in steps.
    #[serde(rename = "as")]
    pub stream: String,
    /// The answers to challenges in order, the last for all that follow; without any each is echoed.
    #[serde(default)]
    pub challenges: Vec<Reply>,
    /// The answers to all else in order; then status 204.
    #[serde(default)]
    pub replies: Vec<Reply>,
    /// `replies` are for the delivery that came first, whenever it comes again; all others are taken.
    #[serde(default)]
    pub only_first: bool,
    /// The secret of signatures: what is not signed with it, or not within five minutes, is answered with status 401.
    #[serde(default)]
    pub secret: Option<String>,
}

/// An answer of the receiver's.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// How long it takes.
    #[serde(default)]
    pub delay: Option<Within>,
    /// Response headers.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// The body.
    #[serde(default)]
    pub body: Option<String>,
}

impl Reply {
    /// An empty answer at once.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, delay: None, headers: IndexMap::new(), body: None }
    }

    /// JSON at once.
    #[must_use]
    pub fn json(body: &Value) -> Self {
        let headers = IndexMap::from([("content-type".to_owned(), "application/json".to_owned())]);
        Self { headers, body: Some(body.to_string()), ..Self::status(200) }
    }
}

/// Most requests that one receiver is expected to get.
pub const MAX_RECEIVED: usize = 50;
