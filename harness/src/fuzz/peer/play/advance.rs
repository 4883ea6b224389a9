//! What a case does next.

use std::time::Duration;

use super::Play;
use crate::fuzz::peer::Reply;
use crate::fuzz::{Act, Expect};

impl Play<'_> {
    /// Whether the case goes on only when this is answered, or its exchange is over.
    fn waits_for(&self, act: &Act) -> bool {
        self.connection.is_http() || self.waits_for_answer(act)
    }

    /// One by one, what may be answered is waited for, too, so that it is clear what did what.
    fn waits_for_answer(&self, act: &Act) -> bool {
        act.expect.is_answer() || self.round.side_by_side == 1 && act.expect == Expect::Anything
    }

    /// Whether nothing more is waited for: it is answered; over HTTP its exchange is over; over HTTP+SSE both, where it is waited
    /// for an answer that may still come.
    pub(super) fn is_done(&self, place: (usize, usize)) -> bool {
        let reply = self.round.replies.get(place.0).and_then(|replies| replies.get(place.1));
        let (Some(act), Some(reply)) = (self.act(place), reply) else { return false };
        let answered = !reply.answers.is_empty();
        match (reply.exchange, reply.elsewhere) {
            (false, _) => answered,
            (true, false) => reply.over,
            (true, true) => reply.over && (answered || reply.is_over() || !self.waits_for_answer(act)),
        }
    }

    /// Send what the case may send now.
    pub(super) async fn advance(&mut self, case: usize) {
        let Some(acts) = self.round.cases.get(case).cloned() else { return };
        loop {
            let Some(next) = self.at.get(case).map(|at| at.next) else { return };
            let Some(act) = acts.acts.get(next) else { break };
            if act.operation.is_some()
                && let Some(open) = self.open(case, next)
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
                self.connection.flush().await;
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
                self.ids.insert(id.clone(), (case, next));
                if let Some(texts) = self.texts.get_mut(case) {
                    texts.push(id.clone());
                }
            }
            if let Some(exchange) = exchange {
                self.exchanges.insert(exchange, (case, next));
            }
            let asked = self.round.tick();
            let elsewhere = self.connection.streams().is_some();
            if let Some(reply) = self.reply((case, next)) {
                (reply.id, reply.sent, reply.asked) = (id, true, asked);
                (reply.exchange, reply.elsewhere) = (exchange.is_some(), elsewhere);
            }
            let waits = self.waits_for(act);
            if let Some(place) = self.at.get_mut(case) {
                if waits && place.open.is_empty() && place.gate.is_none() {
                    self.under_way += 1;
                }
                place.open.extend(waits.then_some(next));
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
