//! What a run is told, and why it can fail before it has begun.

use std::path::PathBuf;
use std::time::Duration;

use crate::plan::{Permissions, Selection, SelectionError};
use crate::revision::Revision;
use crate::router::{Faults, Policy};
use crate::scenario::LoadError;

/// Which revisions are tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revisions {
    /// The newest of each era that the IUT speaks: what the handshake settles on, and the newest without one.
    Newest,
    /// Exactly these.
    These(Vec<Revision>),
}

/// Options of a run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Revisions to test.
    pub revisions: Revisions,
    /// Scenarios to test.
    pub selection: Selection,
    /// What may be called.
    pub permissions: Permissions,
    /// Cases that are active at a time. One that only waits makes room for another.
    pub jobs: usize,
    /// Longest time for one case.
    pub deadline: Duration,
    /// Longest time for a process to answer for the first time.
    pub startup: Duration,
    /// Every case has processes of its own; else ordinary cases use one after another.
    pub isolated: bool,
    /// Seed of everything random.
    pub seed: u64,
    /// Ways to route to the instances over which everything is tested once more.
    pub routes: Vec<Policy>,
    /// What goes wrong again and again on the way of answers.
    pub faults: Faults,
    /// Folder for transcripts; none are written without.
    pub out: Option<PathBuf>,
    /// The command line that repeats this run, to which a selection can be added.
    pub command: String,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A pattern selects nothing.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// Scenario files are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Load(Vec<LoadError>),
    /// Nothing answers.
    #[error("failed to reach the implementation under test: {0}; check that it runs, and the URL or command")]
    Unreachable(String),
    /// The requirement catalogue cannot be read.
    #[error("failed to read the requirement catalogue: {0}")]
    Catalogue(String),
    /// A defect of mcp-assay itself.
    #[error("a part of mcp-assay itself broke off: {0}; please report this")]
    Internal(String),
}
