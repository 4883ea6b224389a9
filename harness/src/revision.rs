//! Revisions of the Model Context Protocol.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A published revision of the specification, or the draft of the next one. Ordered from old to new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the revision its name spells")]
pub enum Revision {
    V2024_11_05,
    V2025_03_26,
    V2025_06_18,
    V2025_11_25,
    V2026_07_28,
    /// The working text behind the newest published revision.
    Draft,
}

/// How a connection comes to an understanding: the great divide between revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// Up to 2025-11-25: `initialize` negotiates version and capabilities once, for a session.
    Handshake,
    /// From 2026-07-28: each request states its version and capabilities in `_meta`; there is no session.
    Stateless,
}

impl Revision {
    /// Every revision, from old to new.
    pub const ALL: [Self; 6] =
        [Self::V2024_11_05, Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28, Self::Draft];

    /// The published revisions, from old to new: those that are tested. The draft is not among them, see
    /// [`Self::published`].
    pub const SUPPORTED: [Self; 5] =
        [Self::V2024_11_05, Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];

    /// The newest revision in which `initialize` negotiates: what a client offers that speaks them all.
    pub const NEWEST_HANDSHAKE: Self = Self::V2025_11_25;

    /// The newest revision without a handshake.
    pub const NEWEST_STATELESS: Self = Self::V2026_07_28;

    /// The name as it stands in `protocolVersion` and in the specification's addresses: a date, or `draft`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
            Self::Draft => "draft",
        }
    }

    /// The era the revision belongs to.
    #[must_use]
    pub const fn era(self) -> Era {
        match self {
            Self::V2024_11_05 | Self::V2025_03_26 | Self::V2025_06_18 | Self::V2025_11_25 => Era::Handshake,
            Self::V2026_07_28 | Self::Draft => Era::Stateless,
        }
    }

    /// The published revision whose text this one has. The draft has no version of its own on the wire and, so far,
    /// the very rules and schema of 2026-07-28: its changelog is empty.
    #[must_use]
    pub const fn published(self) -> Self {
        match self {
            Self::Draft => Self::V2026_07_28,
            published => published,
        }
    }

    /// Whether several requests and notifications can travel as one JSON array (2025-03-26 only, basic).
    #[must_use]
    pub const fn has_batches(self) -> bool {
        matches!(self, Self::V2025_03_26)
    }

    /// Whether HTTP requests after the handshake name the version in `MCP-Protocol-Version` (basic/transports).
    #[must_use]
    pub fn has_version_header(self) -> bool {
        self >= Self::V2025_06_18
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no revision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no MCP revision is called {0:?}; known are {known}", known = Revision::ALL.map(Revision::as_str).join(", "))]
pub struct UnknownRevision(pub String);

impl FromStr for Revision {
    type Err = UnknownRevision;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|revision| revision.as_str() == text).ok_or_else(|| UnknownRevision(text.to_owned()))
    }
}

impl Serialize for Revision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Revision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn text_and_value_agree_for_every_revision() {
        for revision in Revision::ALL {
            assert_eq!(revision.to_string().parse(), Ok(revision));
            let json = serde_json::to_string(&revision).unwrap();
            assert_eq!(json, format!("\"{revision}\""));
            assert_eq!(serde_json::from_str::<Revision>(&json).unwrap(), revision);
        }
    }

    #[test]
    fn revisions_are_ordered_from_old_to_new() {
        assert!(Revision::ALL.is_sorted());
        assert!(Revision::SUPPORTED.is_sorted());
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = "2025-01-01".parse::<Revision>().unwrap_err().to_string();
        assert!(error.contains("2025-01-01") && error.contains("2026-07-28, draft"), "{error}");
    }

    #[test]
    fn the_era_changes_once() {
        assert_eq!(Revision::V2025_11_25.era(), Era::Handshake);
        assert_eq!(Revision::V2026_07_28.era(), Era::Stateless);
        assert_eq!(Revision::Draft.era(), Era::Stateless);
        assert_eq!(Revision::NEWEST_HANDSHAKE.era(), Era::Handshake);
        assert_eq!(Revision::NEWEST_STATELESS.era(), Era::Stateless);
        assert!(Revision::SUPPORTED.contains(&Revision::Draft.published()));
    }
}
