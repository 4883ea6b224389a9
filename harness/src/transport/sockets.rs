//! Which exchange a connection of ours belongs to, for who stands in between and sees connections alone; and which
//! exchanges end because of us.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The exchanges of a case by our end of their connections, and those whose answer was broken off on its way on purpose.
#[derive(Debug, Default)]
pub struct Sockets(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    exchanges: HashMap<SocketAddr, u32>,
    /// How many exchanges each actor has begun, and which of them each one is, from 1.
    begun: HashMap<String, u64>,
    places: HashMap<u32, u64>,
    /// The instance that each open exchange is with.
    instances: HashMap<u32, usize>,
    struck: HashSet<u32>,
}

impl Sockets {
    /// An actor begins an exchange, as far as is known with this instance.
    pub fn begin(&self, exchange: u32, actor: &str, instance: usize) {
        let mut state = self.lock();
        let begun = state.begun.entry(actor.to_owned()).or_default();
        *begun += 1;
        let place = *begun;
        state.places.insert(exchange, place);
        state.instances.insert(exchange, instance);
    }

    /// Which of its actor's exchanges has this end of a connection, from 1.
    #[must_use]
    pub fn place(&self, address: SocketAddr) -> Option<u64> {
        let state = self.lock();
        state.places.get(state.exchanges.get(&address)?).copied()
    }

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

    /// An exchange is with this instance.
    pub fn reaches(&self, exchange: u32, instance: usize) {
        self.lock().instances.insert(exchange, instance);
    }

    /// An exchange is over. Whether its end is ours.
    #[must_use]
    pub fn close(&self, exchange: u32) -> bool {
        let mut state = self.lock();
        state.instances.remove(&exchange);
        state.struck.contains(&exchange)
    }

    /// An instance is ended by us, and with it what is open there; with none, all that is open.
    pub fn strike_all(&self, instance: Option<usize>) {
        let mut state = self.lock();
        let there = state.instances.iter().filter(|(_, at)| instance.is_none_or(|instance| **at == instance));
        let open: Vec<u32> = there.map(|(exchange, _)| *exchange).collect();
        state.struck.extend(open);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
