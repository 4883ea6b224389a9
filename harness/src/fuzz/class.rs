//! Classes of answers: what steers where to go next, and what has been seen of the protocol.

use std::collections::{BTreeMap, BTreeSet};

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
    seen: BTreeMap<String, u64>,
    /// Classes that acts of a kind have brought.
    of_kind: BTreeMap<String, BTreeSet<String>>,
}

impl Classes {
    /// Count what came back in a round. Given back are the numbers of the cases that brought a class for the first time.
    pub fn add(&mut self, round: &Round) -> Vec<usize> {
        let mut new = Vec::new();
        for (number, (case, replies)) in round.cases.iter().zip(&round.replies).enumerate() {
            let mut is_new = false;
            for (act, reply) in case.acts.iter().zip(replies).filter(|(_, reply)| reply.sent) {
                let class = class_of(act, reply);
                is_new |= !self.seen.contains_key(&class);
                *self.seen.entry(class.clone()).or_default() += 1;
                let kinds = self.of_kind.len();
                if let Some(known) = self.of_kind.get_mut(&act.kind()) {
                    known.insert(class);
                } else if kinds < MAX_KINDS {
                    self.of_kind.insert(act.kind(), BTreeSet::from([class]));
                }
            }
            if is_new {
                new.push(number);
            }
        }
        new
    }

    /// How much a case is worth: the rarer what it brought, the more.
    pub fn energy(&self, case: &Case) -> u64 {
        let of = |act: &Act| {
            let classes = self.of_kind.get(&act.kind()).into_iter().flatten();
            classes.map(|class| SCALE / self.seen.get(class).copied().unwrap_or(1).max(1)).max().unwrap_or(1)
        };
        case.acts.iter().map(of).max().unwrap_or(1).max(1)
    }

    /// How often each was seen.
    pub fn seen(&self) -> &BTreeMap<String, u64> {
        &self.seen
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
pub fn class_of(act: &Act, reply: &Reply) -> String {
    let method = act.subject.split(' ').next().unwrap_or_default();
    let mutation = act.mutation.split(" at ").next().unwrap_or_default();
    format!("{method}|{mutation}|{}|{}", outcome(reply), shape(reply.result(), MAX_DEPTH))
}

/// What came back, in a word.
pub fn outcome(reply: &Reply) -> String {
    let status = reply.status.filter(|status| *status != 200).map(|status| format!("{status} ")).unwrap_or_default();
    let what = match (reply.result(), reply.code()) {
        (Some(result), _) if result.get("isError") == Some(&Value::Bool(true)) => "failed".to_owned(),
        (Some(_), _) => "result".to_owned(),
        (None, Some(code)) => code.to_string(),
        (None, None) if reply.answer().is_some() => "invalid".to_owned(),
        (None, None) if reply.failure.is_some() => "broken".to_owned(),
        (None, None) => "nothing".to_owned(),
    };
    format!("{status}{what}")
}

/// Names and types of a value, without what it says.
fn shape(value: Option<&Value>, depth: usize) -> String {
    match value {
        None => String::new(),
        Some(Value::Null) => "n".to_owned(),
        Some(Value::Bool(_)) => "b".to_owned(),
        Some(Value::Number(_)) => "#".to_owned(),
        Some(Value::String(_)) => "s".to_owned(),
        Some(Value::Array(_) | Value::Object(_)) if depth == 0 => "*".to_owned(),
        Some(Value::Array(items)) => format!("[{}]", shape(items.first(), depth - 1)),
        Some(Value::Object(members)) => {
            let mut names: Vec<String> = members
                .iter()
                .take(MAX_MEMBERS)
                .map(|(name, member)| format!("{name}:{}", shape(Some(member), depth - 1)))
                .collect();
            names.sort_unstable();
            format!("{{{}}}", names.join(","))
        }
    }
}
