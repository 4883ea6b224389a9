//! What a server asks of a client in a result (2026-07-28), and how it is answered: well, in part, too much, late, twice, by another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::moves::Move;
use crate::fuzz::case::{Act, Body, Case};
use crate::fuzz::peer::{Offer, Reply};
use crate::generate::{Choices, Hints, SchemaValues};

/// Rounds of questions that are known of a tool.
const MAX_ROUNDS: usize = 3;
/// A text in answers that are not followed.
pub(super) const TEXT: &str = "assay";
/// What makes a property of a form more than a text.
const MORE_THAN_TEXT: [&str; 7] = ["enum", "const", "oneOf", "anyOf", "format", "pattern", "maxLength"];

/// How what was asked is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Every question, as it wants.
    Well,
    /// None of them.
    Missing,
    /// What was not asked is answered, too.
    Unasked,
    /// Well, with the state of another call.
    Elsewhere,
    /// Well, by another client.
    Second,
}

impl How {
    /// Those of calls that are made again, and how much they should be.
    pub(super) const OF_CALLS: [(Self, u64); 5] =
        [(Self::Well, 6), (Self::Missing, 2), (Self::Unasked, 2), (Self::Elsewhere, 2), (Self::Second, 1)];
    /// Those of tasks.
    pub(super) const OF_TASKS: [(Self, u64); 3] = [(Self::Well, 3), (Self::Missing, 1), (Self::Unasked, 1)];
}

/// The questions of a result.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Questions {
    /// The requests, by key.
    requests: Map<String, Value>,
    /// They came with a state that goes back.
    pub(super) state: bool,
}

/// What tools ask, by their number, as far as it was seen.
#[derive(Debug)]
pub(super) struct Asking {
    /// In the answer to a call, by how often it was made with answers before.
    calls: BTreeMap<usize, Vec<Questions>>,
    /// In a task, in the order in which they came up.
    tasks: BTreeMap<usize, Vec<Questions>>,
    /// The tools that say that they only read.
    only_read: BTreeSet<String>,
}

/// That a tool asks something that it was not known to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learnt {
    /// In the answer to a call, the first or a later one.
    Call(usize, usize),
    /// In a task.
    Task(usize),
}

impl Asking {
    /// Of a server that offers this: nothing is known yet.
    pub(super) fn new(offer: &Offer) -> Self {
        let reads = |tool: &&Value| tool.pointer("/annotations/readOnlyHint") == Some(&Value::Bool(true));
        let names = offer.list("tools").iter().filter(reads).filter_map(|tool| tool.get("name")?.as_str());
        Self { calls: BTreeMap::new(), tasks: BTreeMap::new(), only_read: names.map(str::to_owned).collect() }
    }

    /// Whether a tool says that it only reads: then it has no right to keep what it is answered.
    pub(super) fn only_reads(&self, tool: &str) -> bool {
        self.only_read.contains(tool)
    }

    /// What is asked in the answer to a call that was made with answers so often.
    pub(super) fn questions(&self, tool: usize, round: usize) -> Option<&Questions> {
        self.calls.get(&tool)?.get(round)
    }

    /// What a task of the tool asks, after so many answers.
    pub(super) fn of_task(&self, tool: usize, round: usize) -> Option<&Questions> {
        let all = self.tasks.get(&tool)?;
        all.get(round).or(all.last())
    }

    /// What the answers to the acts of a case have in them that is new.
    pub(super) fn learn(&mut self, tools: &[(String, Value)], case: &Case, replies: &[Reply]) -> Vec<Learnt> {
        let mut all = Vec::new();
        for (act, reply) in case.acts.iter().zip(replies) {
            let Some(result) = reply.result() else { continue };
            let Some(Value::Object(requests)) = result.get("inputRequests") else { continue };
            let questions = Questions {
                requests: requests.clone(),
                state: result.get("requestState").is_some_and(Value::is_string),
            };
            let begun = if act.method() == Some("tasks/get") { origin(case, act, "/params/taskId") } else { Some(act) };
            let name = begun.and_then(|begun| begun.subject.strip_prefix("tools/call "));
            let Some(tool) = tools.iter().position(|(tool, _)| Some(tool.as_str()) == name) else { continue };
            if act.method() == Some("tasks/get") {
                let rounds = self.tasks.entry(tool).or_default();
                let known = |key: &String| rounds.iter().any(|round| round.requests.contains_key(key));
                if rounds.len() < MAX_ROUNDS && !requests.keys().any(known) {
                    rounds.push(questions);
                    all.push(Learnt::Task(tool));
                }
            } else {
                let rounds = self.calls.entry(tool).or_default();
                // Only what was asked in a row is known to come after one another.
                if rounds.len() < MAX_ROUNDS && depth(case, act) == Some(rounds.len()) {
                    all.push(Learnt::Call(tool, rounds.len()));
                    rounds.push(questions);
                }
            }
        }
        all
    }
}

/// The act from whose answer one takes what goes there.
fn origin<'a>(case: &'a Case, act: &Act, into: &str) -> Option<&'a Act> {
    case.acts.get(act.takes.iter().find(|take| take.into == into)?.act)
}

/// How often a call was made with answers; nothing where that is not clear.
fn depth(case: &Case, act: &Act) -> Option<usize> {
    let Body::Message { value, .. } = &act.body else { return None };
    let Some(responses) = value.pointer("/params/inputResponses").and_then(Value::as_object) else { return Some(0) };
    if responses.is_empty() || responses.contains_key(TEXT) {
        return None;
    }
    match origin(case, act, "/params/requestState") {
        Some(before) => Some(depth(case, before)? + 1),
        None => Some(1),
    }
}

/// Stories of what was learnt; each is told once.
pub(super) fn stories(learnt: Learnt, http: bool) -> Vec<Vec<Move>> {
    use How::{Elsewhere, Missing, Second, Unasked, Well};
    use Move::{Answer, Bare, Begin, Cancel, Get, Later, Update};
    match learnt {
        Learnt::Call(tool, 0) => {
            let begin = Begin(tool);
            let mut all = vec![
                vec![Bare(tool)],
                vec![begin, Answer(0, Unasked), Answer(0, Well)],
                vec![begin, Answer(0, Missing), Answer(0, Well), Answer(0, Well)],
                vec![begin, begin, Answer(0, Well), Answer(1, Missing), Answer(1, Well)],
                vec![begin, begin, Answer(1, Elsewhere), Answer(0, Well), Answer(1, Well)],
            ];
            all.extend(http.then(|| vec![begin, Answer(0, Second), Answer(0, Well)]));
            all
        }
        Learnt::Call(tool, 1) => {
            let first = [Begin(tool), Answer(0, Well)];
            let then = [Answer(1, Unasked), Answer(1, Missing), Answer(1, Well), Answer(1, Well), Answer(0, Well)];
            vec![first.into_iter().chain(then).collect()]
        }
        Learnt::Call(tool, round) => {
            let deeper = (0..=round).map(|call| Answer(call, Well));
            vec![std::iter::once(Begin(tool)).chain(deeper).collect()]
        }
        Learnt::Task(tool) => {
            let (begin, later) = (Begin(tool), Later(0));
            vec![
                vec![begin, later, Update(0, Well), later, Get(0), Update(0, Well), later, Get(0)],
                vec![begin, later, Update(0, Missing), Get(0), Update(0, Unasked), later, Get(0)],
                vec![begin, later, Update(0, Well), Update(0, Well), Update(0, Well), Get(0), Cancel(0), Get(0)],
                vec![begin, later, Cancel(0), Get(0), Update(0, Well), Get(0)],
                vec![begin, begin, later, Later(1), Update(1, Well), Later(1), Get(0), Get(1)],
            ]
        }
    }
}

/// What goes back: the mark stands in every text that is free.
pub(super) fn answers(questions: Option<&Questions>, how: How, mark: Option<&str>) -> Value {
    let requests = questions.filter(|_| how != How::Missing).map(|questions| &questions.requests);
    let text = mark.unwrap_or(TEXT);
    let mut all: Map<String, Value> =
        requests.into_iter().flatten().map(|(key, request)| (key.clone(), answer(request, text))).collect();
    if how == How::Unasked {
        all.insert(TEXT.to_owned(), json!({ "action": "decline" }));
    }
    Value::Object(all)
}

/// The result of a request, as it wants it.
pub(super) fn answer(request: &Value, text: &str) -> Value {
    match request.get("method").and_then(Value::as_str) {
        Some("sampling/createMessage") => json!({
            "role": "assistant", "model": TEXT, "stopReason": "endTurn", "content": { "type": "text", "text": text },
        }),
        Some("roots/list") => json!({ "roots": [{ "uri": format!("file:///{text}") }] }),
        _ => match request.pointer("/params/requestedSchema") {
            Some(schema) => json!({ "action": "accept", "content": content(schema, text) }),
            None => json!({ "action": "accept" }),
        },
    }
}

/// A form that is filled in: always in the same way.
fn content(schema: &Value, text: &str) -> Value {
    let mut choices = Choices::seeded(0);
    let made = SchemaValues::new(schema).ok().and_then(|all| all.generate(&Hints::new(), &mut choices).ok());
    let mut made = made.filter(Value::is_object).unwrap_or_else(|| json!({}));
    let free = |property: &Value| {
        property.get("type").is_some_and(|kind| kind == "string")
            && MORE_THAN_TEXT.iter().all(|name| property.get(*name).is_none())
    };
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if free(property) {
            made[name.as_str()] = json!(text);
        }
    }
    made
}
