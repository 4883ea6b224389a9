//! Classes of answers: what steers where to go next, and what has been seen of the protocol.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::Value;

use super::case::{Act, Case};
use super::peer::{Reply, Round};

/// Members of an object that its shape is made of.
const MAX_MEMBERS: usize = 16;
/// How deep a shape goes.
const MAX_DEPTH: usize = 3;

/// How often each class of answer was seen.
#[derive(Debug, Default)]
pub struct Classes {
    seen: IndexMap<String, u64>,
    /// Classes that acts of a kind have brought, by their place among those seen.
    of_kind: HashMap<String, BTreeSet<usize>>,
}

impl Classes {
    /// Count what came back in a round. Given back are the numbers of the cases that brought a class for the first time.
    pub fn add(&mut self, round: &Round) -> Vec<usize> {
        let mut new = Vec::new();
        let mut class = String::new();
        for (number, (case, replies)) in round.cases.iter().zip(&round.replies).enumerate() {
            let seen = self.seen.len();
            for (act, reply) in case.acts.iter().zip(replies).filter(|(_, reply)| reply.sent) {
                class.clear();
                class_of(&mut class, act, reply);
                let at = match self.seen.get_full_mut(&class) {
                    Some((at, _, count)) => {
                        *count += 1;
                        at
                    }
                    None => self.seen.insert_full(class.clone(), 1).0,
                };
                let kinds = self.of_kind.len();
                let kind = act.kind();
                if let Some(known) = self.of_kind.get_mut(kind.as_ref()) {
                    known.insert(at);
                } else if kinds < MAX_KINDS {
                    self.of_kind.insert(kind.into_owned(), BTreeSet::from([at]));
                }
            }
            if self.seen.len() > seen {
                new.push(number);
            }
        }
        new
    }

    /// How much a case is worth: the rarer what it brought, the more.
    pub fn energy(&self, case: &Case) -> u64 {
        let of = |act: &Act| {
            let classes = self.of_kind.get(act.kind().as_ref()).into_iter().flatten();
            let count = |at: &usize| self.seen.get_index(*at).map_or(1, |(_, count)| *count);
            classes.map(|at| SCALE / count(at).max(1)).max().unwrap_or(1)
        };
        case.acts.iter().map(of).max().unwrap_or(1).max(1)
    }

    /// How often each was seen, by its name.
    pub fn seen(&self) -> BTreeMap<String, u64> {
        self.seen.iter().map(|(class, count)| (class.clone(), *count)).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether nothing was seen yet.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Per method: with which outcomes it was seen, and how often.
    pub fn by_method(&self) -> BTreeMap<String, BTreeMap<String, u64>> {
        let mut all: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for (class, count) in &self.seen {
            let mut parts = class.split('|');
            let (method, _, outcome) = (parts.next(), parts.next(), parts.next());
            if let (Some(method), Some(outcome)) = (method, outcome) {
                *all.entry(method.to_owned()).or_default().entry(outcome.to_owned()).or_default() += count;
            }
        }
        all
    }
}

/// The energy of what was seen once.
const SCALE: u64 = 1 << 20;
/// Kinds of acts whose classes are kept.
const MAX_KINDS: usize = 50_000;

/// Method, mutation, outcome and shape.
fn class_of(class: &mut String, act: &Act, reply: &Reply) {
    let method = act.subject.split(' ').next().unwrap_or_default();
    let mutation = act.mutation.split(" at ").next().unwrap_or_default();
    // Writing to memory does not fail.
    let _ = write!(class, "{method}|{mutation}|");
    outcome(class, reply);
    class.push('|');
    shape(class, reply.result(), MAX_DEPTH);
}

/// What came back, in a word.
fn outcome(text: &mut String, reply: &Reply) {
    if let Some(status) = reply.status.filter(|status| *status != 200) {
        let _ = write!(text, "{status} ");
    }
    let what = match (reply.result(), reply.code()) {
        (Some(result), _) if result.get("isError") == Some(&Value::Bool(true)) => "failed",
        (Some(_), _) => "result",
        (None, Some(code)) => {
            let _ = write!(text, "{code}");
            return;
        }
        (None, None) if reply.answer().is_some() => "invalid",
        (None, None) if reply.failure.is_some() => "broken",
        (None, None) => "nothing",
    };
    text.push_str(what);
}

/// Names and types of a value, without what it says.
fn shape(text: &mut String, value: Option<&Value>, depth: usize) {
    match value {
        None => {}
        Some(Value::Null) => text.push('n'),
        Some(Value::Bool(_)) => text.push('b'),
        Some(Value::Number(_)) => text.push('#'),
        Some(Value::String(_)) => text.push('s'),
        Some(Value::Array(_) | Value::Object(_)) if depth == 0 => text.push('*'),
        Some(Value::Array(items)) => {
            text.push('[');
            shape(text, items.first(), depth - 1);
            text.push(']');
        }
        Some(Value::Object(members)) => {
            let mut members: Vec<_> = members.iter().take(MAX_MEMBERS).collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (at, (name, member)) in members.into_iter().enumerate() {
                let _ = write!(text, "{}{name}:", if at > 0 { "," } else { "" });
                shape(text, Some(member), depth - 1);
            }
            text.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::message::read;

    fn round(answers: &[Value]) -> Round {
        let case = Case { acts: vec![Act::plain(json!({ "method": "tools/call" }))], ..Case::default() };
        let reply = |answer: &Value| {
            vec![Reply { sent: true, answers: vec![read(answer.to_string().as_bytes())], ..Reply::default() }]
        };
        let mut round = Round::default();
        (round.cases, round.replies) = (vec![case.into(); answers.len()], answers.iter().map(reply).collect());
        round
    }

    fn answer(outcome: &str, what: Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": 1, outcome: what })
    }

    #[test]
    fn answers_of_one_shape_are_one_class_whatever_they_say_and_in_whatever_order() {
        let mut classes = Classes::default();
        let new = classes.add(&round(&[
            answer("result", json!({ "a": "x", "b": [1, "y"] })),
            answer("result", json!({ "b": [2], "a": "" })),
            answer("result", json!({ "a": "x", "isError": true })),
            answer("error", json!({ "code": -32602, "message": "no" })),
            answer("error", json!({ "code": -32602, "message": "never" })),
        ]));
        assert_eq!(new, [0, 2, 3]);
        let expected = [("||-32602|", 2), ("||failed|{a:s,isError:b}", 1), ("||result|{a:s,b:[#]}", 2)];
        assert_eq!(classes.seen(), expected.map(|(class, count)| (format!("tools/call{class}"), count)).into());
        let outcomes = [("-32602", 2), ("failed", 1), ("result", 2)].map(|(what, count)| (what.to_owned(), count));
        assert_eq!(classes.by_method(), [("tools/call".to_owned(), outcomes.into())].into());
        assert_eq!(classes.add(&round(&[answer("result", json!({ "a": "z", "b": [] }))])), [0]);
    }

    #[test]
    fn a_case_is_worth_what_the_rarest_of_its_classes_is() {
        let mut classes = Classes::default();
        let once = round(&[answer("result", json!({}))]);
        let case = once.cases.first().cloned().unwrap_or_default();
        assert_eq!(classes.energy(&case), 1);
        classes.add(&once);
        assert_eq!(classes.energy(&case), SCALE);
        classes.add(&once);
        assert_eq!(classes.energy(&case), SCALE / 2);
        classes.add(&round(&[answer("error", json!({ "code": 1, "message": "" }))]));
        assert_eq!(classes.energy(&case), SCALE);
    }
}
