//! Faults in asking for input in a result, and in what becomes of the answers (2026-07-28).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::answer::Question;
use super::{Fault, Faults};
use crate::reference::core::{Call, lock};
use crate::reference::rpc::{Failure, INVALID_PARAMS, MISSING_CAPABILITY, Object};

/// What was asked and answered, for whomever.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The keys of all questions.
    keys: BTreeSet<String>,
    /// States that came back.
    states: BTreeSet<String>,
    /// The last result of each tool that was made of answers.
    results: BTreeMap<String, Value>,
    cancelled: BTreeSet<String>,
    revived: BTreeSet<String>,
    /// The questions of each task that were shown.
    shown: BTreeMap<String, Object>,
    /// The keys that each task was answered, and how often it was shown since.
    answered: BTreeMap<String, (BTreeSet<String>, usize)>,
}

impl Faults {
    /// Why a call that is made again is refused.
    pub(super) fn refused_input(&self, call: &Call) -> Option<Failure> {
        let responses = call.params.get("inputResponses")?.as_object().filter(|_| call.method == "tools/call")?;
        let state = call.params.get("requestState").and_then(Value::as_str);
        if let Some(state) = state.filter(|_| !responses.is_empty()) {
            let again = !lock(&self.kept).inputs.states.insert(state.to_owned());
            self.dies_if(Fault::DiesOnRepeatedState, || again);
        }
        if self.has(Fault::RefusesMissingAnswers) && responses.is_empty() && state.is_some() {
            return Some(Failure::new(INVALID_PARAMS, "there are no answers"));
        }
        let kept = lock(&self.kept);
        let unasked = responses.keys().find(|key| !kept.inputs.keys.contains(*key));
        unasked
            .filter(|_| self.has(Fault::RefusesUnaskedAnswers))
            .map(|key| Failure::new(INVALID_PARAMS, format!("{key:?} was not asked")))
    }

    /// The answer to a call of a tool, or about a task.
    pub(super) fn inputs(&self, question: &Question, response: &mut Value) {
        if question.method == "tools/call" {
            self.called(question, response);
        }
        if let Some(id) = question.params.get("taskId").and_then(Value::as_str) {
            self.of_task(id, question, response);
        }
    }

    fn called(&self, question: &Question, response: &mut Value) {
        let lacks = response.pointer("/error/code").and_then(Value::as_i64) == Some(MISSING_CAPABILITY);
        if let Some(members) = response.as_object_mut().filter(|_| lacks && self.has(Fault::AsksWhatWasNotDeclared)) {
            members.remove("error");
            let roots = json!({ "method": "roots/list", "params": {} });
            let asks = json!({ "resultType": "input_required", "inputRequests": { "roots": roots } });
            members.insert("result".to_owned(), asks);
        }
        let mut kept = lock(&self.kept);
        let asked = response.pointer("/result/inputRequests").and_then(Value::as_object);
        kept.inputs.keys.extend(asked.into_iter().flat_map(Object::keys).cloned());
        let asks = asked.is_some();
        let Some(responses) = question.params.get("inputResponses").and_then(Value::as_object) else { return };
        let name = question.params.get("name").and_then(Value::as_str).unwrap_or_default();
        if self.has(Fault::AsksForNothing)
            && asks
            && responses.is_empty()
            && let Some(result) = response.get_mut("result").and_then(Value::as_object_mut)
        {
            result.remove("inputRequests");
            result.remove("requestState");
        }
        match (kept.inputs.results.get(name), response.get("result")) {
            (Some(other), Some(_)) if responses.is_empty() && self.has(Fault::TakesAnswersOfOthers) => {
                response["result"] = other.clone();
            }
            (_, Some(result)) if !responses.is_empty() && !asks => {
                let result = result.clone();
                kept.inputs.results.insert(name.to_owned(), result);
            }
            _ => {}
        }
    }

    fn of_task(&self, id: &str, question: &Question, response: &mut Value) {
        let mut kept = lock(&self.kept);
        let asked = &mut kept.inputs;
        match question.method.as_str() {
            "tasks/cancel" => {
                asked.cancelled.insert(id.to_owned());
            }
            "tasks/update" => {
                if asked.cancelled.contains(id) {
                    asked.revived.insert(id.to_owned());
                }
                let given = question.params.get("inputResponses").and_then(Value::as_object);
                let (keys, shown) = asked.answered.entry(id.to_owned()).or_default();
                keys.extend(given.into_iter().flat_map(Object::keys).cloned());
                *shown = 0;
            }
            "tasks/get" => self.shows_questions(id, asked, response),
            _ => {}
        }
    }

    fn shows_questions(&self, id: &str, asked: &mut Asked, response: &mut Value) {
        if self.has(Fault::AnswerRevivesTask) && asked.revived.contains(id) && response.get("result").is_some() {
            response["result"]["status"] = json!("working");
        }
        let Some(Value::Object(requests)) = response.pointer_mut("/result/inputRequests") else { return };
        let known = asked.shown.entry(id.to_owned()).or_default();
        known.extend(requests.clone());
        let Some((keys, times)) = asked.answered.get_mut(id) else { return };
        *times += 1;
        if self.has(Fault::AsksAgainWhatWasAnswered) && *times > 1 {
            let again = known.iter().filter(|(key, _)| keys.contains(*key));
            requests.extend(again.map(|(key, request)| (key.clone(), request.clone())));
        }
    }
}
