//! How much is fuzzed, from where, and where what is found is kept.

use std::path::PathBuf;
use std::time::Duration;

/// What every campaign is told, whatever it is against.
#[derive(Clone, Debug)]
pub struct Extent {
    /// Seed of everything random.
    pub seed: u64,
    /// How long it lasts.
    pub time: Duration,
    /// Most cases; no limit unless given.
    pub cases: Option<usize>,
    /// This share, from 0, of so many.
    pub partition: (usize, usize),
    /// Folder of findings.
    pub findings: Option<PathBuf>,
}
