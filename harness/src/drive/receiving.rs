//! The receiver of a webhook, played for a case.

use std::sync::Arc;

use tokio::net::TcpListener;

use super::run::{Run, Stop};
use crate::action::{DEFAULT_ACTOR, Receive};
use crate::token::random_name;
use crate::transport::{Receiver, Receivers, is_loopback};

/// Receivers of webhooks, and where they are once there is one.
#[derive(Default)]
pub(super) struct Webhooks {
    place: Option<Arc<Receivers>>,
    played: Vec<Receiver>,
}

impl Run<'_> {
    /// Play a receiver until the case is over.
    pub(super) async fn receive(&mut self, receive: &Receive) -> Result<(), Stop> {
        let failed = |e: std::io::Error| Stop::Harness(format!("failed to play the receiver of a webhook: {e}"));
        if self.webhooks.place.is_none() {
            self.webhooks.place = Some(match &self.target.webhooks {
                Some(place) => Arc::clone(place),
                None => {
                    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
                    Receivers::start(listener, None).map_err(failed)?
                }
            });
        }
        let Some(place) = &self.webhooks.place else { return Ok(()) };
        let near = self.target.http.first().is_some_and(|target| is_loopback(&target.url));
        if is_loopback(place.base()) && !near {
            let mend = "say with --webhooks-url by which URL it reaches those at --webhooks-listen";
            return Err(Stop::Iut(format!("it is not on this machine, and the receivers of webhooks are: {mend}")));
        }
        let unguessable = random_name().map_err(|e| Stop::Harness(e.to_string()))?;
        let recorder = Arc::clone(&self.stage.recorder);
        let receiver = place.open(receive.clone(), DEFAULT_ACTOR, recorder, &unguessable);
        self.party.published.insert(receive.stream.clone(), receiver.url.to_string());
        self.webhooks.played.push(receiver);
        Ok(())
    }
}
