//! Which annotated rules a value puts to the test.
//!
//! Validation alone says which rules are broken. That a kept rule was met at all takes a second walk over schema and
//! value together, along the branches that the value chooses.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::Value;

use super::rules::{Rule, Rules};

/// The branches of a schema file that lead to annotated rules: an arena of subschemas.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    nodes: Vec<Node>,
    by_location: BTreeMap<String, usize>,
}

#[derive(Debug, Default)]
struct Node {
    rules: Vec<Rule>,
    /// Subschemas for the same value: `$ref` and `allOf`.
    same: Vec<usize>,
    members: Vec<(String, usize)>,
    other_members: Option<usize>,
    items: Option<usize>,
    choice: Option<Choice>,
}

#[derive(Debug)]
struct Choice {
    condition: Validator,
    then: Option<usize>,
    otherwise: Option<usize>,
}

impl Coverage {
    /// Prepares the walk over a schema file.
    pub fn new(
        document: &Value,
        rules: &Rules,
    ) -> Result<Self, jsonschema::ValidationError<'static>> {
        let mut coverage = Self::default();
        let names = document.get("$defs").and_then(Value::as_object);
        for name in names.into_iter().flat_map(|names| names.keys()) {
            coverage.node(document, rules, &format!("/$defs/{name}"))?;
        }
        Ok(coverage)
    }

    /// The index of the subschema at `location`, after adding it with all it leads to.
    fn node(
        &mut self,
        document: &Value,
        rules: &Rules,
        location: &str,
    ) -> Result<usize, jsonschema::ValidationError<'static>> {
        if let Some(&known) = self.by_location.get(location) {
            return Ok(known);
        }
        let index = self.nodes.len();
        self.nodes.push(Node::default());
        self.by_location.insert(location.to_owned(), index);
        let Some(Value::Object(schema)) = document.pointer(location) else {
            return Ok(index);
        };
        let mut node = Node {
            rules: rules.of_subschema(location).to_vec(),
            ..Node::default()
        };
        for (keyword, value) in schema {
            let inner = format!("{location}/{keyword}");
            match (keyword.as_str(), value) {
                ("$ref", Value::String(target)) => {
                    let target = target.trim_start_matches('#');
                    node.same.push(self.node(document, rules, target)?);
                }
                ("allOf", Value::Array(parts)) => {
                    for part in 0..parts.len() {
                        let part = self.node(document, rules, &format!("{inner}/{part}"))?;
                        node.same.push(part);
                    }
                }
                ("properties", Value::Object(members)) => {
                    for name in members.keys() {
                        let escaped = name.replace('~', "~0").replace('/', "~1");
                        let member = self.node(document, rules, &format!("{inner}/{escaped}"))?;
                        node.members.push((name.clone(), member));
                    }
                }
                ("additionalProperties", Value::Object(_)) => {
                    node.other_members = Some(self.node(document, rules, &inner)?);
                }
                ("items", Value::Object(_)) => {
                    node.items = Some(self.node(document, rules, &inner)?);
                }
                ("if", condition) => {
                    let mut branch = |keyword: &str| match schema.contains_key(keyword) {
                        true => self
                            .node(document, rules, &format!("{location}/{keyword}"))
                            .map(Some),
                        false => Ok(None),
                    };
                    node.choice = Some(Choice {
                        then: branch("then")?,
                        otherwise: branch("else")?,
                        condition: compile(document, condition)?,
                    });
                }
                _ => {}
            }
        }
        if let Some(slot) = self.nodes.get_mut(index) {
            *slot = node;
        }
        Ok(index)
    }

    /// The requirements that `value` puts to the test as an instance of the subschema at `location`.
    pub fn exercised(&self, location: &str, value: &Value) -> Vec<String> {
        let mut found = BTreeSet::new();
        if let Some(&start) = self.by_location.get(location) {
            self.walk(start, value, &mut found);
        }
        found.into_iter().map(str::to_owned).collect()
    }

    fn walk<'a>(&'a self, index: usize, value: &Value, found: &mut BTreeSet<&'a str>) {
        let Some(node) = self.nodes.get(index) else {
            return;
        };
        for rule in &node.rules {
            if applies(&rule.keyword, value) {
                found.extend(rule.requirements.iter().map(String::as_str));
            }
        }
        for &same in &node.same {
            self.walk(same, value, found);
        }
        match value {
            Value::Object(object) => {
                for (name, member) in &node.members {
                    if let Some(value) = object.get(name) {
                        self.walk(*member, value, found);
                    }
                }
                if let Some(other) = node.other_members {
                    let known = |name: &String| node.members.iter().any(|(known, _)| known == name);
                    for (_, value) in object.iter().filter(|(name, _)| !known(name)) {
                        self.walk(other, value, found);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(item) = node.items {
                    for value in items {
                        self.walk(item, value, found);
                    }
                }
            }
            _ => {}
        }
        if let Some(choice) = &node.choice {
            let branch = match choice.condition.is_valid(value) {
                true => choice.then,
                false => choice.otherwise,
            };
            if let Some(branch) = branch {
                self.walk(branch, value, found);
            }
        }
    }
}

/// Whether the keyword says anything about a value of this type.
fn applies(keyword: &str, value: &Value) -> bool {
    match keyword {
        "required" => value.is_object(),
        "minimum" | "maximum" => value.is_number(),
        "maxItems" | "minItems" => value.is_array(),
        _ => true,
    }
}

/// Compiles a condition; only the few that refer to definitions get these along.
fn compile(
    document: &Value,
    condition: &Value,
) -> Result<Validator, jsonschema::ValidationError<'static>> {
    let mut schema = condition.clone();
    if condition.to_string().contains("\"$ref\"")
        && let (Some(object), Some(definitions)) = (schema.as_object_mut(), document.get("$defs"))
    {
        object.insert("$defs".to_owned(), definitions.clone());
    }
    jsonschema::draft202012::options().build(&schema)
}
