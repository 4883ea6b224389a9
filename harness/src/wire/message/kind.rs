//! What a message is, and the ways of not being one.

use std::fmt;

use super::id::Id;
use super::read::Message;

/// What a message is by JSON-RPC 2.0.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A method and an id (null included: whether that is allowed is the revision's matter).
    Request {
        /// The id.
        id: Id,
        /// The method.
        method: String,
    },
    /// A method and no id.
    Notification {
        /// The method.
        method: String,
    },
    /// A response with a result.
    Result {
        /// The id of the request it answers.
        id: Id,
    },
    /// A response with an error.
    Error {
        /// The id of the request it answers; `None` where the member is missing.
        id: Option<Id>,
        /// The error code; `None` where 64 bits do not hold it.
        code: Option<i64>,
    },
    /// An array of messages (allowed in revision 2025-03-26 only), each read by itself.
    Batch(Vec<Message>),
    /// None of these. [`Message::shape`] still says what it was meant to be.
    Invalid {
        /// The first of [`Message::problems`].
        reason: InvalidReason,
    },
}

/// What the members of a message say it is meant to be, right or wrong in detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// Has `method` and `id`.
    Request,
    /// Has `method` and no `id`.
    Notification,
    /// Has `result` and no `method`.
    Result,
    /// Has `error`, no `result` and no `method`.
    Error,
    /// An array.
    Batch,
    /// Not JSON, not an object, or an object with none of these.
    Unknown,
}

/// A way in which a text is not a JSON-RPC 2.0 message. Types are given with an article: `an array`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReason {
    /// The anomalies say where.
    #[error("the text is not JSON")]
    NotJson,
    /// Too large, too deep or too long a batch for the harness, which therefore cannot judge it.
    #[error("the text is over the harness's limits")]
    OverLimits,
    /// A message is an object.
    #[error("the message is {0}, not an object")]
    NotObject(&'static str),
    /// A batch has at least one message.
    #[error("the batch is empty")]
    EmptyBatch,
    /// `jsonrpc` is required.
    #[error("the member `jsonrpc` is missing")]
    JsonrpcMissing,
    /// `jsonrpc` is the string `2.0`; the JSON text found instead, shortened.
    #[error("the member `jsonrpc` is {0}, not \"2.0\"")]
    JsonrpcWrong(String),
    /// A response has one of the two.
    #[error("the message has both `result` and `error`")]
    ResultAndError,
    /// A message is a request or a response.
    #[error("the message has `method` and also `result` or `error`")]
    RequestAndResponse,
    /// Nothing says what the message is.
    #[error("the message has none of `method`, `result`, `error`")]
    Shapeless,
    /// `method` is a string.
    #[error("the member `method` is {0}, not a string")]
    MethodNotString(&'static str),
    /// An id is a string, a number or null.
    #[error("the member `id` is {0}, not a string or a number")]
    IdWrongType(&'static str),
    /// A result answers a request.
    #[error("the result has no `id`")]
    ResultWithoutId,
    /// `params` is an object or an array.
    #[error("the member `params` is {0}, not an object or an array")]
    ParamsWrongType(&'static str),
    /// `error` is an object.
    #[error("the member `error` is {0}, not an object")]
    ErrorNotObject(&'static str),
    /// `error.code` is required.
    #[error("the error has no `code`")]
    ErrorCodeMissing,
    /// `error.code` is an integer.
    #[error("the error's `code` is {0}, not an integer")]
    ErrorCodeNotInteger(String),
    /// `error.message` is required.
    #[error("the error has no `message`")]
    ErrorMessageMissing,
    /// `error.message` is a string.
    #[error("the error's `message` is {0}, not a string")]
    ErrorMessageNotString(&'static str),
}

impl Shape {
    /// Whether it answers a request.
    pub fn is_response(self) -> bool {
        matches!(self, Self::Result | Self::Error)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { id, method } => write!(f, "request {method:?} with id {id}"),
            Self::Notification { method } => write!(f, "notification {method:?}"),
            Self::Result { id } => write!(f, "result for id {id}"),
            Self::Error { id, code } => {
                f.write_str("error")?;
                if let Some(code) = code {
                    write!(f, " {code}")?;
                }
                match id {
                    Some(id) => write!(f, " for id {id}"),
                    None => f.write_str(" without id"),
                }
            }
            Self::Batch(messages) => write!(f, "batch of {}", messages.len()),
            Self::Invalid { reason } => write!(f, "invalid message: {reason}"),
        }
    }
}
