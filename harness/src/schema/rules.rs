//! The requirement annotations of a schema file: which rule decides which requirement.
//!
//! A definition may have the members `x-requirements` and `x-violates`. Each of their keys is a rule as it is reached from
//! the definition, in the form of an evaluation path: `properties/ttlMs/minimum`, `properties/id/$ref/type`; for a required
//! member `required/` and its name; with `*` at the end all rules from there on that have no key of their own. Each value
//! is a requirement id or a list of them. A rule in `x-requirements` decides its requirements both ways; breaking a rule in
//! `x-violates` breaks them too, but keeping it does not prove that they are kept.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The members that hold annotations.
pub(super) const ANNOTATIONS: [&str; 2] = [BOTH_WAYS, "x-violates"];
const BOTH_WAYS: &str = "x-requirements";

/// A rule that decides requirements.
#[derive(Debug)]
pub(super) struct Rule {
    /// The segments of its key.
    pub path: Vec<String>,
    /// Ids of the requirements it decides.
    pub requirements: Vec<String>,
    /// Whether keeping the rule counts as keeping the requirements.
    pub both_ways: bool,
}

/// All annotated rules of a file, by the name of their definition.
#[derive(Debug)]
pub(super) struct Rules(BTreeMap<String, Vec<Rule>>);

/// A broken rule as seen from one definition on the way to it.
#[derive(Debug)]
pub(super) struct Reached<'a> {
    /// The definition.
    pub definition: &'a str,
    /// The rule's path from there.
    pub path: Vec<&'a str>,
}

impl Rules {
    /// Collects the annotations of all definitions.
    pub fn collect(definitions: &Map<String, Value>) -> Self {
        let of_definition = |(name, definition): (&String, &Value)| {
            let mut rules = Vec::new();
            for keyword in ANNOTATIONS {
                let annotations = definition.get(keyword).and_then(Value::as_object);
                rules.extend(annotations.into_iter().flatten().map(|(key, ids)| Rule {
                    path: key.split('/').map(str::to_owned).collect(),
                    requirements: ids_of(ids),
                    both_ways: keyword == BOTH_WAYS,
                }));
            }
            (name.clone(), rules)
        };
        Self(definitions.iter().map(of_definition).collect())
    }

    /// The requirements that annotated rules decide both ways: kept and broken.
    pub fn decided(&self) -> impl Iterator<Item = &str> {
        let rules = self.0.values().flatten().filter(|rule| rule.both_ways);
        rules.flat_map(|rule| rule.requirements.iter().map(String::as_str))
    }

    /// The annotated rules of one definition.
    pub fn of(&self, definition: &str) -> &[Rule] {
        self.0.get(definition).map_or(&[], Vec::as_slice)
    }

    /// The requirements that a broken rule breaks, given all definitions it was reached through, the nearest last. An own
    /// annotation goes before one with `*`; of those the nearest counts.
    pub fn broken(&self, reached: &[Reached<'_>]) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for place in reached {
            let own = |rule: &&Rule| rule.path == place.path;
            for rule in self.of(place.definition).iter().filter(own) {
                add_new(&mut ids, &rule.requirements);
            }
        }
        for place in reached.iter().rev() {
            if !ids.is_empty() {
                break;
            }
            let covers = |rule: &&Rule| match rule.path.split_last() {
                Some((last, start)) => last == "*" && starts_with(&place.path, start),
                None => false,
            };
            for rule in self.of(place.definition).iter().filter(covers) {
                add_new(&mut ids, &rule.requirements);
            }
        }
        ids
    }
}

/// Adds the ids that are not there yet.
pub(super) fn add_new(ids: &mut Vec<String>, more: &[String]) {
    for id in more {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
}

fn starts_with(path: &[&str], start: &[String]) -> bool {
    path.len() >= start.len() && path.iter().zip(start).all(|(one, other)| one == other)
}

/// The ids in an annotation: one or a list.
pub(super) fn ids_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(id) => vec![id.clone()],
        Value::Array(ids) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
