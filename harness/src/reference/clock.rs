//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

pub(super) use crate::wire::clock::rfc3339;

/// Now, in microseconds since 1970.
pub(super) fn micros() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros()).unwrap_or(u64::MAX)
}
