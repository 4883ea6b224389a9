//! What a value is to be validated as.

use crate::requirement::Role;

/// The side that emitted a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// The MCP client.
    Client,
    /// The MCP server.
    Server,
}

impl From<Role> for Sender {
    /// Whose messages are judged where these are tested.
    fn from(role: Role) -> Self {
        match role {
            // An authorization server sends no message of MCP; there is nothing to judge.
            Role::Server | Role::AuthorizationServer => Self::Server,
            Role::Client => Self::Client,
        }
    }
}

impl Sender {
    /// The side that receives what this one sends.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// The side's member in `x-methods` of a schema file.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// What a value is meant to be. Except for [`Subject::Definition`], the value is the whole JSON-RPC message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A request with this method.
    Request {
        /// Who sent it.
        from: Sender,
        /// Its `method`.
        method: &'a str,
    },
    /// A notification with this method.
    Notification {
        /// Who sent it.
        from: Sender,
        /// Its `method`.
        method: &'a str,
    },
    /// The response with a result to a request of the other side.
    Result {
        /// Who sent the response (not the request).
        from: Sender,
        /// The `method` of the request it answers.
        of_method: &'a str,
    },
    /// A response with an error, to whatever request.
    Error,
    /// A definition of the schema by its name, such as `Tool`; the value is an instance of it, not a message.
    Definition(&'a str),
}
