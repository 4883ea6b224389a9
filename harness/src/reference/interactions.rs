//! What users have to do at a URL, outside MCP (client/elicitation of 2025-11-25).

use serde_json::{Value, json};
use tokio::time::timeout;

use super::core::Server;
use super::rpc::{Failure, INTERNAL, notification};
use super::seal::random;
use super::session::Session;
use super::store::{LONG, POLL};

/// Interactions kept for one client; further ones are refused.
const MAX_INTERACTIONS: usize = 256;
/// A call waits until the user is done, and tells the client itself.
const AWAITED: &str = "awaited";
/// The client tries again when the user is done.
const OPEN: &str = "open";
/// The user is done, and nothing has come of it yet.
const DONE: &str = "done";
/// The user is done, and the call that waited goes on.
const SEEN: &str = "seen";

/// The map of what the user of a session has to do.
fn of(session: &str) -> String {
    format!("interactions {session}")
}

/// The map with the session of an interaction.
fn place(id: &str) -> String {
    format!("interaction {id}")
}

impl Server {
    /// Begins an interaction for the client of a session: its id.
    pub(super) async fn begin_interaction(&self, session: &Session, awaited: bool) -> Result<String, Failure> {
        let random = random::<16>().map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
        let id: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let (store, key) = (&session.homes.session, of(&session.id));
        if store.size(&key).await? >= MAX_INTERACTIONS {
            return Err(Failure::new(INTERNAL, "this client has too many open interactions"));
        }
        store.set(&key, &id, if awaited { AWAITED } else { OPEN }, LONG).await?;
        store.set(&place(&id), "session", &session.id, LONG).await?;
        Ok(id)
    }

    /// Waits until the user is done.
    pub(super) async fn interaction_done(&self, session: &Session, id: &str) -> Result<(), Failure> {
        let mut woken = session.homes.session.watch(&place(id));
        while session.homes.session.field(&of(&session.id), id).await?.as_deref() != Some(SEEN) {
            // Word of it can be lost.
            let _ = timeout(POLL, woken.changed()).await;
        }
        session.homes.session.unset(&of(&session.id), id).await?;
        Ok(())
    }

    /// The user is done. Tells the client that was asked, and no other; false if nothing with this id is open.
    pub(super) async fn finish_interaction(&self, id: &str) -> Result<bool, Failure> {
        for (store, lines) in [(&self.homes.session, false), (&self.private, true)] {
            let Some(owner) = store.field(&place(id), "session").await? else { continue };
            let key = of(&owner);
            if store.swap(&key, id, AWAITED, SEEN).await? {
                store.wake(&place(id)).await?;
                return Ok(true);
            }
            if store.swap(&key, id, OPEN, DONE).await? {
                let session = if lines { self.sessions.met(&owner) } else { self.sessions.get(&owner).await? };
                if let Some(session) = session {
                    session.notify(&completed(id), false).await;
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the user of this client has finished something that nothing has come of yet. It counts once.
    pub(super) async fn take_finished(&self, session: &Session) -> Result<bool, Failure> {
        let (store, key) = (&session.homes.session, of(&session.id));
        for (id, _) in store.fields(&key).await?.into_iter().filter(|(_, state)| state == DONE) {
            if store.unset(&key, &id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Tells a client that the user is done.
pub(super) fn completed(id: &str) -> Value {
    notification("notifications/elicitation/complete", Some(json!({ "elicitationId": id })))
}
