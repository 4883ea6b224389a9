//! Faults in asking the client in the midst of a call, and in what becomes of its answers (up to 2025-11-25).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{Fault, Faults};
use crate::reference::core::lock;
use crate::reference::session::Session;

/// The code of an answer that a user has rejected (client/sampling).
const REJECTED: i64 = -1;
/// How the ids of this server's questions begin.
const OWN: &str = "server-";

/// What was asked and answered, for whomever.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// Questions that were answered.
    ids: BTreeSet<String>,
    /// Of two that were open at the same time, which got the answer to which.
    crossed: BTreeMap<String, String>,
    /// Who waits for ever.
    forgotten: Vec<oneshot::Sender<Result<Value, Value>>>,
}

/// What the client answers: with a result, or an error.
type Outcome = Result<Value, Value>;

impl Faults {
    /// An answer of the client's in a session, before it goes to whoever asked: in which session it counts, and under which id; nothing
    /// where it is lost.
    pub(in crate::reference) fn answer_of_client(
        &self,
        session: &Arc<Session>,
        others: &[Arc<Session>],
        id: Value,
        outcome: Outcome,
    ) -> Option<(Arc<Session>, Value, Outcome)> {
        let Some(text) = id.as_str().map(str::to_owned).filter(|_| self.any()) else {
            return Some((session.clone(), id, outcome));
        };
        let is_open = |session: &Arc<Session>| lock(&session.pending).contains_key(&text);
        let mut kept = lock(&self.kept);
        let asked = &mut kept.answered;
        if is_open(session) {
            self.met(&outcome);
            asked.ids.insert(text.clone());
            if outcome == Ok(Value::Null) && self.has(Fault::ForgetsQuestionOnNull) {
                asked.forgotten.extend(lock(&session.pending).remove(&text));
                return None;
            }
            let declined = outcome.as_ref().is_ok_and(|result| result.get("action") == Some(&json!("decline")));
            let lost = declined && self.has(Fault::LosesCallAfterDecline)
                || outcome.is_err() && self.has(Fault::LosesCallAfterErrorAnswer);
            if lost {
                asked.forgotten.extend(lock(&session.pending).remove(&text));
                return None;
            }
            let other = lock(&session.pending).keys().find(|other| **other != text).cloned();
            if let Some(other) = other.filter(|_| self.has(Fault::CrossesAnswers)) {
                asked.crossed.insert(other.clone(), text);
                return Some((session.clone(), json!(other), outcome));
            }
            return Some((session.clone(), id, outcome));
        }
        if let Some(other) = asked.crossed.remove(&text) {
            return Some((session.clone(), json!(other), outcome));
        }
        let again = asked.ids.contains(&text);
        self.dies_if(Fault::DiesOnSecondAnswer, || again);
        self.dies_if(Fault::DiesOnLateAnswer, || !again && text.starts_with(OWN) && !others.iter().any(is_open));
        if let Some(other) = others.iter().find(|other| is_open(other))
            && self.has(Fault::TakesAnswersOfOtherSessions)
        {
            return Some((other.clone(), id, outcome));
        }
        let any = lock(&session.pending).keys().next().cloned();
        match any.filter(|_| self.has(Fault::TakesAnyAnswer) && !text.starts_with(OWN)) {
            Some(open) => Some((session.clone(), json!(open), outcome)),
            None => Some((session.clone(), id, outcome)),
        }
    }

    /// What it cannot bear in an answer that it waits for.
    fn met(&self, outcome: &Outcome) {
        let code = outcome.as_ref().err().and_then(|error| error.get("code")?.as_i64());
        self.dies_if(Fault::DiesOnRejection, || code == Some(REJECTED));
        let whole = |result: &Value| {
            result.get("roots").is_some_and(Value::is_array)
                || result.get("action").is_some_and(Value::is_string)
                || result.get("content").is_some_and(Value::is_object)
        };
        self.dies_if(Fault::DiesOnMalformedAnswer, || {
            outcome.as_ref().is_ok_and(|result| result.is_object() && !whole(result))
        });
    }

    /// Whether it asks whoever calls, whatever that can be asked.
    pub(in crate::reference) fn asks_anyone(&self) -> bool {
        self.has(Fault::AsksTheUnable)
    }

    /// Whether it goes on with a stream for whoever names an event of it.
    pub(in crate::reference) fn replays_to_anyone(&self) -> bool {
        self.has(Fault::ReplaysToAnyone)
    }

    /// A `Last-Event-ID` that is none.
    pub(in crate::reference) fn unknown_event(&self) {
        self.dies_if(Fault::DiesOnUnknownEventId, || true);
    }
}
