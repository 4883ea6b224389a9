//! Which annotated rules a value puts to the test.
//!
//! Validation alone says which rules are broken. That a kept rule was met at all takes a second walk over schema and
//! value together, along the branches that the value chooses.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::rules::Rules;

/// The definitions of a schema file as a graph to walk along.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    nodes: Vec<Node>,
    by_location: BTreeMap<String, usize>,
}

/// One subschema.
#[derive(Debug, Default)]
struct Node {
    /// The definition's name, if the subschema is a definition.
    definition: Option<String>,
    /// `$ref`.
    reference: Option<usize>,
    /// `allOf`.
    parts: Vec<usize>,
    /// `properties`.
    members: BTreeMap<String, usize>,
    /// `additionalProperties`.
    other_members: Option<usize>,
    items: Option<usize>,
    /// `if`.
    condition: Option<Validator>,
    then: Option<usize>,
    otherwise: Option<usize>,
}

impl Coverage {
    /// Prepares the walk over a schema file.
    pub fn new(document: &Value) -> Result<Self, ValidationError<'static>> {
        let mut coverage = Self::default();
        let names = document.get("$defs").and_then(Value::as_object);
        for name in names.into_iter().flat_map(|names| names.keys()) {
            let index = coverage.node(document, &format!("/$defs/{name}"))?;
            if let Some(node) = coverage.nodes.get_mut(index) {
                node.definition = Some(name.clone());
            }
        }
        Ok(coverage)
    }

    /// The index of the subschema at `location`, after adding it with all it leads to.
    fn node(&mut self, document: &Value, location: &str) -> Result<usize, ValidationError<'static>> {
        if let Some(&known) = self.by_location.get(location) {
            return Ok(known);
        }
        let index = self.nodes.len();
        self.nodes.push(Node::default());
        self.by_location.insert(location.to_owned(), index);
        let Some(Value::Object(schema)) = document.pointer(location) else {
            return Ok(index);
        };
        let mut node = Node::default();
        for (keyword, value) in schema {
            let inner = format!("{location}/{keyword}");
            match (keyword.as_str(), value) {
                ("$ref", Value::String(target)) => {
                    node.reference = Some(self.node(document, target.trim_start_matches('#'))?);
                }
                ("allOf", Value::Array(parts)) => {
                    for part in 0..parts.len() {
                        node.parts.push(self.node(document, &format!("{inner}/{part}"))?);
                    }
                }
                ("properties", Value::Object(members)) => {
                    for name in members.keys() {
                        let name = escape(name);
                        let member = self.node(document, &format!("{inner}/{name}"))?;
                        node.members.insert(name, member);
                    }
                }
                ("additionalProperties", Value::Object(_)) => {
                    node.other_members = Some(self.node(document, &inner)?);
                }
                ("items", Value::Object(_)) => node.items = Some(self.node(document, &inner)?),
                ("if", condition) => node.condition = Some(compile(document, condition)?),
                ("then", _) => node.then = Some(self.node(document, &inner)?),
                ("else", _) => node.otherwise = Some(self.node(document, &inner)?),
                _ => {}
            }
        }
        if let Some(slot) = self.nodes.get_mut(index) {
            *slot = node;
        }
        Ok(index)
    }

    /// The requirements that `value` puts to the test as an instance of a definition.
    pub fn exercised(&self, rules: &Rules, definition: &str, value: &Value) -> BTreeSet<String> {
        let mut walk = Walk { coverage: self, rules, found: BTreeSet::new() };
        walk.visit(self.by_location.get(&format!("/$defs/{definition}")), value);
        walk.found.into_iter().map(str::to_owned).collect()
    }

    fn get(&self, index: Option<&usize>) -> Option<&Node> {
        self.nodes.get(*index?)
    }

    /// Whether `value` meets the rule at the end of `path`, starting from a subschema.
    fn meets(&self, start: Option<&usize>, path: &[String], value: &Value) -> bool {
        let Some((node, (first, rest))) = self.get(start).zip(path.split_first()) else {
            return false;
        };
        match (first.as_str(), rest) {
            ("$ref", rest) => self.meets(node.reference.as_ref(), rest, value),
            ("allOf", [part, rest @ ..]) => {
                let part = part.parse().ok().and_then(|part: usize| node.parts.get(part));
                self.meets(part, rest, value)
            }
            ("properties", [name, rest @ ..]) => {
                member(value, name).is_some_and(|value| self.meets(node.members.get(name), rest, value))
            }
            ("additionalProperties", rest) => {
                node.others(value).any(|value| self.meets(node.other_members.as_ref(), rest, value))
            }
            ("items", rest) => {
                (value.as_array().into_iter().flatten()).any(|value| self.meets(node.items.as_ref(), rest, value))
            }
            ("then" | "else", rest) => {
                let branch = node.branch(value).filter(|(name, _)| name == first);
                self.meets(branch.and_then(|(_, index)| index), rest, value)
            }
            ("required", [_]) => value.is_object(),
            ("minimum" | "maximum", []) => value.is_number(),
            ("minItems" | "maxItems", []) => value.is_array(),
            (_, rest) => rest.is_empty(),
        }
    }
}

impl Node {
    /// The branch that a value takes, and where it leads.
    fn branch(&self, value: &Value) -> Option<(&'static str, Option<&usize>)> {
        Some(match self.condition.as_ref()?.is_valid(value) {
            true => ("then", self.then.as_ref()),
            false => ("else", self.otherwise.as_ref()),
        })
    }

    /// The values of the members that `properties` does not name.
    fn others<'a>(&'a self, value: &'a Value) -> impl Iterator<Item = &'a Value> {
        let members = value.as_object().into_iter().flatten();
        members.filter(|(name, _)| !self.members.contains_key(&escape(name))).map(|(_, value)| value)
    }
}

/// A walk along all that a value reaches.
struct Walk<'a> {
    coverage: &'a Coverage,
    rules: &'a Rules,
    found: BTreeSet<&'a str>,
}

impl Walk<'_> {
    fn visit(&mut self, index: Option<&usize>, value: &Value) {
        let Some(node) = self.coverage.get(index) else {
            return;
        };
        if let Some(definition) = &node.definition {
            for rule in self.rules.of(definition).iter().filter(|rule| rule.both_ways) {
                let new = |id: &String| !self.found.contains(id.as_str());
                if rule.requirements.iter().any(new) && self.coverage.meets(index, &rule.path, value) {
                    self.found.extend(rule.requirements.iter().map(String::as_str));
                }
            }
        }
        self.visit(node.reference.as_ref(), value);
        for part in &node.parts {
            self.visit(Some(part), value);
        }
        match value {
            Value::Object(_) => {
                for (name, inner) in &node.members {
                    if let Some(value) = member(value, name) {
                        self.visit(Some(inner), value);
                    }
                }
                if node.other_members.is_some() {
                    for value in node.others(value) {
                        self.visit(node.other_members.as_ref(), value);
                    }
                }
            }
            Value::Array(items) if node.items.is_some() => {
                for value in items {
                    self.visit(node.items.as_ref(), value);
                }
            }
            _ => {}
        }
        if let Some((_, branch)) = node.branch(value) {
            self.visit(branch, value);
        }
    }
}

/// The member of an object by its name in JSON Pointer's spelling.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match name.contains('~') {
        true => value.get(name.replace("~1", "/").replace("~0", "~")),
        false => value.get(name),
    }
}

/// A name in JSON Pointer's spelling.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Compiles a condition; only the few that refer to definitions get these along.
fn compile(document: &Value, condition: &Value) -> Result<Validator, ValidationError<'static>> {
    let mut schema = condition.clone();
    if condition.to_string().contains("\"$ref\"")
        && let (Some(object), Some(definitions)) = (schema.as_object_mut(), document.get("$defs"))
    {
        object.insert("$defs".to_owned(), definitions.clone());
    }
    jsonschema::draft202012::options().build(&schema)
}
