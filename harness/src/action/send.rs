//! Actions that put something on the wire.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Action, Bytes, Chunks, Fault, Signed, Token, Until, Within, default_actor};

/// A message or HTTP request of ours. Which members make sense depends on the verb; the lint says so.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// Name of the stream that this opens: what comes back is found under it.
    #[serde(rename = "as", default)]
    pub stream: Option<String>,
    /// Actor that sends.
    #[serde(default = "default_actor")]
    pub by: String,
    /// JSON-RPC method (`request`, `notify`).
    #[serde(default)]
    pub method: Option<String>,
    /// JSON-RPC params (`request`, `notify`); may hold references.
    #[serde(default)]
    pub params: Option<Value>,
    /// The tool that is needed (`call`).
    #[serde(default)]
    pub tool: Option<String>,
    /// The resource that is needed (`read`).
    #[serde(default)]
    pub resource: Option<String>,
    /// The prompt that is needed (`prompt`).
    #[serde(default)]
    pub prompt: Option<String>,
    /// Arguments in place of those that belong to the need (`call`, `prompt`).
    #[serde(default)]
    pub args: Option<Value>,
    /// Members for `params._meta`; null takes one away.
    #[serde(default)]
    pub meta: IndexMap<String, Value>,
    /// Client capabilities declared for this request alone (2026-07-28).
    #[serde(default)]
    pub capabilities: Option<Value>,
    /// HTTP headers on top of the usual ones; null takes one away, a list repeats it.
    #[serde(default)]
    pub headers: IndexMap<String, Value>,
    /// The token that goes with it, in place of a valid one.
    #[serde(default)]
    pub token: Option<Token>,
    /// The proof that goes with a bound token, in place of a good one.
    #[serde(default)]
    pub proof: Option<Signed>,
    /// Members of the message to overwrite, by JSON pointer; done last.
    #[serde(default)]
    pub set: IndexMap<String, Value>,
    /// Members of the message to leave out, by JSON pointer; done last.
    #[serde(default)]
    pub unset: Vec<String>,
    /// The id to use, as JSON; else the next whole number.
    #[serde(default)]
    pub id: Option<Value>,
    /// Literal bytes (`raw`, `http`).
    #[serde(default)]
    pub body: Option<Bytes>,
    /// Byte counts of the pieces in which the bytes are sent; the last one holds for all that is left.
    #[serde(default)]
    pub chunks: Chunks,
    /// HTTP verb (`http`; POST for `raw`).
    #[serde(default)]
    pub verb: Option<Verb>,
    /// Path in place of the target's own (`http`, `raw`).
    #[serde(default)]
    pub path: Option<String>,
    /// What to wait for before the next step.
    #[serde(default)]
    pub until: Option<Until>,
    /// Close the connection from our side after so much of the response.
    #[serde(default)]
    pub cut: Option<CutAfter>,
    /// What goes wrong on the way of the answer, by the router. HTTP only.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// True where this breaks a rule on purpose, so that the answer is not held against rules for proper requests.
    #[serde(default)]
    pub wrong: bool,
    /// Longest wait of this step.
    #[serde(default)]
    pub within: Option<Within>,
}

/// Several messages as one JSON array.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Name of the stream that the whole opens: everything that comes back is found under it.
    #[serde(rename = "as")]
    pub stream: String,
    /// Actor that sends.
    #[serde(default = "default_actor")]
    pub by: String,
    /// The members: requests, each opening a stream of its own, notifications, and literal text.
    pub messages: Vec<Action>,
    /// HTTP headers on top of the usual ones; null takes one away, a list repeats it.
    #[serde(default)]
    pub headers: IndexMap<String, Value>,
    /// What to wait for before the next step.
    #[serde(default)]
    pub until: Option<Until>,
    /// True where this breaks a rule on purpose.
    #[serde(default)]
    pub wrong: bool,
    /// Longest wait.
    #[serde(default)]
    pub within: Option<Within>,
}

/// After how much of a response we cut it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct CutAfter {
    /// After this many JSON-RPC messages.
    #[serde(default)]
    pub after_messages: Option<usize>,
    /// After this many events with an id.
    #[serde(default)]
    pub after_events: Option<usize>,
}

/// HTTP verbs.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verb {
    Get,
    Post,
    Put,
    Delete,
    Patch,
    Options,
    Head,
}

impl Verb {
    /// As on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
            Self::Options => "OPTIONS",
            Self::Head => "HEAD",
        }
    }
}

/// The answer to a request that the server sent on a stream.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Respond {
    /// Stream on which the request came.
    pub to: String,
    /// Its method.
    pub method: String,
    /// Who answers; the actor that was asked, unless said.
    #[serde(default)]
    pub by: Option<String>,
    /// The result.
    #[serde(default)]
    pub result: Option<Value>,
    /// Or the error.
    #[serde(default)]
    pub error: Option<Value>,
    /// True where this answer breaks a rule on purpose.
    #[serde(default)]
    pub wrong: bool,
    /// Longest wait for the request.
    #[serde(default)]
    pub within: Option<Within>,
}

/// The second or later round of a multi-round-trip request (2026-07-28).
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Name of the stream that this opens.
    #[serde(rename = "as")]
    pub stream: String,
    /// Stream whose request is repeated and whose `input_required` result is answered.
    pub of: String,
    /// Actor that sends; that of the first round unless said.
    #[serde(default)]
    pub by: Option<String>,
    /// Responses by key in place of those the actor gives by default; null leaves a key out.
    #[serde(default)]
    pub responses: IndexMap<String, Value>,
    /// Only so many of the responses, in the order in which they are asked for.
    #[serde(default)]
    pub first: Option<usize>,
    /// What becomes of the request state.
    #[serde(default)]
    pub state: StateUse,
    /// Members of the message to overwrite, by JSON pointer; done last.
    #[serde(default)]
    pub set: IndexMap<String, Value>,
    /// Members of the message to leave out, by JSON pointer; done last.
    #[serde(default)]
    pub unset: Vec<String>,
    /// Client capabilities declared for this request alone.
    #[serde(default)]
    pub capabilities: Option<Value>,
    /// What to wait for.
    #[serde(default)]
    pub until: Option<Until>,
    /// True where this breaks a rule on purpose.
    #[serde(default)]
    pub wrong: bool,
    /// Longest wait.
    #[serde(default)]
    pub within: Option<Within>,
}

/// What becomes of `requestState` in a further round.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum StateUse {
    /// Sent back byte for byte.
    #[default]
    Keep,
    /// Left out.
    Drop,
    /// With this text behind it.
    Append(String),
    /// Replaced by the state that another stream got.
    Of(String),
    /// Replaced.
    Replace(Value),
}

/// Request page after page.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Follow {
    /// Prefix of the streams that this opens: `NAME_1`, `NAME_2`, ... Checks find them as the list `NAME`.
    #[serde(rename = "as")]
    pub stream: String,
    /// Actor that sends.
    #[serde(default = "default_actor")]
    pub by: String,
    /// List method, such as `tools/list`.
    pub method: String,
    /// Parameters of each request, besides the cursor; an object, which may hold references.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// Most pages that are asked for.
    #[serde(default = "default_pages")]
    pub pages: usize,
    /// Longest wait for all.
    #[serde(default)]
    pub within: Option<Within>,
}

fn default_pages() -> usize {
    20
}

/// Close a stream from our side: the HTTP connection is dropped.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// The stream.
    pub stream: String,
}
