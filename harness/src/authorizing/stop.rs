//! Why a client goes no further.

/// Why there is no token, in words that may be shown: nothing secret is in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Stop(pub String);

/// A [`Stop`] with these words.
pub(super) fn stop<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop(why.into()))
}

impl From<crate::token::KeyError> for Stop {
    fn from(error: crate::token::KeyError) -> Self {
        Self(error.to_string())
    }
}
