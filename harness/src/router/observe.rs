//! What the router tells of what it does.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::action::Passage;

/// Watches a router.
pub trait Observer: Send + Sync {
    /// Is told what happens, in order.
    fn tell(&self, routed: Routed);

    /// The number on its line, from 1, of the request that comes on this connection, where its sender is known: requests
    /// that are sent side by side arrive in any order, and the choice of an instance must not depend on it.
    fn number(&self, _client: SocketAddr) -> Option<u64> {
        None
    }
}

impl<F: Fn(Routed) + Send + Sync> Observer for F {
    fn tell(&self, routed: Routed) {
        self(routed);
    }
}

/// What became of a request that came to the router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// On which line.
    pub line: Arc<str>,
    /// Its number on that line, from 1, as its sender counts, or else as they came.
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
    pub passage: Passage,
}
