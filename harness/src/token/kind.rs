//! The kinds of tokens a scenario can send.

use serde::{Deserialize, Serialize};

/// Member of our authorization server's metadata: the kinds of tokens that it issues.
pub const KINDS_MEMBER: &str = "mcp_assay_token_kinds";
/// Parameter of its token endpoint: the kind that is wanted.
pub const KIND_PARAMETER: &str = "mcp_assay_token_kind";

/// A token, by what is right or wrong about it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No token at all, and no `Authorization` header.
    None,
    /// Text that no authorization server ever issued.
    Garbage,
    /// The valid token with its last part changed.
    Tampered,
    /// In order in every way.
    Valid,
    /// In order, with scopes besides the usual ones.
    Wider,
    /// In order, of another user.
    OtherUser,
    /// In order, but with none of the scopes that the server asks for.
    TooLittleScope,
    /// It was valid until an hour ago.
    Expired,
    /// It will be valid in an hour.
    NotYetValid,
    /// Issued for another resource.
    OtherAudience,
    /// Issued for no resource in particular: it has no `aud`.
    NoAudience,
    /// Of an authorization server that the resource server does not know.
    OtherIssuer,
    /// Signed with a key that the issuer never published.
    OtherKey,
    /// With `alg: none` in place of a signature.
    Unsigned,
    /// In order, and bound to a key of the harness: whoever shows it has to prove to have that key (DPoP, RFC 9449).
    Bound,
    /// The same, issued for another resource.
    BoundOtherAudience,
    /// In order, of a workload in place of a user.
    Workload,
    /// Of a workload, issued for another resource.
    WorkloadOtherAudience,
    /// Of a workload, signed with a key that the issuer never published.
    WorkloadOtherKey,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::None,
        Self::Garbage,
        Self::Tampered,
        Self::Valid,
        Self::Wider,
        Self::OtherUser,
        Self::TooLittleScope,
        Self::Expired,
        Self::NotYetValid,
        Self::OtherAudience,
        Self::NoAudience,
        Self::OtherIssuer,
        Self::OtherKey,
        Self::Unsigned,
        Self::Bound,
        Self::BoundOtherAudience,
        Self::Workload,
        Self::WorkloadOtherAudience,
        Self::WorkloadOtherKey,
    ];

    /// The word in scenario files and in the token endpoint of our authorization server.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Garbage => "garbage",
            Self::Tampered => "tampered",
            Self::Valid => "valid",
            Self::Wider => "wider",
            Self::OtherUser => "other_user",
            Self::TooLittleScope => "too_little_scope",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::OtherAudience => "other_audience",
            Self::NoAudience => "no_audience",
            Self::OtherIssuer => "other_issuer",
            Self::OtherKey => "other_key",
            Self::Unsigned => "unsigned",
            Self::Bound => "bound",
            Self::BoundOtherAudience => "bound_other_audience",
            Self::Workload => "workload",
            Self::WorkloadOtherAudience => "workload_other_audience",
            Self::WorkloadOtherKey => "workload_other_key",
        }
    }

    /// The kind of that word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it is bound to a key of the harness.
    pub fn is_bound(self) -> bool {
        matches!(self, Self::Bound | Self::BoundOtherAudience)
    }

    /// Whether it is about a workload.
    pub fn is_of_workload(self) -> bool {
        matches!(self, Self::Workload | Self::WorkloadOtherAudience | Self::WorkloadOtherKey)
    }

    /// Whether anyone can make it, without an authorization server.
    pub fn needs_nobody(self) -> bool {
        matches!(self, Self::None | Self::Garbage)
    }
}
