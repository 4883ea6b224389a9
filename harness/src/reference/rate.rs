//! A limit on calls in one second.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Counts calls in windows of one second.
#[derive(Debug)]
pub(super) struct Rate {
    limit: u64,
    window: Mutex<(Instant, u64)>,
}

impl Rate {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, window: Mutex::new((Instant::now(), 0)) }
    }

    /// Whether one more call fits.
    pub(super) fn admits(&self) -> bool {
        let mut window = super::core::lock(&self.window);
        if window.0.elapsed() >= Duration::from_secs(1) {
            *window = (Instant::now(), 0);
        }
        window.1 += 1;
        window.1 <= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_above_the_limit() {
        let rate = Rate::new(0);
        assert!(!rate.admits());
        assert!(Rate::new(1).admits());
    }
}
