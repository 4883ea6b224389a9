//! What came back for the acts of a round.

use std::sync::Arc;

use serde_json::Value;

use crate::fuzz::{Act, Case, Expect};
use crate::wire::Message;

/// What came back for one act.
#[derive(Debug, Default)]
pub struct Reply {
    /// The text of its id, where it has one.
    pub id: Option<String>,
    /// It was sent.
    pub sent: bool,
    /// It has an exchange of its own: over HTTP.
    pub exchange: bool,
    /// Its place among all that was sent and came in the round, from 1.
    pub asked: u64,
    /// The place of the first answer.
    pub came: u64,
    /// The answers with its id, or on its exchange without one; more than one is wrong.
    pub answers: Vec<Message>,
    /// What else came on its exchange, over HTTP.
    pub notes: Vec<Message>,
    /// Requests of the server's that came while it was under way: over HTTP on its exchange.
    pub asks: Vec<Message>,
    /// Ids of events on its exchange, over HTTP, the first ones.
    pub event_ids: Vec<String>,
    /// HTTP status.
    pub status: Option<u16>,
    /// HTTP headers.
    pub headers: Vec<(String, String)>,
    /// The beginning of an HTTP body that is no message.
    pub text: String,
    /// Why the exchange broke off, if it did.
    pub failure: Option<String>,
    /// The exchange is over, over HTTP.
    pub over: bool,
    /// Its answer comes on an event stream, not on its exchange: over HTTP+SSE.
    pub elsewhere: bool,
    /// An answer came on the event stream of another client.
    pub crossed: bool,
}

impl Reply {
    /// The first answer.
    pub fn answer(&self) -> Option<&Message> {
        self.answers.first()
    }

    /// Something came back: an answer, or over HTTP a status. Over HTTP+SSE, that it was taken is no answer.
    pub fn came(&self) -> bool {
        !self.answers.is_empty() || self.status.is_some_and(|status| !self.elsewhere || status >= 400)
    }

    /// Over HTTP, nothing more can come for it.
    pub fn is_over(&self) -> bool {
        self.over && (!self.elsewhere || self.failure.is_some() || self.is_refused())
    }

    /// Nothing has come on its exchange, over HTTP, though it goes on.
    pub fn hangs(&self) -> bool {
        self.exchange && self.sent && !self.over && self.answers.is_empty() && self.status.is_none()
    }

    /// Over HTTP, it may not have been read to its end: there is not even a status.
    pub fn is_unread(&self) -> bool {
        self.exchange && self.status.is_none()
    }

    /// The result.
    pub fn result(&self) -> Option<&Value> {
        self.answer()?.result()
    }

    /// The error.
    pub fn error(&self) -> Option<&Value> {
        self.answer()?.error()
    }

    /// The code of the error.
    pub fn code(&self) -> Option<i64> {
        self.error()?.get("code")?.as_i64()
    }

    /// It was refused: by an error, or a status from 400 on.
    pub fn is_refused(&self) -> bool {
        self.error().is_some() || self.status.is_some_and(|status| status >= 400)
    }
}

/// What came back for a number of cases.
#[derive(Debug, Default)]
pub struct Round {
    /// The cases.
    pub cases: Vec<Arc<Case>>,
    /// Per case and act.
    pub replies: Vec<Vec<Reply>>,
    /// Messages that belong to no act: with the case of an earlier round, where they answer one again.
    pub strays: Vec<Stray>,
    /// How the process ended, if it did, or why there is no talking to the server any more.
    pub ended: Option<String>,
    /// The end of what the process said on its standard error stream, if it ended.
    pub words: String,
    /// The answer to the request at the end came; not asked where the process ended.
    pub alive: bool,
    /// Cases that were under way at a time, at most.
    pub side_by_side: usize,
    /// Messages sent.
    pub sent: usize,
    /// The ids of the sessions of our clients, where there are any.
    pub sessions: Vec<String>,
    /// What the server said without being asked, where cases were played one by one.
    pub told: Vec<Told>,
    /// The last place that was given.
    pub(super) places: u64,
}

impl Round {
    /// The next place in the order in which things are sent and come.
    pub(super) fn tick(&mut self) -> u64 {
        self.places += 1;
        self.places
    }

    /// Whether the server answered to the end of it.
    pub fn is_whole(&self) -> bool {
        self.ended.is_none() && self.alive
    }

    /// Cases of which something was sent and not answered, in the order in which they were sent. Where they were played one by one,
    /// what others came after and were answered has not ended the server: those behind, then; and what was last taken without an
    /// answer, which may have been too early.
    pub fn unanswered(&self) -> Vec<Arc<Case>> {
        let one_by_one = self.side_by_side == 1;
        let last = self.replies.iter().rposition(came).filter(|_| one_by_one);
        let open = self.cases.iter().zip(&self.replies).skip(last.unwrap_or(0)).filter(|(case, replies)| {
            let waits = |(act, reply): (&Act, &Reply)| {
                reply.sent && !reply.came() && (one_by_one || reply.failure.is_some() || act.expect != Expect::Nothing)
            };
            case.acts.iter().zip(replies.iter()).any(waits)
        });
        let taken = last.and_then(|last| {
            let (case, replies) = (self.cases.get(last)?, self.replies.get(last)?);
            replies.iter().all(|reply| reply.came() && reply.answers.is_empty()).then_some(case)
        });
        let mut open: Vec<_> = open.map(|(case, _)| case).collect();
        if one_by_one && self.is_http() && self.ended.is_some() {
            // What was sent last, for nothing more is sent once the end is seen; what hung before has failed with it.
            open.reverse();
        }
        open.into_iter().chain(taken).cloned().collect()
    }

    /// Whether it was played over HTTP.
    pub fn is_http(&self) -> bool {
        self.replies.iter().flatten().any(|reply| reply.exchange)
    }

    /// Whether the server still answered after this case: at the end, or where cases were played one by one, a later one.
    pub fn went_on_after(&self, case: usize) -> bool {
        let later = || self.side_by_side == 1 && self.replies.iter().skip(case + 1).any(came);
        self.is_whole() || later()
    }
}

/// Something came back for one of these.
#[expect(clippy::ptr_arg, reason = "what iterators over replies give")]
fn came(replies: &Vec<Reply>) -> bool {
    replies.iter().any(Reply::came)
}

/// A message that belongs to no act of the round.
#[derive(Debug)]
pub struct Stray {
    /// The message.
    pub message: Message,
    /// The case that was sent last before it came.
    pub after: Option<Arc<Case>>,
    /// The case that it answers once more, and which act of it.
    pub again: Option<(Arc<Case>, usize)>,
}

/// A notification or a request of the server's.
#[derive(Debug)]
pub struct Told {
    /// Its place among all that was sent and came in the round.
    pub n: u64,
    /// To which of our clients.
    pub client: usize,
    /// The message.
    pub value: Value,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_sent_last_is_suspected_first_where_a_server_over_http_ended() {
        let case =
            |method: &str| Arc::new(Case { acts: vec![Act::plain(json!({ "method": method }))], ..Case::default() });
        let reply = |status| vec![Reply { sent: true, exchange: true, status, ..Reply::default() }];
        let mut round = Round {
            cases: ["refused", "hangs", "taken", "ends"].map(case).to_vec(),
            replies: vec![reply(Some(400)), reply(None), reply(Some(202)), reply(None)],
            ended: Some("exit status: 1".to_owned()),
            side_by_side: 1,
            ..Round::default()
        };
        let names = |round: &Round| {
            let all = round.unanswered();
            all.iter().filter_map(|case| case.acts.first()).map(|act| act.subject.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&round), ["ends", "taken"]);
        round.replies.truncate(2);
        round.cases.truncate(2);
        round.replies.push(reply(None));
        round.cases.push(case("ends"));
        assert_eq!(names(&round), ["ends", "hangs", "refused"]);
        round.ended = None;
        assert_eq!(names(&round), ["hangs", "ends", "refused"]);
    }
}
