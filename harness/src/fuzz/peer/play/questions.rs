//! What the server asks in the midst of a call.

use std::time::Duration;

use super::{Manner, Play};
use crate::fuzz::peer::Reply;
use crate::fuzz::{Act, Case};
use crate::wire::Message;

/// The least that a question is waited for which is known to come.
const COMES: Duration = Duration::from_secs(1);

impl Play<'_> {
    /// Silence after which nothing more is expected.
    pub(super) fn silence(&self, manner: Manner) -> Duration {
        if self.waits_for_question() { manner.silence.max(COMES) } else { manner.silence }
    }

    /// The server asks a client something: on the exchange of an act, or where none says, on account of any of its acts that are under way. It
    /// is answered, unless that is left to the acts; and what waits for it goes on.
    pub(super) async fn question(&mut self, on: Option<(usize, usize)>, client: usize, message: &Message) {
        self.connection.answer(client, message).await;
        let places = match on {
            Some(place) => vec![place],
            None if self.connection.is_http() && self.connection.streams().is_none() => Vec::new(),
            None => self.under_way_of(client),
        };
        for place in places {
            if let Some(reply) = self.reply(place) {
                reply.asks.push(message.clone());
            }
            let (case, act) = place;
            let waits =
                self.act(place).is_some_and(|act| act.asks.is_some() && act.asks.as_deref() == message.method());
            if let Some(at) = self.at.get_mut(case).filter(|at| waits && at.gate == Some(act)) {
                at.gate = None;
                Box::pin(self.advance(case)).await;
            }
        }
    }

    /// The requests of a client that are not answered, where cases are played one by one.
    fn under_way_of(&self, client: usize) -> Vec<(usize, usize)> {
        if self.round.side_by_side != 1 {
            return Vec::new();
        }
        let is_open = |(act, reply): (&Act, &Reply)| {
            act.client == client
                && act.method().is_some()
                && reply.id.is_some()
                && reply.sent
                && reply.answers.is_empty()
        };
        let of = |(case, (acts, replies)): (usize, (&std::sync::Arc<Case>, &Vec<Reply>))| {
            let open = acts.acts.iter().zip(replies).enumerate().filter(|(_, pair)| is_open(*pair));
            open.map(|(act, _)| (case, act)).collect::<Vec<_>>()
        };
        self.round.cases.iter().zip(&self.round.replies).enumerate().flat_map(of).collect()
    }

    /// Whether a case waits for the server to ask something.
    pub(super) fn waits_for_question(&self) -> bool {
        let waits = |(case, gate): (usize, Option<usize>)| {
            gate.and_then(|act| self.act((case, act))).is_some_and(|act| act.asks.is_some())
        };
        self.at.iter().map(|at| at.gate).enumerate().any(waits)
    }
}
