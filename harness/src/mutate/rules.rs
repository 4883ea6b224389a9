//! The rules of a mutator, checked when they are loaded, and what became of them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use hyper::header::{HeaderName, HeaderValue};
use indexmap::IndexMap;

use crate::action::Bytes;
use crate::action::pattern::check_pattern;
use crate::scenario::{Mutation, RequestChange};

/// Most problems that are kept; one alone already makes a defect worthless.
const MAX_PROBLEMS: usize = 32;

/// Why a rule cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule {} of `mutate` cannot be used: {problem}", .rule + 1)]
pub struct RuleError {
    /// Its position, from 0.
    pub rule: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// Applies rules to the traffic between a client and a server. One for each run: it counts what it has seen.
#[derive(Debug)]
pub struct Mutator {
    pub(super) rules: Vec<Rule>,
    problems: Mutex<Vec<String>>,
}

/// A rule, with its bytes made and what it has done so far.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) mutation: Mutation,
    pub(super) raw: Option<Vec<u8>>,
    pub(super) stdout: Option<Vec<u8>>,
    pub(super) body: Option<Vec<u8>>,
    selected: AtomicUsize,
    changed: AtomicBool,
}

impl Mutator {
    /// A mutator that has seen nothing yet.
    ///
    /// # Errors
    /// [`RuleError`] for the first rule that can select nothing, contradicts itself, or holds a bad pattern, header,
    /// status or body.
    pub fn new(rules: Vec<Mutation>) -> Result<Self, RuleError> {
        let made = rules
            .into_iter()
            .enumerate()
            .map(|(rule, mutation)| Rule::new(mutation).map_err(|problem| RuleError { rule, problem }));
        Ok(Self { rules: made.collect::<Result<_, _>>()?, problems: Mutex::default() })
    }

    /// Whether all rules did what they say.
    ///
    /// # Errors
    /// In words, what could not be done, or which rules met nothing.
    pub fn verdict_on_rules(&self) -> Result<(), String> {
        match (self.problems(), self.unused()) {
            (problems, _) if !problems.is_empty() => Err(problems.join("; ")),
            (_, unused) if !unused.is_empty() => Err(format!("mutation {unused:?} met nothing that it applies to")),
            _ => Ok(()),
        }
    }

    /// The rules, by position from 0, that have not changed anything so far and may not miss. After a run such a rule is a
    /// mistake of the scenario: it selects what does not occur, or a place that is not there.
    pub fn unused(&self) -> Vec<usize> {
        let unused = |rule: &Rule| !rule.mutation.may_miss && !rule.changed.load(Ordering::Relaxed);
        self.rules.iter().enumerate().filter(|(_, rule)| unused(rule)).map(|(at, _)| at).collect()
    }

    /// What rules could not do, such as a reference that led nowhere. After a run each is a mistake of the scenario.
    pub fn problems(&self) -> Vec<String> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note(&self, rule: usize, problem: impl std::fmt::Display) {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        let problem = format!("rule {} of `mutate`: {problem}", rule + 1);
        if problems.len() < MAX_PROBLEMS && !problems.contains(&problem) {
            problems.push(problem);
        }
    }
}

impl Rule {
    fn new(mutation: Mutation) -> Result<Self, String> {
        check_selection(&mutation)?;
        check_change(&mutation)?;
        let make = |bytes: &Option<Bytes>| bytes.as_ref().map(Bytes::make).transpose().map_err(|e| e.to_string());
        Ok(Self {
            raw: make(&mutation.raw)?,
            stdout: make(&mutation.stdout)?,
            body: make(&mutation.request.as_ref().and_then(|request| request.body.clone()))?,
            mutation,
            selected: AtomicUsize::new(0),
            changed: AtomicBool::new(false),
        })
    }

    /// Counts one more that the rule selects; whether it is the one meant, where only one is.
    pub(super) fn count(&self) -> bool {
        let this = self.selected.fetch_add(1, Ordering::Relaxed) + 1;
        self.mutation.nth.is_none_or(|nth| nth == this)
    }

    /// The rule did something.
    pub(super) fn took_effect(&self) {
        self.changed.store(true, Ordering::Relaxed);
    }
}

fn check_selection(mutation: &Mutation) -> Result<(), String> {
    if mutation.to.is_none() && mutation.message.is_none() {
        return Err("it selects nothing: give `to` (answers) or `message` (what the server sends by itself)".to_owned());
    }
    if mutation.nth == Some(0) {
        return Err("`nth` counts from 1".to_owned());
    }
    mutation.pattern.as_ref().map_or(Ok(()), |pattern| check_pattern(pattern).map_err(|e| format!("in `where`, {e}")))
}

fn check_change(mutation: &Mutation) -> Result<(), String> {
    let replaced = [mutation.result.is_some(), mutation.error.is_some(), mutation.raw.is_some()];
    if replaced.iter().filter(|given| **given).count() > 1 {
        return Err("of `result`, `error` and `raw` only one can take the place of the answer".to_owned());
    }
    if mutation.message.is_some() {
        let of_answers = [
            ("result", mutation.result.is_some()),
            ("error", mutation.error.is_some()),
            ("status", mutation.status.is_some()),
            ("headers", !mutation.headers.is_empty()),
            ("request", mutation.request.is_some()),
            ("redirect", !mutation.redirect.is_empty()),
            ("answered", mutation.answered.is_some()),
        ];
        if let Some((name, _)) = of_answers.iter().find(|(_, given)| *given) {
            return Err(format!(
                "`{name}` is for answers, not for a `message` of the server's: put it in a rule of its own"
            ));
        }
    }
    if mutation.status.is_some_and(|status| !(200..1000).contains(&status)) {
        return Err("`status` must be from 200 to 999".to_owned());
    }
    if mutation.answered.is_some() && mutation.request.is_some() {
        return Err("`request` changes what is sent before its answer is known: take `answered` away".to_owned());
    }
    check_headers(&mutation.headers)?;
    let of_request = mutation.request.as_ref().map(|request: &RequestChange| &request.headers);
    of_request.map_or(Ok(()), check_headers)
}

fn check_headers(headers: &IndexMap<String, Option<String>>) -> Result<(), String> {
    for (name, value) in headers {
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(format!("`{name}` cannot be the name of an HTTP header"));
        }
        if ["content-length", "transfer-encoding"].contains(&name.to_ascii_lowercase().as_str()) {
            return Err(format!(
                "`{name}` is made by HTTP and cannot be changed: cut the connection, or change the body"
            ));
        }
        if value.as_ref().is_some_and(|value| HeaderValue::from_str(value).is_err()) {
            return Err(format!("the value of the header `{name}` has characters that HTTP does not allow"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::{Value, json};

    fn refused(rule: Value) -> String {
        Mutator::new(vec![serde_json::from_value(rule).unwrap()]).unwrap_err().to_string()
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        for (rule, hint) in [
            (json!({ "set": { "id": 1 } }), "it selects nothing"),
            (json!({ "to": "ping", "nth": 0 }), "from 1"),
            (json!({ "to": "ping", "where": { "a": { "$x": 1 } } }), "in `where`, `$x` is no operator"),
            (json!({ "to": "ping", "result": {}, "raw": "x" }), "only one"),
            (json!({ "message": "any", "status": 500 }), "`status` is for answers"),
            (json!({ "to": "ping", "status": 99 }), "from 200"),
            (json!({ "to": "ping", "answered": 401, "request": { "remove": ["id"] } }), "before its answer"),
            (json!({ "to": "ping", "headers": { "a b": "c" } }), "`a b`"),
            (json!({ "to": "ping", "request": { "headers": { "a": "b\nc" } } }), "header `a`"),
            (json!({ "to": "ping", "headers": { "Content-Length": "1" } }), "made by HTTP"),
            (json!({ "to": "ping", "raw": { "base64": "?" } }), "base64"),
        ] {
            let told = refused(rule.clone());
            assert!(told.starts_with("rule 1 of `mutate`") && told.contains(hint), "{rule}: {told}");
        }
    }

    #[test]
    fn a_rule_counts_what_it_selects_and_tells_what_it_did() {
        let rules = json!([{ "to": "ping", "nth": 2 }, { "to": "ping" }]);
        let mutator = Mutator::new(serde_json::from_value(rules).unwrap()).unwrap();
        let picked: Vec<_> = (0..3).map(|_| mutator.rules[0].count()).collect();
        assert_eq!(picked, [false, true, false]);
        assert_eq!(mutator.unused(), [0, 1]);
        mutator.rules[0].took_effect();
        assert_eq!(mutator.unused(), [1]);
        mutator.note(1, "nothing there");
        mutator.note(1, "nothing there");
        assert_eq!(mutator.problems(), ["rule 2 of `mutate`: nothing there"]);
    }
}
