//! One client of ours: what goes around its messages.

use serde_json::{Map, Value, json};

use super::questions::capabilities;
use crate::drive::envelope::{Meta, add_meta, client_info, derived_headers};
use crate::revision::{Era, Revision};

/// A client as the server knows it.
#[derive(Clone, Debug)]
pub struct Session {
    /// The revision that it speaks.
    pub revision: Revision,
    /// The id that the server gave it, over HTTP.
    pub id: Option<String>,
    /// The instance, from 0, where it is opened, and where its client goes unless told otherwise.
    pub home: usize,
    /// Its client is another user than the first.
    pub stranger: bool,
    /// Its client can be asked what the revision knows (up to 2025-11-25).
    pub able: bool,
}

impl Session {
    /// One that has no id yet, of the user.
    pub fn new(revision: Revision, home: usize) -> Self {
        Self { revision, id: None, home, stranger: false, able: false }
    }

    /// The first request of all.
    pub fn first(&self) -> Value {
        match self.revision.era() {
            Era::Handshake => {
                let capabilities = if self.able { capabilities(self.revision) } else { json!({}) };
                let params = json!({
                    "protocolVersion": self.revision.as_str(), "capabilities": capabilities, "clientInfo": client_info(),
                });
                json!({ "jsonrpc": "2.0", "method": "initialize", "params": params })
            }
            Era::Stateless => self.request("server/discover", None),
        }
    }

    /// A request that every server answers.
    pub fn probe(&self) -> Value {
        match self.revision.era() {
            Era::Handshake => self.request("ping", None),
            Era::Stateless => self.request("server/discover", None),
        }
    }

    /// A request with all that the revision wants in it, but no id.
    pub fn request(&self, method: &str, params: Option<Value>) -> Value {
        self.request_of(method, params, &json!({}))
    }

    /// The same of a client that has these capabilities, where it says so in every request.
    pub fn request_of(&self, method: &str, params: Option<Value>, capabilities: &Value) -> Value {
        let none = indexmap::IndexMap::new();
        let meta = Meta { version: self.revision.as_str(), capabilities, extra: &none };
        let params = add_meta(self.revision, params, &meta);
        let mut message = Map::new();
        message.insert("jsonrpc".to_owned(), json!("2.0"));
        message.insert("method".to_owned(), json!(method));
        message.extend(params.map(|params| ("params".to_owned(), params)));
        Value::Object(message)
    }

    /// The headers of a message of this client over HTTP; `tools` are those whose arguments may be mirrored in headers.
    pub fn headers(&self, message: Option<&Value>, tools: &[Value]) -> Vec<(String, String)> {
        let mut headers = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Accept".to_owned(), "application/json, text/event-stream".to_owned()),
        ];
        let first = message.and_then(|message| message.get("method")).is_some_and(|method| method == "initialize");
        if !first && self.revision.has_version_header() {
            headers.push(("MCP-Protocol-Version".to_owned(), self.revision.as_str().to_owned()));
        }
        if let Some(id) = &self.id {
            headers.push(("Mcp-Session-Id".to_owned(), id.clone()));
        }
        if let (Era::Stateless, Some(message)) = (self.revision.era(), message) {
            headers.extend(derived_headers(message, tools));
        }
        headers
    }
}
