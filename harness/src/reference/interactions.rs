//! What users have to do at a URL, outside MCP (client/elicitation of 2025-11-25).

use std::io;
use std::sync::{Arc, Mutex, Weak};

use indexmap::IndexMap;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::core::lock;
use super::rpc::notification;
use super::seal::random;
use super::session::Session;

/// Interactions kept; the oldest makes room.
const MAX_INTERACTIONS: usize = 256;

/// The interactions of a server, by elicitation id.
#[derive(Debug, Default)]
pub(super) struct Interactions(Mutex<IndexMap<String, Interaction>>);

/// What one user has to do, and the client that it was asked through.
#[derive(Debug)]
struct Interaction {
    session: Weak<Session>,
    /// Cancelled when the user is done.
    done: CancellationToken,
    /// A call waits for it and tells the client itself.
    awaited: bool,
}

impl Interactions {
    /// Begins an interaction for the client of a session: its id, and what is cancelled when the user is done.
    pub(super) fn begin(&self, session: &Arc<Session>, awaited: bool) -> io::Result<(String, CancellationToken)> {
        let id: String = random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let done = CancellationToken::new();
        let mut all = lock(&self.0);
        if all.len() >= MAX_INTERACTIONS {
            all.shift_remove_index(0);
        }
        all.insert(id.clone(), Interaction { session: Arc::downgrade(session), done: done.clone(), awaited });
        Ok((id, done))
    }

    /// The user is done. Tells the client that was asked, and no other; false if nothing with this id is open.
    pub(super) async fn finish(&self, id: &str) -> bool {
        let told = {
            let all = lock(&self.0);
            let Some(interaction) = all.get(id).filter(|interaction| !interaction.done.is_cancelled()) else {
                return false;
            };
            interaction.done.cancel();
            if interaction.awaited { None } else { interaction.session.upgrade() }
        };
        if let Some(session) = told {
            session.notify(&completed(id), false).await;
        }
        true
    }

    /// Whether the user of this client has finished something that nothing has come of yet. It counts once.
    pub(super) fn take_finished(&self, session: &Arc<Session>) -> bool {
        let mut all = lock(&self.0);
        let own = |interaction: &Interaction| interaction.session.ptr_eq(&Arc::downgrade(session));
        let finished = all.iter().find(|(_, it)| own(it) && !it.awaited && it.done.is_cancelled());
        let id = finished.map(|(id, _)| id.clone());
        id.is_some_and(|id| all.shift_remove(&id).is_some())
    }
}

/// Tells a client that the user is done.
pub(super) fn completed(id: &str) -> Value {
    notification("notifications/elicitation/complete", Some(json!({ "elicitationId": id })))
}
