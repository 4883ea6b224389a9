//! What instances tell one another at once. All else they find in the store.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Switch;
use super::core::{Change, Server};
use super::events::News;
use super::store::Member;

/// Word of something that another instance may be at work on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Signal {
    /// The client cancelled a request.
    Cancel { session: String, id: Value },
    /// The client answered a question.
    Answer { session: String, id: Value, outcome: Result<Value, Value> },
    /// The session has ended.
    Ended { session: String },
    /// Something changed that clients may have asked to hear of.
    Change(Change),
    /// Something for the streams of events.
    Events(News),
    /// A message for a client of HTTP+SSE whose event stream is with another instance.
    Forward { to: u64, from: u64, number: u64, client: String, body: String },
    /// That message was taken in, with this status and refusal.
    Forwarded { to: u64, number: u64, status: u16, refusal: Value },
}

impl Signal {
    /// As text.
    pub(super) fn write(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Server {
    /// Tells the other instances.
    pub(super) async fn tell(&self, signal: &Signal) {
        // Nobody waits for it; what is lost shows as what the others do not know.
        let _ = self.options.store.signal(self.homes.member, &signal.write()).await;
    }

    /// Does what the other instances say, until the server stops.
    pub(super) async fn hear(self: Arc<Self>, mut member: Member) {
        while let Some(Some(text)) = self.stop.run_until_cancelled(member.heard.recv()).await {
            match serde_json::from_str(&text) {
                Ok(Signal::Cancel { session, id }) => {
                    if let Some(session) = self.sessions.met(&session) {
                        session.cancel(&id);
                    }
                }
                Ok(Signal::Answer { session, id, outcome }) => {
                    if let Some(session) = self.sessions.met(&session) {
                        // Another instance asked, or nobody.
                        let _ = session.answered(&id, outcome);
                    }
                }
                Ok(Signal::Ended { session }) => self.sessions.close(&session),
                Ok(Signal::Change(change)) if !self.has(Switch::ListensOnOneInstance) => self.announce(&change).await,
                Ok(Signal::Events(news)) if !self.has(Switch::OccurrencesOnOneInstance) => self.events.tell(news),
                Ok(Signal::Forward { to, from, number, client, body }) if to == self.homes.member => {
                    self.take_in(from, number, &client, body);
                }
                Ok(Signal::Forwarded { to, number, status, refusal }) if to == self.homes.member => {
                    self.taken_in(number, status, refusal);
                }
                // For others, or from an older or newer instance that says more.
                Ok(Signal::Change(_) | Signal::Events(_) | Signal::Forward { .. } | Signal::Forwarded { .. })
                | Err(_) => {}
            }
        }
    }
}
