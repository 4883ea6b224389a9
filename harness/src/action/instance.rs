//! Actions upon the instances of a deployment.

use serde::{Deserialize, Serialize};

/// Something done to one instance.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Which instance, from 1.
    pub number: usize,
    /// What is done.
    pub act: Act,
}

/// What can be done to an instance.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// SIGKILL: it gets no chance to say anything.
    Kill,
    /// SIGTERM, and its end is awaited: what it has begun it may finish.
    Stop,
    /// It is started again on the same port, stopped before where it runs, and awaited.
    Restart,
    /// SIGSTOP: it does nothing any more, and nobody is told.
    Freeze,
    /// SIGCONT: it goes on.
    Thaw,
    /// The router sends it no new requests; open ones go on.
    Drain,
    /// The router sends it requests again.
    Admit,
}

impl Act {
    /// Whether the router does it. The rest is done to the process itself.
    #[must_use]
    pub fn is_routing(self) -> bool {
        matches!(self, Self::Drain | Self::Admit)
    }

    /// The word of scenario files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::Drain => "drain",
            Self::Admit => "admit",
        }
    }
}
