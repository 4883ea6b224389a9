//! Defects: small, declared changes to a conforming peer, each of which exactly the named checks must catch.

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::Transport;
use super::model::OneOrMany;
use crate::action::{Action, Bytes, Chunks, Within};
use crate::revision::Revision;

/// The longest that a rule holds a message back.
pub const MAX_DELAY: Duration = Duration::from_secs(20);
/// Most pieces in which a rule has an answer sent; the last is all that is left.
pub const MAX_PIECES: usize = 64;

/// One defect of a scenario.
#[derive(Clone, Debug, Deserialize)]
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
    /// Or of a client: what a worse one does in place of the scenario's own steps.
    #[serde(default)]
    pub steps: Vec<Spanned<Action>>,
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

impl Only {
    /// Whether the defect can be shown in a revision over a transport.
    #[must_use]
    pub fn includes(&self, revision: Revision, transport: Transport) -> bool {
        self.since.is_none_or(|since| since <= revision)
            && self.until.is_none_or(|until| revision <= until)
            && self.transport.is_none_or(|only| only == transport)
    }
}

/// A change to the traffic between the harness and the IUT: which answer or message, and what becomes of it.
///
/// Several rules may select the same; they work in the order of the file. Within one rule `result` or `error` comes first,
/// then `set`, `remove`, `raw`. What no rule changes passes byte for byte.
///
/// Paths are dotted, from the root of the JSON-RPC message: `result.tools.0.name`, `error.code`, `id`; or, for names with
/// a dot, a JSON pointer: `/params/_meta/a.b~1c`. A `*` stands for every item of a list or member of an object.
///
/// `set`, `result`, `error`, `before` and `after` may hold references: `{ from: params.name }` leads into the request,
/// `{ from: message.params.data }` into the message that came from the server (`{ from: message }` is all of it).
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    /// Answers to requests or notifications of this method. `GET`, `DELETE` and other verbs stand for HTTP requests with
    /// that verb, `notification` and `response` for the HTTP response to one of the client's, `invalid` for what is no
    /// JSON-RPC message (also: without version, with a bad id or params), `any` for everything. What begins with `/` or `*`
    /// is a path, in which one `*` stands for anything: `/token`, `/.well-known/*`; the answer is then whatever JSON
    /// document comes. On stdio, where nothing answers a notification or response, the rule acts as soon as it is sent.
    #[serde(default)]
    pub to: Option<String>,
    /// Notifications and requests of this method that the server sends; `any` for all; `priming` for SSE events without
    /// data. With `to`, only those within answers to such requests; on stdio, while one is unanswered.
    #[serde(default)]
    pub message: Option<String>,
    /// Only where the request (without `to`: the server's message) as a whole matches this partial pattern
    /// ([`crate::action::pattern`]).
    #[serde(default, rename = "where")]
    pub pattern: Option<Value>,
    /// Only this one of the requests (with `message`: of the messages) that are selected, from 1.
    #[serde(default)]
    pub nth: Option<usize>,
    /// Only where it is answered with this HTTP status; `nth` then counts those answers.
    #[serde(default)]
    pub answered: Option<u16>,
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
    /// Send these bytes in place of the message: the body, the SSE data, or the line. In an answer, `{id}` in them stands for
    /// the id of its request.
    #[serde(default)]
    pub raw: Option<Bytes>,
    /// In which pieces an answer is sent, at most [`MAX_PIECES`] of them; not within an SSE stream of the server's own.
    #[serde(default)]
    pub chunks: Chunks,
    /// HTTP status.
    #[serde(default)]
    pub status: Option<u16>,
    /// HTTP response headers; null takes one away. Those that frame the body cannot be changed.
    #[serde(default)]
    pub headers: IndexMap<String, Option<String>>,
    /// Parameters in the query of the `Location` header; null takes one away.
    #[serde(default)]
    pub redirect: IndexMap<String, Option<String>>,
    /// Messages to send before it; on a stream without an answer (`to: GET`), first. With more than one message a JSON body
    /// becomes an SSE stream.
    #[serde(default)]
    pub before: Vec<Value>,
    /// Messages to send after it; on a stream without an answer, once the server has ended it.
    #[serde(default)]
    pub after: Vec<Value>,
    /// SSE fields of its event; null takes one away. A JSON body becomes an SSE stream.
    #[serde(default)]
    pub event: IndexMap<String, Option<String>>,
    /// How long it is held back, at most [`MAX_DELAY`]; what goes `before` it is not.
    #[serde(default)]
    pub delay: Option<Within>,
    /// Whether and how it is sent.
    #[serde(default)]
    pub answering: Answering,
    /// Changes to the request on its way to the server, so that the server answers another question.
    #[serde(default)]
    pub request: Option<RequestChange>,
    /// A line on standard output before it (stdio).
    #[serde(default)]
    pub stdout: Option<Bytes>,
    /// It is no mistake if nothing is met that the rule applies to.
    #[serde(default)]
    pub may_miss: bool,
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
    /// Never: an SSE stream goes on without it, any other HTTP response is held back until the client gives up.
    Never,
    /// The connection (HTTP) or the process (stdio) ends instead; over HTTP after what `before` lists and an event with the
    /// fields of `event` alone, if there are any.
    Close,
    /// Its bytes go, and then the connection (HTTP) or the process (stdio) ends in the midst of it.
    Cut,
    /// Its bytes go, and then nothing more comes, nor does it end.
    Stall,
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
    /// Parameters of its form (`application/x-www-form-urlencoded`); null takes one away.
    #[serde(default)]
    pub form: IndexMap<String, Option<String>>,
    /// Parameters in the query of its URL; null takes one away.
    #[serde(default)]
    pub query: IndexMap<String, Option<String>>,
    /// Another body altogether.
    #[serde(default)]
    pub body: Option<Bytes>,
    /// Another verb; for `GET`, `DELETE`, `HEAD` and `OPTIONS` without the body that was sent.
    #[serde(default)]
    pub verb: Option<crate::action::Verb>,
}
