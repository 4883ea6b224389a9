//! One schema file: all messages of one revision.
//!
//! Beside the definitions it has `x-methods`, which names the definitions of each method's messages by the side that sends
//! the request or notification, and `x-requirement`, the requirement that a broken rule without an annotation breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Value, json};

use super::coverage::Coverage;
use super::explain::explain;
use super::rules::{Reached, Rules, add_new};
use super::subject::{Sender, Subject};
use super::validity::{Validity, Violation};
use crate::requirement::CatalogueError;
use crate::revision::Revision;

/// The definition of a response with an error, which also knows what some codes demand of `data`.
const ERROR_RESPONSE: &str = "ErrorResponseByCode";
/// Values with more parts than this get only their first violation listed: collecting all of them before the limit
/// applies would cost a peer little and us much memory.
const MAX_PARTS_LISTED: usize = 50_000;

/// A schema file, its definitions compiled when first used.
#[derive(Debug)]
pub(super) struct Document {
    schema: Value,
    /// The requirement that a broken rule without an annotation breaks.
    fallback: Vec<String>,
    rules: Rules,
    coverage: Coverage,
    validators: BTreeMap<String, OnceLock<Validator>>,
}

impl Document {
    /// Prepares a schema that is read and whole.
    pub fn new(schema: Value) -> Result<Self, DocumentError> {
        let definitions = schema.get("$defs").and_then(Value::as_object);
        let definitions = definitions.ok_or(DocumentError::NoDefinitions)?;
        let rules = Rules::collect(definitions);
        let validators = definitions.keys().map(|name| (name.clone(), OnceLock::new())).collect();
        Ok(Self {
            fallback: schema.get("x-requirement").and_then(Value::as_str).map(str::to_owned).into_iter().collect(),
            coverage: Coverage::new(&schema)?,
            rules,
            validators,
            schema,
        })
    }

    /// The schema itself.
    pub const fn schema(&self) -> &Value {
        &self.schema
    }

    /// The requirements that rules of this file decide: the annotated ones and the fallback for the rest.
    pub fn decided(&self) -> impl Iterator<Item = &str> {
        self.rules.decided().chain(self.fallback.iter().map(String::as_str))
    }

    /// Of these, those about something that one side sends.
    pub fn decided_of(&self, sender: Sender) -> impl Iterator<Item = &str> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = self.sent_by(sender);
        while let Some(name) = open.pop() {
            if reached.insert(name) {
                open.extend(references(self.schema.get("$defs").and_then(|all| all.get(name))));
            }
        }
        let rules = reached.into_iter().flat_map(|name| self.rules.of(name)).filter(|rule| rule.both_ways);
        rules
            .flat_map(|rule| rule.requirements.iter().map(String::as_str))
            .chain(self.fallback.iter().map(String::as_str))
    }

    /// The definitions of the messages that one side sends.
    fn sent_by(&self, sender: Sender) -> Vec<&str> {
        let methods = |side: Sender, kind: &str| {
            let all = self.schema.get("x-methods").and_then(|all| all.get(side.key())?.get(kind)?.as_object());
            all.into_iter().flat_map(|all| all.values())
        };
        let requests = methods(sender, "requests").filter_map(|method| method.get("request"));
        let responses = methods(sender.other(), "requests").filter_map(|method| method.get("response"));
        let messages = requests.chain(responses).chain(methods(sender, "notifications"));
        messages.filter_map(Value::as_str).chain([ERROR_RESPONSE]).collect()
    }

    /// The name of the definition that a message of this kind has to satisfy.
    pub fn definition_of<'a>(&'a self, subject: Subject<'a>) -> Option<&'a str> {
        match subject {
            Subject::Request { from, method } => self.method(from, "requests", method)?["request"].as_str(),
            Subject::Result { from, of_method } => {
                self.method(from.other(), "requests", of_method)?["response"].as_str()
            }
            Subject::Notification { from, method } => self.method(from, "notifications", method)?.as_str(),
            Subject::Error => Some(ERROR_RESPONSE),
            Subject::Definition(name) => Some(name),
        }
    }

    fn method(&self, from: Sender, kind: &str, method: &str) -> Option<&Value> {
        self.schema.get("x-methods")?.get(from.key())?.get(kind)?.get(method)
    }

    /// Validates `value` as an instance of a definition.
    pub fn check(&self, definition: &str, value: &Value) -> Result<Validity, DocumentError> {
        let Some(validator) = self.validator(definition)? else {
            return Ok(Validity::unknown());
        };
        let mut exercised = self.coverage.exercised(&self.rules, definition, value);
        exercised.extend(self.fallback.clone());
        Ok(Validity {
            known: true,
            violations: self.violations(definition, validator, value),
            exercised: exercised.into_iter().collect(),
        })
    }

    /// Whether [`Self::check`] would find it valid, without saying more.
    pub fn conforms(&self, definition: &str, value: &Value) -> Result<bool, DocumentError> {
        Ok(self.validator(definition)?.is_some_and(|validator| validator.is_valid(value)))
    }

    /// What values of a definition are validated with; nothing where there is no such definition.
    fn validator(&self, definition: &str) -> Result<Option<&Validator>, DocumentError> {
        let Some(slot) = self.validators.get(definition) else { return Ok(None) };
        if let Some(compiled) = slot.get() {
            return Ok(Some(compiled));
        }
        let compiled = self.compile(definition)?;
        Ok(Some(slot.get_or_init(|| compiled)))
    }

    fn compile(&self, definition: &str) -> Result<Validator, ValidationError<'static>> {
        let root = json!({
            "$ref": format!("#/$defs/{definition}"),
            "$defs": self.schema.get("$defs"),
        });
        jsonschema::draft202012::options().build(&root)
    }

    fn violations(&self, definition: &str, validator: &Validator, value: &Value) -> Vec<Violation> {
        let Err(first) = validator.validate(value) else {
            return Vec::new();
        };
        let mut violations: Vec<Violation> = Vec::new();
        if parts(value, MAX_PARTS_LISTED) >= MAX_PARTS_LISTED {
            violations.push(self.violation(definition, &first));
        } else {
            for error in validator.iter_errors(value) {
                let new = self.violation(definition, &error);
                // Two definitions may make the same rule for the same value.
                let same = |old: &&mut Violation| old.path == new.path && old.message == new.message;
                if let Some(old) = violations.iter_mut().find(same) {
                    add_new(&mut old.requirement, &new.requirement);
                } else if violations.len() < Validity::MAX_VIOLATIONS {
                    violations.push(new);
                } else {
                    break;
                }
            }
        }
        for violation in &mut violations {
            if violation.requirement.is_empty() {
                violation.requirement.extend(self.fallback.clone());
            }
        }
        violations
    }

    fn violation(&self, root: &str, error: &ValidationError<'_>) -> Violation {
        let mut rule = error.schema_path().as_str().to_owned();
        let mut evaluated = error.evaluation_path().as_str().to_owned();
        if let ValidationErrorKind::Required { property } = error.kind() {
            let name = property.as_str().unwrap_or_default();
            let segment = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            rule.push_str(&segment);
            evaluated.push_str(&segment);
        }
        let definition = rule.split('/').nth(2).unwrap_or_default();
        Violation {
            path: error.instance_path().as_str().to_owned(),
            requirement: self.rules.broken(&self.reached(root, &evaluated)),
            message: explain(error, definition),
            rule,
        }
    }

    /// The definitions that an evaluation path leads through, each with the rest of the path. The path starts with the
    /// `$ref` of the root that [`Document::compile`] makes.
    fn reached<'a>(&'a self, root: &'a str, evaluated: &'a str) -> Vec<Reached<'a>> {
        let segments: Vec<&str> = evaluated.split('/').skip(1).collect();
        let mut reached = Vec::new();
        let mut here = None;
        for (index, segment) in segments.iter().enumerate() {
            if *segment != "$ref" {
                here = here.and_then(|schema| step(schema, segment));
                continue;
            }
            let name = match here.and_then(|schema: &Value| schema.get("$ref")?.as_str()) {
                Some(target) => target.trim_start_matches("#/$defs/"),
                None => root,
            };
            here = self.schema.get("$defs").and_then(|all| all.get(name));
            reached.push(Reached { definition: name, path: segments.get(index + 1..).unwrap_or_default().to_vec() });
        }
        reached
    }
}

/// The definitions that a schema refers to.
fn references(schema: Option<&Value>) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open: Vec<&Value> = schema.into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Array(parts) => open.extend(parts),
            Value::Object(members) => {
                let target = members.get("$ref").and_then(Value::as_str);
                found.extend(target.and_then(|target| target.strip_prefix("#/$defs/")));
                open.extend(members.values());
            }
            _ => {}
        }
    }
    found
}

/// The part of a schema that one segment of a path leads to.
fn step<'a>(schema: &'a Value, segment: &str) -> Option<&'a Value> {
    match schema {
        Value::Array(parts) => parts.get(segment.parse::<usize>().ok()?),
        schema => schema.get(segment.replace("~1", "/").replace("~0", "~")),
    }
}

/// The number of values in a value, itself included; counted no further than `limit`.
fn parts(value: &Value, limit: usize) -> usize {
    let mut count = 0;
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        count += 1;
        if count + rest.len() >= limit {
            return limit;
        }
        match value {
            Value::Array(items) => rest.extend(items.iter().take(limit)),
            Value::Object(members) => rest.extend(members.values().take(limit)),
            _ => {}
        }
    }
    count
}

/// A schema file that cannot be used: a defect of this program, never of what is validated.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    #[error("there is no schema file for {0}")]
    Missing(Revision),
    #[error("the schema file is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("what of an inherited schema holds cannot be told: {0}")]
    Catalogue(#[from] CatalogueError),
    #[error("the schema file has no $defs")]
    NoDefinitions,
    #[error("the schema file is not a valid JSON Schema: {0}")]
    Schema(#[from] ValidationError<'static>),
}
