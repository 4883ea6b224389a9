//! Defects: small, declared changes to a conforming peer, each of which exactly the named checks must catch.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Transport;
use super::model::OneOrMany;
use crate::action::Bytes;
use crate::revision::Revision;

/// One defect of a scenario.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Defect {
    /// Name, unique in the file.
    pub id: String,
    /// The requirements that then are found broken, by checks or monitors, and no others. Those that do not hold in the
    /// revision of a case are left out of account.
    pub fails: OneOrMany,
    /// What the mutator does to the traffic.
    #[serde(default)]
    pub mutate: Vec<Mutation>,
    /// Or a switch of the reference server, for what a proxy cannot fake.
    #[serde(default)]
    pub switch: Option<String>,
    /// Only here.
    #[serde(default)]
    pub only: Only,
}

/// Where a defect can be shown.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// First revision.
    #[serde(default)]
    pub since: Option<Revision>,
    /// Last revision.
    #[serde(default)]
    pub until: Option<Revision>,
    /// Only over this transport.
    #[serde(default)]
    pub transport: Option<Transport>,
}

/// A change to the traffic between the harness and the IUT: which answer or message, and what becomes of it.
///
/// Paths are dotted, from the root of the JSON-RPC message: `result.tools.0.name`, `error.code`, `id`.
/// A `*` stands for every item of a list.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    /// Answers to requests of this method. `GET` and `DELETE` stand for HTTP requests with that verb, `invalid` for what
    /// is no JSON-RPC request, `any` for everything; `notification` for the HTTP response to a notification.
    #[serde(default)]
    pub to: Option<String>,
    /// Notifications and requests of this method that the server sends; `any` for all.
    #[serde(default)]
    pub message: Option<String>,
    /// Only those requests that match this partial pattern (of the whole message that was sent).
    #[serde(default, rename = "where")]
    pub pattern: Option<Value>,
    /// Only this one of those selected, from 1.
    #[serde(default)]
    pub nth: Option<usize>,
    /// Overwrite members of the message.
    #[serde(default)]
    pub set: IndexMap<String, Value>,
    /// Take members of the message away.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Answer with this result in place of what came.
    #[serde(default)]
    pub result: Option<Value>,
    /// Answer with this error in place of what came.
    #[serde(default)]
    pub error: Option<Value>,
    /// Send these bytes in place of the message: the body, the SSE data, or the line.
    #[serde(default)]
    pub raw: Option<Bytes>,
    /// HTTP status.
    #[serde(default)]
    pub status: Option<u16>,
    /// HTTP response headers; null takes one away.
    #[serde(default)]
    pub headers: IndexMap<String, Option<String>>,
    /// Messages to send before it.
    #[serde(default)]
    pub before: Vec<Value>,
    /// Messages to send after it.
    #[serde(default)]
    pub after: Vec<Value>,
    /// SSE fields of its event; null takes one away.
    #[serde(default)]
    pub event: IndexMap<String, Option<String>>,
    /// Whether and how it is sent.
    #[serde(default)]
    pub answering: Answering,
    /// Changes to the request on its way to the server, so that the server answers another question.
    #[serde(default)]
    pub request: Option<RequestChange>,
    /// A line on standard output before it (stdio).
    #[serde(default)]
    pub stdout: Option<Bytes>,
}

/// Whether and how a message is sent on.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Answering {
    /// As usual.
    #[default]
    Once,
    /// Twice.
    Twice,
    /// Never; the HTTP response stays open, or ends without it once the peer ends it.
    Never,
    /// The connection (HTTP) or the process (stdio) ends instead.
    Close,
}

/// Changes to a request on its way to the server.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RequestChange {
    /// Overwrite members of the message.
    #[serde(default)]
    pub set: IndexMap<String, Value>,
    /// Take members of the message away.
    #[serde(default)]
    pub remove: Vec<String>,
    /// HTTP request headers; null takes one away.
    #[serde(default)]
    pub headers: IndexMap<String, Option<String>>,
    /// Another body altogether.
    #[serde(default)]
    pub body: Option<Bytes>,
    /// Another verb.
    #[serde(default)]
    pub verb: Option<crate::action::Verb>,
}
