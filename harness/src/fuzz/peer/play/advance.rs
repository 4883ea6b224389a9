//! What a case does next.

use std::time::Duration;

use super::Play;
use crate::fuzz::peer::Reply;
use crate::fuzz::{Act, Expect};

impl Play<'_> {
    /// Whether the case goes on only when this is answered, or its exchange is over. One by one, what may be answered is waited for,
    /// too, so that it is clear what did what.
    pub(super) fn waits_for(&self, act: &Act) -> bool {
        let one_by_one = self.round.side_by_side == 1;
        self.connection.is_http() || act.expect.is_answer() || one_by_one && act.expect == Expect::Anything
    }

    /// Send what the case may send now.
    pub(super) async fn advance(&mut self, case: usize) {
        let Some(acts) = self.round.cases.get(case).cloned() else { return };
        loop {
            let Some(at) = self.at.get(case).copied() else { return };
            let Some(act) = acts.acts.get(at.next) else { break };
            if act.operation.is_some()
                && let Some(open) = self.open(case, at.next)
            {
                // What is under way is let be done.
                if let Some(place) = self.at.get_mut(case) {
                    place.gate = Some(open);
                }
                return;
            }
            let filled;
            let act = if act.takes.is_empty() {
                act
            } else if let Some(act) = act.filled(self.round.replies.get(case).map_or(&[], Vec::as_slice)) {
                filled = act;
                &filled
            } else {
                // What it would take from an earlier answer is not there.
                self.pass(case);
                continue;
            };
            if act.pause > 0 {
                tokio::time::sleep(Duration::from_millis(act.pause)).await;
            }
            if let Some(operation) = act.operation {
                let instance = self.connection.instance_of(act.client, act);
                // What that instance was asked besides says nothing any more.
                self.probes.clear();
                (self.probed, self.sent_since) = (false, true);
                if let Err(e) = self.connection.operate(instance, operation).await {
                    self.round.ended = Some(e.to_string());
                    return;
                }
                self.pass(case);
                continue;
            }
            let number = self.connection.number();
            let earlier = self.texts.get(case).cloned().unwrap_or_default();
            let id = act.id(number, &earlier);
            let bytes = act.bytes(number, &earlier);
            let exchange = self.connection.send(act.client, act, bytes).await;
            self.round.sent += 1;
            (self.sent_since, self.last) = (true, Some(case));
            if let Some(id) = id.as_ref().filter(|_| act.has_our_id()) {
                self.ids.insert(id.clone(), (case, at.next));
                if let Some(texts) = self.texts.get_mut(case) {
                    texts.push(id.clone());
                }
            }
            if let Some(exchange) = exchange {
                self.exchanges.insert(exchange, (case, at.next));
            }
            let asked = self.round.tick();
            if let Some(reply) = self.reply((case, at.next)) {
                (reply.id, reply.sent, reply.asked) = (id, true, asked);
                reply.exchange = exchange.is_some();
            }
            let waits = self.waits_for(act);
            if let Some(place) = self.at.get_mut(case) {
                if waits && place.open == 0 && place.gate.is_none() {
                    self.under_way += 1;
                }
                place.open += usize::from(waits);
                place.gate = (waits && act.awaited).then_some(place.next);
                place.next += 1;
                if place.gate.is_some() {
                    return;
                }
            }
        }
    }

    /// Nothing is sent for the act that is next.
    fn pass(&mut self, case: usize) {
        if let Some(place) = self.at.get_mut(case) {
            place.next += 1;
        }
    }

    /// An act before this one that has to be answered, and is not yet.
    fn open(&self, case: usize, before: usize) -> Option<usize> {
        let (acts, replies) = (self.round.cases.get(case)?, self.round.replies.get(case)?);
        let waits = |(act, reply): (&Act, &Reply)| reply.sent && act.expect.is_answer() && !reply.over;
        acts.acts.iter().zip(replies).take(before).position(waits)
    }
}
