//! What comes again on a stream that goes on where another was.

use super::Play;
use crate::wire::Message;

/// Event ids of an exchange that are kept.
const MAX_IDS: usize = 8;

impl Play<'_> {
    pub(super) fn event_id(&mut self, exchange: u64, id: String) {
        let place = self.exchanges.get(&exchange).copied();
        if let Some(reply) = place.and_then(|place| self.reply(place)).filter(|reply| reply.event_ids.len() < MAX_IDS) {
            reply.event_ids.push(id);
        }
    }

    /// Whether an answer came on such a stream: it is no second one.
    pub(super) fn is_replayed(&mut self, on: Option<(usize, usize)>, message: &Message) -> bool {
        let resumes = on.filter(|place| self.act(*place).is_some_and(crate::fuzz::Act::resumes));
        let Some(reply) = resumes.and_then(|place| self.reply(place)) else { return false };
        reply.notes.push(message.clone());
        true
    }
}
