//! Actions that are about time: asking again and again, and letting a lapse go by that the protocol defines.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Within, default_actor};

/// Ask the same again until the answer is as wanted. It ends in vain with an error that is not wanted.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// Prefix of the streams that this opens: `NAME_1`, `NAME_2`, ... Checks find them as the list `NAME`.
    #[serde(rename = "as")]
    pub stream: String,
    /// Actor that sends.
    #[serde(default = "default_actor")]
    pub by: String,
    /// Method, such as `tasks/get`.
    pub method: String,
    /// JSON-RPC params; may hold references.
    #[serde(default)]
    pub params: Option<Value>,
    /// Partial pattern of the answer that ends it, a whole message: `{ result: { status: completed } }`.
    pub until: Value,
    /// Dotted path in the answer to the milliseconds that the peer wants between two requests, such as
    /// `result.pollInterval`.
    #[serde(default)]
    pub interval: Option<String>,
    /// Time between an answer and the next request, where the peer wants no more.
    #[serde(default = "default_every")]
    pub every: Within,
    /// Most requests.
    #[serde(default = "default_times")]
    pub times: usize,
    /// Goes on after the last request too, or after an error, where the answer is not as wanted.
    #[serde(default)]
    pub may_miss: bool,
    /// Longest wait for each answer.
    #[serde(default)]
    pub within: Option<Within>,
}

fn default_every() -> Within {
    Within(Duration::from_millis(50))
}

fn default_times() -> usize {
    100
}

/// A lapse of time that the protocol defines.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// How long.
    #[serde(rename = "for")]
    pub lapse: Lapse,
    /// Stream from whose answer on the time counts; from now on where there is none.
    #[serde(default)]
    pub since: Option<String>,
    /// The sentence of the protocol that makes this lapse meaningful.
    pub because: String,
}

/// How long a lapse is.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Lapse {
    /// So long.
    Fixed(Within),
    /// As many milliseconds as the peer said: a reference to a number.
    Told(Value),
}
