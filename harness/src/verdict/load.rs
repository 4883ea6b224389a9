//! What a target did under load.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Figures of a run under load; what was found is in its cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Most users that were at it at a time.
    pub users: usize,
    /// How long it went on, in microseconds.
    pub lasted_us: u64,
    /// Cases that were carried out.
    pub cases: u64,
    /// Those whose findings do not count, because a wait in them ended in vain.
    pub doubtful: u64,
    /// Faults that struck.
    pub faults: u64,
    /// Requests that were answered.
    pub requests: u64,
    /// From a request to the first that came back for it, by method.
    pub methods: BTreeMap<String, Times>,
}

/// How long something took, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// How often it was measured.
    pub requests: u64,
    /// The median.
    pub p50_us: u64,
    /// 95 of 100 took no longer.
    pub p95_us: u64,
    /// 99 of 100 took no longer.
    pub p99_us: u64,
    /// The longest.
    pub most_us: u64,
}

impl Load {
    /// Requests that were answered in a second.
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    pub fn rate(&self) -> f64 {
        self.requests as f64 * 1e6 / self.lasted_us.max(1) as f64
    }
}
