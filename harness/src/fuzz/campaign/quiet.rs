//! Connections for cases that are played alone, each beside whatever else goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::fuzz::case::Case;
use crate::fuzz::peer::{Connection, Manner, Offer, Peer, Reply, Round};

/// Cases that are played alone at a time, each on a process of its own.
const ALONE: usize = 4;

/// What a case takes.
pub(super) struct Wanted {
    /// The server, or one like it.
    pub peer: Peer,
    pub clients: usize,
    pub offer: Arc<Offer>,
}

impl Wanted {
    /// Take up contact with this server, or with another one.
    async fn connect(self, server: Option<Peer>) -> Option<(Peer, Connection)> {
        let server = match server {
            Some(server) => Peer { able: self.peer.able, ..server },
            None => self.peer.another().await.ok()?,
        };
        let connection = match self.clients {
            1 => server.connect_for_cases(Some(self.offer)).await,
            clients => server.connect_all(clients, Some(self.offer)).await,
        };
        Some((server, connection.ok()?))
    }
}

/// Those that nothing is played on.
#[derive(Debug)]
pub(super) struct Quiet {
    free: Mutex<Free>,
    /// First come, first served.
    places: Semaphore,
}

#[derive(Debug, Default)]
struct Free {
    connections: Vec<(Peer, Connection)>,
    /// Servers over HTTP that nobody is connected to any more.
    servers: Vec<Peer>,
}

impl Free {
    /// A server over HTTP for a new connection, in place of one that cannot be used.
    fn server(&mut self) -> Option<Peer> {
        let idle = |free: &mut Self| {
            let at = free.connections.iter().rposition(|(_, connection)| connection.is_http())?;
            Some(free.connections.remove(at).0)
        };
        self.servers.pop().or_else(|| idle(self))
    }
}

impl Default for Quiet {
    fn default() -> Self {
        Self { free: Mutex::default(), places: Semaphore::new(ALONE) }
    }
}

impl Quiet {
    /// Play a case when there is a place for it. Its connection is kept for others if that changes nothing for them, or else its server.
    pub async fn play(&self, case: Arc<Case>, manner: Manner, wanted: Wanted) -> Option<Round> {
        let _place = self.places.acquire().await.ok()?;
        let free = if wanted.clients == 1 { self.take(case.asked.is_some()) } else { None };
        let (server, mut connection) = match free {
            Some(free) => free,
            None => {
                let server = self.free().server();
                wanted.connect(server).await?
            }
        };
        let round = connection.play(vec![case], manner).await;
        if is_reusable(&round, &connection) {
            self.free().connections.push((server, connection));
        } else if round.is_whole() && connection.is_http() {
            drop(connection);
            self.free().servers.push(server);
        }
        Some(round)
    }

    /// What is free leads nowhere any more, or may have been marked.
    pub fn clear(&self) {
        *self.free() = Free::default();
    }

    /// One of clients that can be asked things, or not.
    fn take(&self, able: bool) -> Option<(Peer, Connection)> {
        let mut free = self.free();
        let at = free.connections.iter().rposition(|(_, connection)| connection.is_able() == able)?;
        Some(free.connections.remove(at))
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether another case can be played on the connection on which one was played alone.
pub(super) fn is_reusable(round: &Round, connection: &Connection) -> bool {
    let one = round.cases.iter().all(|case| case.clients() == 1 && !case.operates());
    // What was asked, and not answered, may be asked again, or given up, at any time.
    let open = |reply: &Reply| !reply.asks.is_empty() && !reply.came();
    let open = connection.is_able() && round.replies.iter().flatten().any(open);
    round.is_whole() && one && !open
}
