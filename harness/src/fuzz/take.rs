//! Values of earlier answers in what is sent later: the id of a task, a cursor.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::case::{Act, Body};
use super::peer::Reply;

/// Ids of the events that an act brought, in a path.
const EVENT_IDS: &str = "event_ids";
/// What the server asked on account of an act, in a path.
const ASKED: &str = "requests";

/// A value of an earlier answer of the same case that goes into an act. Where it is not there, the act is not sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Take {
    /// Where it goes: a JSON pointer into the message, or the name of a header.
    pub into: String,
    /// The act, from 0, whose answer has it.
    pub act: usize,
    /// The path to it, dotted: `result.task.taskId`; `requests.0.id` is the id of the first question that came for the act,
    /// `event_ids.0` that of the first event of its stream.
    pub from: String,
}

impl Take {
    /// What a scenario says in place of the value, which is on this stream.
    fn reference(&self, stream: &str) -> Value {
        json!({ "from": format!("{stream}.{}", self.from) })
    }

    /// Whether it is of a question of the server's.
    pub fn is_question(&self) -> bool {
        self.from.split('.').next() == Some(ASKED)
    }

    fn find(&self, replies: &[Reply]) -> Option<Value> {
        let reply = replies.get(self.act)?;
        let (head, rest) = self.from.split_once('.')?;
        if head == ASKED {
            return id_of(reply, rest);
        }
        if head == EVENT_IDS {
            return reply.event_ids.get(rest.parse::<usize>().ok()?).map(|id| json!(id));
        }
        let root = match head {
            "result" => reply.result()?,
            "error" => reply.error()?,
            _ => return None,
        };
        rest.split('.').try_fold(root, |value, name| value.get(name)).filter(|value| value.is_string()).cloned()
    }
}

impl Act {
    /// It, with what it takes from these answers to the acts before it; nothing where one of these is not there.
    pub fn filled(&self, replies: &[Reply]) -> Option<Self> {
        let mut act = self.clone();
        for take in &self.takes {
            put(&mut act, &take.into, take.find(replies)?);
        }
        Some(act)
    }

    /// It, with references in place of what it takes.
    pub fn referring(&self, stream: impl Fn(usize) -> String) -> Self {
        let mut act = self.clone();
        for take in &self.takes {
            put(&mut act, &take.into, take.reference(&stream(take.act)));
        }
        act
    }
}

/// The id of a question that came for an act, or what is written there: `0.id`, `0.id_text`.
fn id_of(reply: &Reply, path: &str) -> Option<Value> {
    let (number, member) = path.split_once('.')?;
    let question = reply.asks.get(number.parse::<usize>().ok()?)?;
    match member {
        "id" => question.value.as_ref()?.get("id").cloned(),
        "id_text" => Some(json!(question.id()?.as_str())),
        _ => None,
    }
}

fn put(act: &mut Act, into: &str, value: Value) {
    if !into.starts_with('/') {
        act.headers.insert(into.to_owned(), value);
        return;
    }
    let Body::Message { value: message, .. } = &mut act.body else { return };
    let Some((parent, name)) = into.rsplit_once('/') else { return };
    if let Some(Value::Object(members)) = message.pointer_mut(parent) {
        members.insert(name.to_owned(), value);
    }
}

/// Without this act, the numbers of the acts that others take from; nothing where one takes from it.
pub fn renumbered(takes: &[Take], without: usize) -> Option<Vec<Take>> {
    let moved = |take: &Take| match take.act {
        of if of == without => None,
        of => Some(Take { act: if of > without { of - 1 } else { of }, ..take.clone() }),
    };
    takes.iter().map(moved).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::wire::Limits;
    use crate::wire::message::read_shared;

    #[test]
    fn what_is_taken_comes_from_the_answer_or_nothing_is_sent() {
        let message = json!({ "method": "tasks/get", "params": { "taskId": "" } });
        let take = Take { into: "/params/taskId".to_owned(), act: 0, from: "result.task.taskId".to_owned() };
        let act = Act { takes: vec![take.clone()], ..Act::plain(message) };
        let bytes = br#"{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t-1"}}}"#;
        let answer = read_shared(bytes.to_vec().into(), &Limits::DEFAULT);
        let reply = Reply { answers: vec![answer], ..Reply::default() };
        let id = |act: &Act| match &act.body {
            Body::Message { value, .. } => value["params"]["taskId"].clone(),
            Body::Bytes(_) => Value::Null,
        };
        assert_eq!(id(&act.filled(&[reply]).unwrap()), "t-1");
        assert_eq!(act.filled(&[Reply::default()]), None);
        assert_eq!(id(&act.referring(|of| format!("act_{}", of + 1))), json!({ "from": "act_1.result.task.taskId" }));
        assert_eq!(renumbered(std::slice::from_ref(&take), 0), None);
        assert_eq!(renumbered(&[Take { act: 2, ..take }], 1).unwrap()[0].act, 1);
    }
}
