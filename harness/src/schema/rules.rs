//! The requirement annotations of a schema file: which rule decides which requirement.
//!
//! A definition may have a member `x-requirements`. Each of its keys is the location of a rule relative to the definition
//! (`properties/ttlMs/minimum`; for a required member `required/` and its name), each value a requirement id or a list of
//! them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The member of a definition that holds its annotations.
const ANNOTATIONS: &str = "x-requirements";

/// A rule that decides requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// The keyword that makes the rule.
    pub keyword: String,
    /// Ids of the requirements it decides.
    pub requirements: Vec<String>,
}

/// All annotated rules of a file.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// By the location of the rule.
    by_rule: BTreeMap<String, Vec<String>>,
    /// By the location of the subschema that has the keyword.
    by_subschema: BTreeMap<String, Vec<Rule>>,
}

impl Rules {
    /// Collects the annotations of all definitions.
    pub fn collect(definitions: &Map<String, Value>) -> Self {
        let mut rules = Self::default();
        for (name, definition) in definitions {
            let Some(annotations) = definition.get(ANNOTATIONS).and_then(Value::as_object) else {
                continue;
            };
            for (key, ids) in annotations {
                rules.add(&format!("/$defs/{name}/{key}"), ids_of(ids));
            }
        }
        rules
    }

    fn add(&mut self, location: &str, requirements: Vec<String>) {
        let (subschema, keyword) = split(location);
        self.by_subschema
            .entry(subschema.to_owned())
            .or_default()
            .push(Rule {
                keyword: keyword.to_owned(),
                requirements: requirements.clone(),
            });
        self.by_rule.insert(location.to_owned(), requirements);
    }

    /// The requirements that the rule at this location decides; empty if it has no annotation.
    pub fn requirements_of(&self, rule: &str) -> &[String] {
        self.by_rule.get(rule).map_or(&[], Vec::as_slice)
    }

    /// The annotated rules that the keywords of one subschema make.
    pub fn of_subschema(&self, location: &str) -> &[Rule] {
        self.by_subschema.get(location).map_or(&[], Vec::as_slice)
    }
}

fn ids_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(id) => vec![id.clone()],
        Value::Array(ids) => ids
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// Splits the location of a rule into its subschema and its keyword.
pub(super) fn split(location: &str) -> (&str, &str) {
    let (rest, last) = location.rsplit_once('/').unwrap_or(("", location));
    match rest.strip_suffix("/required") {
        Some(subschema) => (subschema, "required"),
        None => (rest, last),
    }
}
