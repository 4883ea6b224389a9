//! The end of a case: sessions are given up, and processes handed on or left.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indexmap::IndexMap;
use tokio::time::Instant;

use super::actor::Actor;
use super::outgoing::Outgoing;
use super::run::Run;
use crate::action;
use crate::revision::Era;
use crate::transcript::{self, Index, SentKind, StreamStatus};

/// Longest wait for the goodbye of a session at the end of a case.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the end of a case leaves.
pub(super) struct Ended {
    leaving: Vec<Actor>,
    /// A process that was shared was handed on; true where none was.
    pub handed_on: bool,
    /// A wait ended at its deadline.
    pub in_vain: bool,
}

impl Ended {
    /// Let the processes end in the background. Only once the transcript is finished: what a server says when its input
    /// is closed is no part of the case.
    pub fn leave(self) -> Vec<tokio::task::JoinHandle<()>> {
        self.leaving.into_iter().map(|actor| tokio::spawn(actor.leave())).collect()
    }
}

impl Run<'_> {
    /// Say goodbye and cut what is still open; a process that is shared is handed on, if it can be.
    pub(super) async fn end(mut self) -> Ended {
        for actor in self.actors.values().filter(|actor| actor.config.join.is_none() && actor.is_http()) {
            if actor.learnt().session.is_some() && self.spec.revision.era() == Era::Handshake {
                let stream = format!("{}{}", actor.name, transcript::GOODBYE);
                let goodbye = Outgoing {
                    stream: Some(stream.clone()),
                    kind: SentKind::Raw,
                    body: bytes::Bytes::new(),
                    chunks: action::Chunks::default(),
                    parts: Vec::new(),
                    message: None,
                    token: None,
                    proof: None,
                    verb: "DELETE",
                    path: None,
                    headers: IndexMap::new(),
                    wrong: false,
                    cut: None,
                };
                actor.send(goodbye).await;
                let over = |index: &Index| index.streams.get(&stream).is_some_and(StreamStatus::is_over).then_some(());
                self.patience.wait(self.stage.recorder.wait(Instant::now() + GOODBYE, over)).await;
            }
        }
        self.stage.curtain.cancel();
        let mut tasks = std::mem::take(&mut *self.stage.tasks.lock().await);
        while tasks.join_next().await.is_some() {}
        let in_vain = self.in_vain.load(Ordering::Relaxed);
        let mut ended = Ended { leaving: Vec::new(), handed_on: true, in_vain };
        for actor in self.actors.into_values().filter_map(Arc::into_inner) {
            let shared = self.shared.swap_remove(&actor.name);
            let kept = match (&self.sharing, shared) {
                (Some(sharing), Some(greeting)) => {
                    let given = actor.give_up(greeting).await;
                    ended.handed_on &= given.is_ok();
                    given.map(|lent| sharing.lending.hand_in(self.spec.revision, sharing.manner, lent))
                }
                _ => Err(actor),
            };
            if let Err(actor) = kept {
                ended.leaving.push(actor);
            }
        }
        ended
    }
}
