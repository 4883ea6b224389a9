//! What a campaign is told, and what it came to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use crate::fuzz::extent::Extent;
use crate::fuzz::finding::Finding;
use crate::fuzz::safety::{Permits, Rate};

/// What a campaign is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much, from where, and where findings are kept.
    pub extent: Extent,
    /// Processes of the server that are fuzzed at a time, at most.
    pub jobs: usize,
    /// What may be called.
    pub permits: Permits,
    /// Messages a second, at most.
    pub rate: Option<Rate>,
    /// Follow which places of the server's own code are reached, and be led by that.
    pub coverage: bool,
}

/// What a campaign came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Revision and transport.
    pub axis: String,
    /// Name and version of the server.
    pub server: String,
    /// Messages sent in rounds.
    pub sent: usize,
    /// Cases carried out in rounds.
    pub cases: usize,
    /// How long rounds took.
    pub playing: Duration,
    /// How long it took in all.
    pub lasted: Duration,
    /// How often each class of answers was seen.
    pub classes: BTreeMap<String, u64>,
    /// Places of its own code that the server has reached, where that was followed.
    pub places: Option<usize>,
    /// Per method, with which outcomes it was seen.
    pub by_method: BTreeMap<String, BTreeMap<String, u64>>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Files of findings that are not shown any more, and are gone.
    pub mended: Vec<PathBuf>,
    /// Suspicions that could not be shown again: how often each.
    pub unconfirmed: BTreeMap<String, usize>,
    /// Hash of the sequence of cases, to compare two campaigns.
    pub sequence: u64,
    /// Requests that are not answered at once, or not at all, and were left out.
    pub left_out: Vec<String>,
    /// Notifications that are not sent any more, as among many messages they end the server again and again.
    pub given_up: BTreeSet<String>,
    /// Why it ended before its time, if it did.
    pub stopped: Option<String>,
}
