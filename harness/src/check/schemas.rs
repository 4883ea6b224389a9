//! Every message of the IUT against the message schemas of the revision.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Finding, Outcome, Source};
use crate::requirement::{Actor, Catalogue};
use crate::schema::{Schemas, Sender, Subject};
use crate::transcript::{Header, View};

/// Most violations told of one requirement in one transcript.
const MAX_TOLD: usize = 3;

#[derive(Default)]
struct Told {
    exercised: bool,
    broken: Vec<(String, String, u64)>,
}

/// One finding per requirement that a schema rule decides and that was put to the test.
pub fn findings(header: &Header, view: &View<'_>, catalogue: &Catalogue) -> Vec<Finding> {
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for message in view.messages() {
        let text = |key: &str| message.get(key).and_then(Value::as_str);
        let Some(value) = message.get("value") else { continue };
        // What comes for a request that was wrong on purpose may be in the shape of another revision.
        let proper = message.pointer("/of/wrong") != Some(&Value::Bool(true));
        let of_method = message.pointer("/of/method").and_then(Value::as_str).filter(|_| proper);
        let from = Sender::Server;
        let subject = match (text("kind"), text("method"), of_method) {
            (Some("result"), _, Some(of_method)) => Subject::Result { from, of_method },
            (Some("error"), ..) => Subject::Error,
            (Some("notification"), Some(method), _) => Subject::Notification { from, method },
            (Some("request"), Some(method), _) => Subject::Request { from, method },
            _ => continue,
        };
        let validity = Schemas::embedded().check(header.revision, subject, value);
        let n = message.get("n").and_then(Value::as_u64).unwrap_or_default();
        for id in validity.exercised {
            told.entry(id).or_default().exercised = true;
        }
        for violation in validity.violations {
            for id in violation.requirement {
                told.entry(id).or_default().broken.push((violation.rule.clone(), violation.message.clone(), n));
            }
        }
    }
    let binds = |id: &str| catalogue.get(id).filter(|row| row.binds(Actor::Server, header.revision));
    let told = told.into_iter().filter_map(|(id, told)| binds(&id).map(|row| (row, id, told)));
    told.map(|(row, requirement, told)| {
        let mut rules: Vec<&str> = told.broken.iter().map(|(rule, ..)| rule.as_str()).collect();
        rules.dedup();
        let rule = if rules.is_empty() { "message schema".to_owned() } else { rules.join(", ") };
        let mut seen: Vec<String> = told.broken.iter().map(|(_, message, _)| message.clone()).collect();
        seen.dedup();
        let more = seen.len().saturating_sub(MAX_TOLD);
        seen.truncate(MAX_TOLD);
        if more > 0 {
            seen.push(format!("and {more} more"));
        }
        let outcome = match (row.disputed_in(header.revision), seen.is_empty()) {
            (Some(how), _) => Outcome::Disputed(how.to_owned()),
            (None, true) => Outcome::Held,
            (None, false) => Outcome::Broken(seen.join("; ")),
        };
        Finding {
            requirement,
            source: Source::Schema,
            outcome,
            rule,
            operands: Vec::new(),
            evidence: told.broken.iter().map(|(.., n)| *n).take(MAX_TOLD).collect(),
            position: None,
            met_by_refusal: row.area() == "error" || row.area() == "base",
            met_by_empty_result: row.area() == "base" || row.area() == "result",
        }
    })
    .collect()
}
