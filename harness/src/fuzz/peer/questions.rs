//! What our clients can be asked in the midst of a call (up to 2025-11-25), and what they answer by themselves.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::connection::Connection;
use crate::drive::answers::answer;
use crate::fuzz::{Act, Case};
use crate::revision::Revision;
use crate::scenario::{Actor, ActorAnswer};
use crate::wire::{Message, Shape, write};

/// The code for a method that is not known (JSON-RPC 2.0, section 5.1).
const METHOD_NOT_FOUND: i64 = -32601;

/// What a client declares that can be asked everything that the revision knows.
pub fn capabilities(revision: Revision) -> Value {
    let mut all = json!({ "roots": { "listChanged": true }, "sampling": {} });
    if revision >= Revision::V2025_06_18 {
        all["elicitation"] = json!({});
    }
    if revision >= Revision::V2025_11_25 {
        all["elicitation"] = json!({ "form": {}, "url": {} });
    }
    all
}

/// How a client answers that leaves these methods to others: it shows no places, and all else is answered as a conforming client does.
pub fn answers(left: &[String]) -> IndexMap<String, ActorAnswer> {
    let none = ("roots/list".to_owned(), ActorAnswer::Result(json!({ "roots": [] })));
    std::iter::once(none).chain(left.iter().map(|method| (method.clone(), ActorAnswer::Silence))).collect()
}

impl Connection {
    /// Whether its clients can be asked anything.
    pub fn is_able(&self) -> bool {
        self.actor.is_some()
    }

    /// Its clients can be asked what the revision knows.
    pub(super) fn can_be_asked(&mut self) {
        self.actor = Some(Actor { answers: answers(&[]), ..Actor::default() });
        self.sessions.iter_mut().for_each(|session| session.able = true);
    }

    /// What the acts of the case answer, its clients do not.
    pub(super) fn leave_to(&mut self, case: &Case) {
        if let (Some(actor), Some(left)) = (&mut self.actor, &case.asked) {
            actor.answers = answers(left);
        }
    }

    /// Answer a request of the server's: we live, and can do nothing else unless that was said.
    pub(super) async fn answer(&mut self, client: usize, message: &Message) {
        let (Shape::Request, Some(id), Some(method)) = (message.shape(), message.id(), message.method()) else {
            return;
        };
        let id = id.as_str();
        let bytes = match &self.actor {
            None if method == "ping" => write::result(id, &json!({})),
            None => {
                let why = "this client can do nothing but answer a ping";
                write::error(Some(id), METHOD_NOT_FOUND, why, None)
            }
            Some(actor) => match answer(actor, method, message.params()) {
                Some(("result", result)) => write::result(id, &result),
                Some((_, error)) => {
                    let why = error.get("message").and_then(Value::as_str).unwrap_or_default();
                    let code = error.get("code").and_then(Value::as_i64).unwrap_or(METHOD_NOT_FOUND);
                    write::error(Some(id), code, why, None)
                }
                None => return,
            },
        };
        self.send(client, &Act::plain(Value::Null), bytes).await;
    }
}
