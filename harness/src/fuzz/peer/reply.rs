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
    /// The answers with its id, or on its exchange without one; more than one is wrong.
    pub answers: Vec<Message>,
    /// What else came on its exchange, over HTTP.
    pub notes: Vec<Message>,
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
}

impl Reply {
    /// The first answer.
    pub fn answer(&self) -> Option<&Message> {
        self.answers.first()
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
}

impl Round {
    /// Cases of which something was sent and not answered, in the order in which they were sent. Where they were played one by one,
    /// what others came after and were answered has not ended the server: those behind, then.
    pub fn unanswered(&self) -> Vec<Arc<Case>> {
        let answered = |replies: &Vec<Reply>| replies.iter().any(|reply| !reply.answers.is_empty());
        let last = self.replies.iter().rposition(answered).filter(|_| self.side_by_side == 1).unwrap_or(0);
        let open = self.cases.iter().zip(&self.replies).skip(last).filter(|(case, replies)| {
            let waits =
                |(act, reply): (&Act, &Reply)| reply.sent && reply.answers.is_empty() && act.expect != Expect::Nothing;
            case.acts.iter().zip(replies.iter()).any(waits)
                || self.side_by_side == 1 && replies.iter().any(|reply| reply.sent && reply.answers.is_empty())
        });
        open.map(|(case, _)| case.clone()).collect()
    }

    /// Whether the server still answered after this case: at the end, or where cases were played one by one, a later one.
    pub fn went_on_after(&self, case: usize) -> bool {
        let answered = |replies: &Vec<Reply>| replies.iter().any(|reply| !reply.answers.is_empty());
        let later = || self.side_by_side == 1 && self.replies.iter().skip(case + 1).any(answered);
        self.ended.is_none() && self.alive || later()
    }
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
