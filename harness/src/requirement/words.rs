//! The words that members of a requirement may take.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How binding a requirement is (BCP 14; REQUIRED and SHALL count as MUST, RECOMMENDED as SHOULD).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are the keywords themselves")]
pub enum Level {
    #[serde(rename = "MUST")]
    Must,
    #[serde(rename = "MUST NOT")]
    MustNot,
    #[serde(rename = "SHOULD")]
    Should,
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    #[serde(rename = "MAY")]
    May,
}

impl Level {
    /// The keyword, as `MUST NOT`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whom a requirement binds. In a MAY row: who may do it, so that the other side has to cope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The MCP server.
    Server,
    /// The MCP client.
    Client,
    /// Server and client, each in the role the text names.
    Both,
    /// The OAuth authorization server.
    AuthorizationServer,
    /// The application that embeds the client.
    Host,
    /// A proxy or gateway between client and server.
    Intermediary,
}

impl Actor {
    /// Whether a requirement for this actor binds one that plays `role`.
    #[must_use]
    pub fn covers(self, role: Self) -> bool {
        self == role || (self == Self::Both && matches!(role, Self::Server | Self::Client))
    }

    /// The name, as `authorization-server`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Both => "both",
            Self::AuthorizationServer => "authorization-server",
            Self::Host => "host",
            Self::Intermediary => "intermediary",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who is tested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A server: the harness plays its clients.
    #[default]
    Server,
    /// A client: the harness plays its server.
    Client,
    /// An authorization server: the harness plays its clients.
    AuthorizationServer,
}

impl Role {
    /// Whom the requirements bind that it is tested for.
    #[must_use]
    pub const fn actor(self) -> Actor {
        match self {
            Self::Server => Actor::Server,
            Self::Client => Actor::Client,
            Self::AuthorizationServer => Actor::AuthorizationServer,
        }
    }

    /// For files that need not say what most are about.
    #[must_use]
    pub const fn is_server(&self) -> bool {
        matches!(self, Self::Server)
    }
}

/// The transport on which a requirement holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// On every transport.
    Any,
    /// Only on the HTTP transport of the revision: HTTP+SSE in 2024-11-05, Streamable HTTP from 2025-03-26 on.
    Http,
    /// Only on stdio.
    Stdio,
}

/// Whether someone who sees only the wire can decide a requirement.
/// Ordered from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Observable {
    /// A provoked exchange decides it.
    Yes,
    /// Only a violation shows, or only with special fixtures, credentials or heuristics.
    Partial,
    /// It lives in a user interface, in logs, documents or internals.
    No,
}

/// A named set of requirements that an implementation claims besides those of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Several instances behind one endpoint serve as one server.
    ScaleOut,
    /// What companies ask of servers that they run: audit above all.
    Enterprise,
}

impl Profile {
    /// All of them, by name.
    pub const ALL: [Self; 2] = [Self::ScaleOut, Self::Enterprise];

    /// The word used everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ScaleOut => "scale-out",
            Self::Enterprise => "enterprise",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Profile {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        let found = Self::ALL.into_iter().find(|profile| profile.as_str() == word);
        found.ok_or_else(|| format!("no profile is called '{word}'; there is {}", known()))
    }
}

/// What a requirement rests on where that is not an upper-case keyword on a page of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// A type, constant or comment of the schema, without keyword.
    Schema,
    /// An upper-case keyword in a comment of the schema.
    SchemaKeyword,
    /// Behaviour described without keyword; the level is the catalogue's reading.
    Prose,
    /// A `must` or `should` in lower case, which BCP 14 does not count.
    LowerCase,
    /// A standard that the specification makes mandatory.
    Reference,
}
