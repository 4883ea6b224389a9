//! Connections for cases that are played alone, each beside whatever else goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::fuzz::case::Case;
use crate::fuzz::peer::{Connection, Manner, Reply, Round};

/// Cases that are played alone at a time, each on a process of its own.
const ALONE: usize = 4;

/// Those that nothing is played on.
#[derive(Debug)]
pub(super) struct Quiet {
    free: Mutex<Vec<Connection>>,
    /// First come, first served.
    places: Semaphore,
}

impl Default for Quiet {
    fn default() -> Self {
        Self { free: Mutex::default(), places: Semaphore::new(ALONE) }
    }
}

impl Quiet {
    /// Play a case when there is a place for it. Its connection is kept for others if that changes nothing for them.
    pub async fn play(
        &self,
        case: Arc<Case>,
        manner: Manner,
        connecting: impl Future<Output = Option<Connection>>,
    ) -> Option<Round> {
        let _place = self.places.acquire().await.ok()?;
        let free = if case.clients() == 1 { self.take(case.asked.is_some()) } else { None };
        let mut connection = match free {
            Some(connection) => connection,
            None => connecting.await?,
        };
        let round = connection.play(vec![case], manner).await;
        if is_reusable(&round, &connection) {
            self.free().push(connection);
        }
        Some(round)
    }

    /// What is free leads nowhere any more, or may have been marked.
    pub fn clear(&self) {
        self.free().clear();
    }

    /// One of clients that can be asked things, or not.
    fn take(&self, able: bool) -> Option<Connection> {
        let mut free = self.free();
        let at = free.iter().rposition(|connection| connection.is_able() == able)?;
        Some(free.remove(at))
    }

    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
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
