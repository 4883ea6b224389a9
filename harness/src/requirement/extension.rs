//! The extensions that the catalogue has rows of.

/// How far the proposal of an extension has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is part of what implementations are held to.
    Final,
    /// It is agreed on, and judged like what is final; what is left is that implementations follow.
    Accepted,
    /// It may change or go: nobody is judged by it who did not ask for that.
    Draft,
}

impl Status {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Accepted => "accepted",
            Self::Draft => "draft",
        }
    }
}

/// An extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its identifier, as in `extension` of a row; ours where its text gives none.
    pub id: &'static str,
    /// The name on the command line.
    pub name: &'static str,
    /// Number of its proposal (SEP).
    pub proposal: u16,
    /// How far that is.
    pub status: Status,
}

/// All of them, by name.
pub const EXTENSIONS: [Extension; 9] = [
    Extension {
        id: "io.modelcontextprotocol/oauth-client-credentials",
        name: "auth-client-credentials",
        proposal: 1046,
        status: Status::Final,
    },
    Extension { id: "io.modelcontextprotocol/dpop", name: "auth-dpop", proposal: 1932, status: Status::Draft },
    Extension {
        id: "io.modelcontextprotocol/enterprise-managed-authorization",
        name: "auth-enterprise-managed",
        proposal: 990,
        status: Status::Final,
    },
    Extension {
        id: "io.modelcontextprotocol/enterprise-managed-authorization-security",
        name: "auth-enterprise-security",
        proposal: 990,
        status: Status::Draft,
    },
    Extension {
        id: "io.modelcontextprotocol/workload-identity-federation",
        name: "auth-wif",
        proposal: 1933,
        status: Status::Draft,
    },
    Extension { id: "io.modelcontextprotocol/events", name: "events", proposal: 3415, status: Status::Draft },
    Extension { id: "io.modelcontextprotocol/server-card", name: "server-card", proposal: 2127, status: Status::Draft },
    Extension { id: "io.modelcontextprotocol/skills", name: "skills", proposal: 2640, status: Status::Accepted },
    Extension { id: "io.modelcontextprotocol/tasks", name: "tasks", proposal: 2663, status: Status::Final },
];

impl Extension {
    /// The one of this name or identifier.
    pub fn of(word: &str) -> Option<&'static Self> {
        EXTENSIONS.iter().find(|extension| extension.name == word || extension.id == word)
    }
}
