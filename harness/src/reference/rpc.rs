//! JSON-RPC 2.0 as the server needs it: reading one message, building responses and errors.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::revision::Revision;

/// Parse error (JSON-RPC 2.0).
pub(super) const PARSE: i64 = -32700;
/// Invalid request (JSON-RPC 2.0).
pub(super) const INVALID_REQUEST: i64 = -32600;
/// Method not found (JSON-RPC 2.0).
pub(super) const METHOD_NOT_FOUND: i64 = -32601;
/// Invalid params (JSON-RPC 2.0).
pub(super) const INVALID_PARAMS: i64 = -32602;
/// Internal error (JSON-RPC 2.0).
pub(super) const INTERNAL: i64 = -32603;
/// Resource not found (2025-11-25, server/resources).
pub(super) const RESOURCE_NOT_FOUND: i64 = -32002;
/// The user has to visit a URL first (2025-11-25, client/elicitation).
pub(super) const URL_ELICITATION_REQUIRED: i64 = -32042;
/// Headers do not match the body (2026-07-28, basic/transports/streamable-http).
pub(super) const HEADER_MISMATCH: i64 = -32020;
/// A client capability is missing (2026-07-28, basic).
pub(super) const MISSING_CAPABILITY: i64 = -32021;
/// Unsupported protocol version (2026-07-28, basic/versioning).
pub(super) const UNSUPPORTED_VERSION: i64 = -32022;

/// JSON members by name.
pub(super) type Object = Map<String, Value>;
/// What a method comes to.
pub(super) type Answer = Result<Value, Failure>;

/// A JSON-RPC error and the HTTP status that goes with it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Failure {
    pub code: i64,
    pub message: String,
    pub data: Option<Value>,
    /// HTTP status when this is the whole answer.
    pub status: u16,
}

impl Failure {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None, status: 200 }
    }

    /// -32602 for a request whose parameters are wrong.
    pub(super) fn params(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    pub(super) fn with(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }

    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The error response to a message whose id could not be read: JSON-RPC 2.0 wants the id null, which has been
    /// forbidden since 2025-11-25.
    pub(super) fn nameless(&self, revision: Revision) -> Value {
        match revision {
            Revision::V2024_11_05 | Revision::V2025_03_26 | Revision::V2025_06_18 => self.response(Some(&Value::Null)),
            _ => self.response(None),
        }
    }

    /// The error alone.
    pub(super) fn object(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(error), Some(data)) = (error.as_object_mut(), &self.data) {
            error.insert("data".into(), data.clone());
        }
        error
    }

    /// The error response; without an id when none could be read.
    pub(super) fn response(&self, id: Option<&Value>) -> Value {
        let error = self.object();
        match id {
            Some(id) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
            None => json!({ "jsonrpc": "2.0", "error": error }),
        }
    }
}

/// The successful response to `id`.
pub(super) fn success(id: &Value, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// A notification.
pub(super) fn notification(method: &str, params: Option<Value>) -> Value {
    match params {
        Some(params) => json!({ "jsonrpc": "2.0", "method": method, "params": params }),
        None => json!({ "jsonrpc": "2.0", "method": method }),
    }
}

/// One message from the client.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    Request {
        id: Value,
        method: String,
        params: Option<Value>,
    },
    Notification {
        method: String,
        params: Option<Value>,
    },
    /// The client's response to a request of the server.
    Response {
        id: Value,
        outcome: Result<Value, Value>,
    },
}

/// A message that cannot be served, with its id if that much could be read.
#[derive(Debug, PartialEq)]
pub(super) struct Rejected {
    pub id: Option<Value>,
    pub failure: Failure,
}

impl Rejected {
    /// What the client is told.
    pub(super) fn response(&self, revision: Revision) -> Value {
        match &self.id {
            Some(id) => self.failure.response(Some(id)),
            None => self.failure.nameless(revision),
        }
    }
}

/// What one body or line holds.
#[derive(Debug, PartialEq)]
pub(super) enum Received {
    One(Incoming),
    /// The members of an array, whatever they are.
    Batch(Vec<Value>),
}

/// Reads one JSON-RPC message, or the members of a batch. This is strict and keeps no evidence, unlike `wire::message`,
/// and gives the harness a second opinion on what a message is.
pub(super) fn read(bytes: &[u8]) -> Result<Received, Box<Rejected>> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        Box::new(Rejected {
            id: None,
            failure: Failure::new(PARSE, format!("the message is not valid JSON: {error}")).status(400),
        })
    })?;
    match value {
        Value::Array(members) => Ok(Received::Batch(members)),
        one => read_one(one).map(Received::One),
    }
}

/// Whether a batch is received in a session of this revision (2025-03-26, basic). An empty one is none (JSON-RPC 2.0).
pub(super) fn admit_batch(revision: Revision, members: &[Value]) -> Result<(), Failure> {
    match (revision.has_batches(), members.is_empty()) {
        (true, false) => Ok(()),
        (true, true) => Err(Failure::new(INVALID_REQUEST, "an empty array is no batch").status(400)),
        (false, _) => {
            let message = format!("a message is one JSON object; there are no batches in {revision}");
            Err(Failure::new(INVALID_REQUEST, message).status(400))
        }
    }
}

/// Reads one message that is JSON already.
pub(super) fn read_one(value: Value) -> Result<Incoming, Box<Rejected>> {
    let Value::Object(mut object) = value else {
        return Err(invalid(None, "a message is a JSON object"));
    };
    let id = object.remove("id");
    let readable = id.clone().filter(is_id);
    if object.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(invalid(readable, "`jsonrpc` must be \"2.0\""));
    }
    if id.is_some() && readable.is_none() {
        return Err(invalid(None, "`id` must be a string or an integer"));
    }
    match (object.remove("method"), readable) {
        (Some(Value::String(method)), Some(id)) => {
            Ok(Incoming::Request { id, method, params: object.remove("params") })
        }
        (Some(Value::String(method)), None) => Ok(Incoming::Notification { method, params: object.remove("params") }),
        (Some(_), id) => Err(invalid(id, "`method` must be a string")),
        (None, Some(id)) => match (object.remove("result"), object.remove("error")) {
            (Some(result), None) => Ok(Incoming::Response { id, outcome: Ok(result) }),
            (None, Some(error)) => Ok(Incoming::Response { id, outcome: Err(error) }),
            _ => Err(invalid(Some(id), "a message has a `method`, or exactly one of `result` and `error`")),
        },
        (None, None) => Err(invalid(None, "a message has a `method`, or an `id` with a `result` or `error`")),
    }
}

fn invalid(id: Option<Value>, message: &str) -> Box<Rejected> {
    Box::new(Rejected { id, failure: Failure::new(INVALID_REQUEST, message).status(400) })
}

fn is_id(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}
