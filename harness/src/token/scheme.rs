//! How a token is shown.

use serde::{Deserialize, Serialize};

/// An authorization scheme (RFC 6750, section 2.1; RFC 9449, section 7.1).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Whoever has the token may use it.
    Bearer,
    /// Whoever has the key of the token may use it.
    Dpop,
}

impl Scheme {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}
