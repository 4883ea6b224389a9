//! Bytes to a message.

use bytes::Bytes;
use serde_json::Value;

use super::id::Id;
use super::kind::{InvalidReason, Kind, Shape};
use crate::wire::json::{self, Anomaly, AnomalyKind, Node, Tree, whole};
use crate::wire::limits::Limits;

/// How much of an unexpected value a reason quotes, in characters.
const QUOTED: usize = 40;

/// One message as it crossed the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its bytes, all of them.
    pub raw: Bytes,
    /// What it is.
    pub kind: Kind,
    /// The JSON value, if there was one; [`Tree::to_value`] says what is lost in it.
    pub value: Option<Value>,
    /// What the JSON text did that a peer may read differently. Those of a batch stand at the batch.
    pub anomalies: Vec<Anomaly>,
    /// Every way in which it breaks JSON-RPC 2.0; empty for a valid one. Those of a batch's messages stand at these.
    pub problems: Vec<InvalidReason>,
    id: Option<Id>,
    shape: Shape,
}

/// Reads one message with the default limits. Never fails: what is not a message is [`Kind::Invalid`].
pub fn read(bytes: &[u8]) -> Message {
    read_shared(Bytes::copy_from_slice(bytes), &Limits::DEFAULT)
}

/// Reads one message without copying its bytes.
pub fn read_shared(raw: Bytes, limits: &Limits) -> Message {
    let parsed = json::parse(&raw, limits);
    let mut message = match &parsed.value {
        None => Message::invalid(raw, unreadable(&parsed.anomalies)),
        Some(tree) => match &tree.node {
            Node::Array(items) if items.is_empty() => Message::invalid(raw, InvalidReason::EmptyBatch),
            Node::Array(items) if items.len() > limits.batch => Message::invalid(raw, InvalidReason::OverLimits),
            Node::Array(items) => {
                let messages =
                    items.iter().map(|item| one(raw.slice(item.span.start..item.span.end), item, &raw)).collect();
                Message { kind: Kind::Batch(messages), ..Message::bare(raw) }
            }
            _ => one(raw.clone(), tree, &raw),
        },
    };
    if let Some(tree) = &parsed.value {
        if matches!(tree.node, Node::Array(_)) {
            message.shape = Shape::Batch;
        }
        message.value.get_or_insert_with(|| tree.to_value());
    }
    message.anomalies = parsed.anomalies;
    message
}

impl Message {
    /// The id, wherever there is one of a possible type, also in an invalid message.
    pub fn id(&self) -> Option<&Id> {
        self.id.as_ref()
    }

    /// The method, wherever it is a string, also in an invalid message.
    pub fn method(&self) -> Option<&str> {
        self.member("method")?.as_str()
    }

    /// The member `params`.
    pub fn params(&self) -> Option<&Value> {
        self.member("params")
    }

    /// The member `result`.
    pub fn result(&self) -> Option<&Value> {
        self.member("result")
    }

    /// The member `error`.
    pub fn error(&self) -> Option<&Value> {
        self.member("error")
    }

    /// What it is meant to be; for a valid message the same as its kind.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Whether it is a valid message, or a batch of valid messages.
    pub fn is_valid(&self) -> bool {
        match &self.kind {
            Kind::Batch(messages) => messages.iter().all(Message::is_valid),
            _ => self.problems.is_empty(),
        }
    }

    /// The messages of a batch, or this one.
    pub fn each(&self) -> &[Message] {
        match &self.kind {
            Kind::Batch(messages) => messages,
            _ => std::slice::from_ref(self),
        }
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.value.as_ref()?.get(name)
    }

    fn bare(raw: Bytes) -> Self {
        let kind = Kind::Batch(Vec::new());
        Self { raw, kind, value: None, anomalies: Vec::new(), problems: Vec::new(), id: None, shape: Shape::Unknown }
    }

    fn invalid(raw: Bytes, reason: InvalidReason) -> Self {
        Self { kind: Kind::Invalid { reason: reason.clone() }, problems: vec![reason], ..Self::bare(raw) }
    }
}

/// Why a text without a value has none.
fn unreadable(anomalies: &[Anomaly]) -> InvalidReason {
    let over = |kind: &AnomalyKind| matches!(kind, AnomalyKind::TooDeep(_) | AnomalyKind::TooLarge(_));
    if anomalies.iter().any(|a| over(&a.kind)) { InvalidReason::OverLimits } else { InvalidReason::NotJson }
}

/// Reads what is not a batch. `raw` is the message's share of `text`, which the tree's spans refer to.
fn one(raw: Bytes, tree: &Tree, text: &[u8]) -> Message {
    let value = Some(tree.to_value());
    if !matches!(tree.node, Node::Object(_)) {
        return Message { value, ..Message::invalid(raw, InvalidReason::NotObject(tree.type_name())) };
    }
    let member = |name| tree.member(name);
    let (id_tree, method) = (member("id"), member("method"));
    let id = id_tree.and_then(|tree| Id::from_tree(tree, text));
    let shape = match (method, id_tree, member("result"), member("error")) {
        (Some(_), Some(_), ..) => Shape::Request,
        (Some(_), None, ..) => Shape::Notification,
        (None, _, Some(_), _) => Shape::Result,
        (None, _, None, Some(_)) => Shape::Error,
        (None, _, None, None) => Shape::Unknown,
    };
    let mut problems = Vec::new();
    match member("jsonrpc") {
        None => problems.push(InvalidReason::JsonrpcMissing),
        Some(tree) if matches!(&tree.node, Node::String(version) if version == "2.0") => {}
        Some(tree) => problems.push(InvalidReason::JsonrpcWrong(quote(tree, text))),
    }
    shape_problems(tree, &mut problems);
    let kind = if let Some(reason) = problems.first() {
        Kind::Invalid { reason: reason.clone() }
    } else {
        let method = match method.map(|tree| &tree.node) {
            Some(Node::String(method)) => method.clone(),
            _ => String::new(),
        };
        match (shape, id.clone()) {
            (Shape::Request, Some(id)) => Kind::Request { id, method },
            (Shape::Result, Some(id)) => Kind::Result { id },
            (Shape::Error, id) => Kind::Error { id, code: error_code(tree).flatten() },
            _ => Kind::Notification { method },
        }
    };
    Message { raw, kind, value, anomalies: Vec::new(), problems, id, shape }
}

/// Everything wrong with an object beside `jsonrpc`.
fn shape_problems(message: &Tree, problems: &mut Vec<InvalidReason>) {
    let (method, result, error) = (message.member("method"), message.member("result"), message.member("error"));
    match (method, result.or(error)) {
        (Some(_), Some(_)) => problems.push(InvalidReason::RequestAndResponse),
        (None, None) => problems.push(InvalidReason::Shapeless),
        _ => {}
    }
    if result.is_some() && error.is_some() {
        problems.push(InvalidReason::ResultAndError);
    }
    if let Some(method) = method
        && !matches!(method.node, Node::String(_))
    {
        problems.push(InvalidReason::MethodNotString(method.type_name()));
    }
    match message.member("id") {
        Some(id) if matches!(id.node, Node::Bool(_) | Node::Array(_) | Node::Object(_)) => {
            problems.push(InvalidReason::IdWrongType(id.type_name()));
        }
        None if method.is_none() && result.is_some() => problems.push(InvalidReason::ResultWithoutId),
        _ => {}
    }
    if let Some(params) = message.member("params")
        && !matches!(params.node, Node::Object(_) | Node::Array(_))
    {
        problems.push(InvalidReason::ParamsWrongType(params.type_name()));
    }
    if let Some(error) = error {
        error_problems(message, error, problems);
    }
}

fn error_problems(message: &Tree, error: &Tree, problems: &mut Vec<InvalidReason>) {
    if !matches!(error.node, Node::Object(_)) {
        problems.push(InvalidReason::ErrorNotObject(error.type_name()));
        return;
    }
    match error.member("code").map(|code| (&code.node, code.type_name())) {
        None => problems.push(InvalidReason::ErrorCodeMissing),
        Some((Node::Number(text), _)) => {
            if error_code(message).is_none() {
                problems.push(InvalidReason::ErrorCodeNotInteger(text.chars().take(QUOTED).collect()));
            }
        }
        Some((_, type_name)) => problems.push(InvalidReason::ErrorCodeNotInteger(type_name.to_owned())),
    }
    match error.member("message") {
        None => problems.push(InvalidReason::ErrorMessageMissing),
        Some(text) if matches!(text.node, Node::String(_)) => {}
        Some(other) => problems.push(InvalidReason::ErrorMessageNotString(other.type_name())),
    }
}

/// `Some(Some(code))`, `Some(None)` for an integer beyond 64 bits, `None` if there is no integer.
fn error_code(message: &Tree) -> Option<Option<i64>> {
    match &message.member("error")?.member("code")?.node {
        Node::Number(text) => whole(text),
        _ => None,
    }
}

/// The beginning of a value's text.
fn quote(tree: &Tree, text: &[u8]) -> String {
    let raw = String::from_utf8_lossy(tree.raw(text));
    let mut quoted: String = raw.chars().take(QUOTED).collect();
    if quoted.len() < raw.len() {
        quoted.push('…');
    }
    quoted
}
