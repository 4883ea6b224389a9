//! What clients take up of their machine while they run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;

use crate::fuzz::peer::{GroupUsage, group_usages};

/// How often it is looked.
const EVERY: Duration = Duration::from_millis(200);

/// What a process group took up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// The most memory at a time, in KiB.
    pub peak: u64,
    /// Time of processors so far, in milliseconds.
    pub busy_ms: u64,
}

/// Looks at all process groups of clients, again and again until it is dropped.
#[derive(Debug)]
pub struct Meter {
    groups: Arc<Mutex<BTreeMap<i32, Used>>>,
    _looking: AbortOnDropHandle<()>,
}

impl Meter {
    /// Start looking.
    pub fn start() -> Self {
        let groups: Arc<Mutex<BTreeMap<i32, Used>>> = Arc::default();
        let all = groups.clone();
        let looking = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                let now = group_usages(Path::new("/proc"));
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                for (group, used) in all.iter_mut() {
                    let GroupUsage { memory, busy_ms } = now.get(group).copied().unwrap_or_default();
                    used.peak = used.peak.max(memory);
                    used.busy_ms = used.busy_ms.max(busy_ms);
                }
            }
        });
        Self { groups, _looking: AbortOnDropHandle::new(looking) }
    }

    /// Look at this group, too.
    pub fn add(&self, group: i32) {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner).insert(group, Used::default());
    }

    /// What it took up; it is not looked at any more.
    pub fn take(&self, group: i32) -> Used {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner).remove(&group).unwrap_or_default()
    }
}
