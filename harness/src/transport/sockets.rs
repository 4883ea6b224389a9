//! Which exchange a connection of ours belongs to, for who stands in between and sees connections alone.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The exchanges of a case by our end of their connections, and those whose answer was broken off on its way on purpose.
#[derive(Debug, Default)]
pub struct Sockets(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    exchanges: HashMap<SocketAddr, u32>,
    struck: HashSet<u32>,
}

impl Sockets {
    /// The connection of an exchange is there.
    pub fn opened(&self, address: SocketAddr, exchange: u32) {
        self.lock().exchanges.insert(address, exchange);
    }

    /// The exchange that has this end of a connection.
    #[must_use]
    pub fn exchange(&self, address: SocketAddr) -> Option<u32> {
        self.lock().exchanges.get(&address).copied()
    }

    /// The answer of an exchange is broken off on its way: its end is ours.
    pub fn strike(&self, exchange: u32) {
        self.lock().struck.insert(exchange);
    }

    /// Whether it was.
    #[must_use]
    pub fn is_struck(&self, exchange: u32) -> bool {
        self.lock().struck.contains(&exchange)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
