//! What the router tells of what it does.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::action::Fault;

/// Is told, in the order in which things happen.
pub type Observer = Arc<dyn Fn(Routed) + Send + Sync>;

/// What became of a request that came to the router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// On which line.
    pub line: Arc<str>,
    /// Its number on that line, from 1, as they came.
    pub number: u64,
    /// Whose connection it came on.
    pub client: SocketAddr,
    /// Its verb; empty where it is no proper request of HTTP/1.1.
    pub verb: String,
    /// Its path and query.
    pub target: String,
    /// The instance, from 1; none where there is none to ask.
    pub instance: Option<usize>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a request, or of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It went to this instance.
    Forwarded,
    /// This instance could not be reached: why. The next is tried, where there is one to try.
    Unreachable(String),
    /// No instance takes it: the router answered 502, with the header `Assay-Router`.
    Refused,
    /// This fault is about to strike the answer.
    Faulted(Fault),
    /// The answer is over and had no place for this fault.
    Missed(Fault),
}
