//! What is about to be sent.

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::Value;

use crate::action::{Chunks, CutAfter, Signed, TokenUse};
use crate::transcript::SentKind;

/// A message or bare HTTP request on its way out.
#[derive(Debug)]
pub struct Outgoing {
    /// Stream it opens.
    pub stream: Option<String>,
    /// What it is meant to be.
    pub kind: SentKind,
    /// The bytes.
    pub body: Bytes,
    /// In which pieces they are sent.
    pub chunks: Chunks,
    /// Of a batch: for each member in order, the stream that it opens.
    pub parts: Vec<Option<String>>,
    /// The message in the bytes, where it is one; headers are drawn from it.
    pub message: Option<Value>,
    /// The token that goes with it; that of the actor where none is said.
    pub token: Option<TokenUse>,
    /// The proof that goes with a bound token; a good one where none is said.
    pub proof: Option<Signed>,
    /// HTTP verb.
    pub verb: &'static str,
    /// Path in place of the target's own.
    pub path: Option<String>,
    /// Changes to the headers.
    pub headers: IndexMap<String, Value>,
    /// Breaks a rule on purpose.
    pub wrong: bool,
    /// When to cut the response.
    pub cut: Option<CutAfter>,
}

impl Outgoing {
    /// A message over the usual verb with nothing special.
    pub fn message(stream: Option<String>, kind: SentKind, message: Value) -> Self {
        Self {
            stream,
            kind,
            body: message.to_string().into_bytes().into(),
            chunks: Chunks::default(),
            parts: Vec::new(),
            message: Some(message),
            token: None,
            proof: None,
            verb: "POST",
            path: None,
            headers: IndexMap::new(),
            wrong: false,
            cut: None,
        }
    }
}
