//! What one check says about a case.

use serde_json::Value;

use super::compiled::CompiledCheck;
use super::evaluate::{Held, at_path, condition, guard, quoted};
use super::evidence::evidence;
use super::names::FACTS;
use super::{Finding, Outcome, Source};
use crate::action::pattern;
use crate::expr::{Operand, Variables};
use crate::requirement::{Catalogue, Role};
use crate::scenario::Check;
use crate::schema::compile_user_schema;
use crate::transcript::{Event, Header, View, What};

/// A case as its checks see it.
pub(super) struct Seen<'a> {
    pub header: &'a Header,
    pub view: &'a View<'a>,
    pub events: &'a [Event],
    /// What the names of checks stand for.
    pub roots: &'a [(String, Value)],
    /// The same for expressions, with the facts.
    pub variables: &'a Variables,
}

/// What a check says of one requirement.
pub(super) fn judge_one(
    compiled: &CompiledCheck,
    requirement: &str,
    seen: &Seen<'_>,
    catalogue: &Catalogue,
) -> Finding {
    let check = &compiled.check;
    let (outcome, operands) = match catalogue.get(requirement).and_then(|row| row.disputed_in(seen.header.revision)) {
        Some(how) => (Outcome::Disputed(how.to_owned()), Vec::new()),
        None => decide(compiled, seen),
    };
    Finding {
        requirement: requirement.to_owned(),
        source: Source::Check(check.name.clone()),
        outcome,
        rule: rule_text(check),
        operands,
        evidence: evidence(compiled.names(), seen.header.role, seen.view, seen.events),
        position: Some(compiled.position.clone()),
        met_by_refusal: check.met_by_refusal,
        met_by_empty_result: check.met_by_empty_result,
    }
}

/// Why a stream with an authorization server says nothing: a failure of the server's is neither a grant nor a refusal.
fn unanswered(name: &str, roots: &[(String, Value)]) -> Option<String> {
    let (_, stream) = roots.iter().find(|(known, _)| known == name)?;
    match stream.as_object()?.get("status")? {
        Value::Null => {
            let failure = stream.get("failure").and_then(Value::as_str).unwrap_or("nothing came in time");
            Some(format!("`{name}` got no answer: {failure}"))
        }
        status if status.as_u64() >= Some(500) => Some(format!("`{name}` got HTTP status {status}: the server failed")),
        _ => None,
    }
}

fn decide(compiled: &CompiledCheck, seen: &Seen<'_>) -> (Outcome, Vec<Operand>) {
    let Seen { roots, variables, .. } = *seen;
    let undecided = |why: String| (Outcome::Undecided(why), Vec::new());
    let there = |name: &str| FACTS.contains(&name) || roots.iter().any(|(known, _)| known == name);
    let missing = compiled.names().find(|name| !there(name)).map(str::to_owned);
    if let Some(name) = missing {
        let why = last_note(seen.events).unwrap_or_else(|| "nothing was recorded for it".to_owned());
        return undecided(format!("`{name}` did not come about: {why}"));
    }
    if seen.header.role == Role::AuthorizationServer
        && let Some(why) = compiled.names().find_map(|name| unanswered(name, roots))
    {
        return undecided(why);
    }
    if let Some(when) = &compiled.when {
        let otherwise = |why: String| compiled.check.otherwise.clone().unwrap_or(why);
        match guard(when, variables) {
            Ok(true) => {}
            Ok(false) => return undecided(otherwise(format!("`{}` does not hold", when.source().trim()))),
            Err(why) => return undecided(otherwise(why)),
        }
    }
    if let Some(expect) = &compiled.expect {
        match condition(expect, variables) {
            Held::Yes => {}
            Held::No(why, operands) => return (Outcome::Broken(why), operands),
            Held::Unclear(why) => return undecided(format!("could not be decided: {why}")),
        }
    }
    for (path, wanted) in &compiled.check.matches {
        let Some(value) = at_path(roots, path) else {
            return undecided(format!("could not be decided: there is nothing at `{path}`"));
        };
        if let Err(mismatch) = pattern::matches(wanted, value) {
            let operand = Operand { source: path.clone(), value: value.clone() };
            return (Outcome::Broken(format!("{path}: {mismatch}")), vec![operand]);
        }
    }
    for (path, schema) in &compiled.check.schema {
        let Some(value) = at_path(roots, path) else {
            return undecided(format!("could not be decided: there is nothing at `{path}`"));
        };
        let problems = match compile_user_schema(schema) {
            Ok(schema) => schema.validate(value),
            Err(e) => return undecided(format!("the schema of the check is unusable: {e}")),
        };
        if !problems.is_empty() {
            let operand = Operand { source: path.clone(), value: value.clone() };
            return (Outcome::Broken(format!("{path}: {}", problems.join("; "))), vec![operand]);
        }
    }
    (Outcome::Held, Vec::new())
}

fn rule_text(check: &Check) -> String {
    let mut parts: Vec<String> = check.expect.iter().map(|expect| expect.value.trim().to_owned()).collect();
    parts.extend(check.matches.iter().map(|(path, wanted)| format!("{path} matches {}", quoted(wanted))));
    parts.extend(check.schema.keys().map(|path| format!("{path} is valid against its schema")));
    parts.join(" and ")
}

fn last_note(events: &[Event]) -> Option<String> {
    events.iter().rev().find_map(|event| match &event.what {
        What::Note { text } => Some(text.clone()),
        What::ConnectionFailed { problem, .. } => Some(problem.clone()),
        _ => None,
    })
}
