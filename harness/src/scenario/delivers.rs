//! What is posted to the receiver of webhooks that a client under test has.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::action::Within;

/// Where a client subscribes by webhook (`events/subscribe`), what is posted to its callback URL.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Delivers {
    /// What the subscription is called, as in the result that a rule gives.
    pub subscription: String,
    /// One after the other.
    pub posts: Vec<Post>,
}

/// One of them.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The body, without its white space. Its `eventId` is its id too; what has none gets `msg_TYPE_N`, N from 1.
    pub body: Map<String, Value>,
    /// It goes out before the request is passed on, as challenges do, and not after the answer.
    #[serde(default)]
    pub before: bool,
    /// What is wrong with its signature.
    #[serde(default)]
    pub forged: Option<Forged>,
    /// It says, and is signed so, that it is so old.
    #[serde(default)]
    pub age: Option<Within>,
}

/// What is wrong with a signature.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Forged {
    /// It was made with another secret.
    Secret,
    /// The body was changed after it was made.
    Body,
    /// There is none.
    Absent,
}
