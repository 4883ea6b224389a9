//! Faults that come again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::action::{Fault, Recurring};

/// Faults with their counts. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<[(Recurring, AtomicU64)]>);

impl Faults {
    /// These, none of which has struck yet.
    pub fn new(recurring: &[Recurring]) -> Self {
        Self(recurring.iter().map(|recurring| (*recurring, AtomicU64::new(0))).collect())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one that is due for the request that has just come; of several the first.
    pub(super) fn due(&self) -> Option<Fault> {
        let mut due = None;
        for (recurring, count) in self.0.iter() {
            let count = count.fetch_add(1, Ordering::Relaxed) + 1;
            if count.is_multiple_of(u64::from(recurring.every.get())) && due.is_none() {
                due = Some(recurring.fault);
            }
        }
        due
    }
}
