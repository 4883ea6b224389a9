//! Values of any JSON Schema.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::shape::{Branch, Shape};
use super::{Choices, number, text};
use crate::schema::{SchemaProblem, UserSchema, compile_user_schema};

/// Tries before it is said that no value can be made.
const MAX_TRIES: usize = 200;
/// From this nesting on nothing is added that is not asked for.
const USUAL_DEPTH: usize = 5;
/// Deeper values are not made.
const MAX_DEPTH: usize = 48;

/// Values known to be of use, by the name of the member that they may stand in: cursors, URIs, names, ids of earlier answers.
pub type Hints = BTreeMap<String, Vec<Value>>;

/// No value could be made that the schema accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no value was found that the schema accepts, in {MAX_TRIES} tries; an `examples` entry in it would serve as one"
)]
pub struct Unsatisfied;

/// A compiled schema of someone else's, and values of it.
#[derive(Debug)]
pub struct SchemaValues {
    schema: Value,
    compiled: UserSchema,
}

impl SchemaValues {
    /// Compiles the schema.
    ///
    /// # Errors
    /// It is no schema, or one that is not safe to use.
    pub fn new(schema: &Value) -> Result<Self, SchemaProblem> {
        Ok(Self { schema: schema.clone(), compiled: compile_user_schema(schema)? })
    }

    /// A value that the schema accepts.
    ///
    /// # Errors
    /// None was found.
    pub fn generate(&self, hints: &Hints, choices: &mut Choices) -> Result<Value, Unsatisfied> {
        let maker = Maker { root: &self.schema, hints };
        maker.valid(&self.schema, &|value| self.accepts(value), choices)
    }

    /// Whether the schema accepts a value.
    #[must_use]
    pub fn accepts(&self, value: &Value) -> bool {
        self.compiled.validate(value).is_empty()
    }

    /// The schema.
    #[must_use]
    pub const fn schema(&self) -> &Value {
        &self.schema
    }
}

/// Makes values of the schemas in one document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maker<'a> {
    /// What references lead into.
    pub(super) root: &'a Value,
    pub(super) hints: &'a Hints,
}

impl<'a> Maker<'a> {
    /// A value of a schema that is valid in the end.
    pub(super) fn valid(
        &self,
        schema: &'a Value,
        is_valid: &dyn Fn(&Value) -> bool,
        choices: &mut Choices,
    ) -> Result<Value, Unsatisfied> {
        let samples = self.value(&[schema], 0, choices).into_iter();
        let more = (1..MAX_TRIES).filter_map(|_| self.value(&[schema], 0, choices));
        let Some(found) = samples.chain(more).find(|value| is_valid(value)) else {
            let given = Shape::of(self.root, &[schema], Branch::Any, choices).samples;
            return given.into_iter().find(|value| is_valid(value)).cloned().ok_or(Unsatisfied);
        };
        Ok(found)
    }

    /// A value of several schemas at once; `None` where that attempt came to nothing. Recursion no deeper than [`MAX_DEPTH`].
    pub(super) fn value(&self, schemas: &[&'a Value], depth: usize, choices: &mut Choices) -> Option<Value> {
        let branch = if self.may_grow(depth) { Branch::Any } else { Branch::Shallow };
        self.of_shape(&Shape::of(self.root, schemas, branch, choices), depth, choices)
    }

    pub(super) fn of_shape(&self, shape: &Shape<'a>, depth: usize, choices: &mut Choices) -> Option<Value> {
        if shape.impossible || depth > MAX_DEPTH {
            return None;
        }
        if let Some(among) = &shape.among {
            let fitting: Vec<&&Value> = among.iter().filter(|value| shape.allows(type_of(value))).collect();
            return choices.pick(&fitting).map(|value| (**value).clone());
        }
        if !shape.samples.is_empty() && choices.once_in(4) {
            let sample = choices.pick(&shape.samples).copied().filter(|sample| shape.allows(type_of(sample)));
            if sample.is_some() {
                return sample.cloned();
            }
        }
        match *choices.pick(&kinds(shape))? {
            "null" => Some(Value::Null),
            "boolean" => Some(json!(choices.once_in(2))),
            "integer" => number::integer(shape, choices),
            "number" => number::number(shape, choices),
            "string" => text::string(shape, choices).map(Value::String),
            "array" => self.array(shape, depth, choices),
            "object" => self.object(shape, depth, choices),
            _ => None,
        }
    }

    pub(super) const fn may_grow(&self, depth: usize) -> bool {
        depth < USUAL_DEPTH
    }

    /// A known value for a member of that name, half of the times where there is one.
    pub(super) fn hint(&self, name: &str, choices: &mut Choices) -> Option<Value> {
        let known = self.hints.get(name).filter(|known| !known.is_empty())?;
        choices.once_in(2).then(|| choices.pick(known).cloned()).flatten()
    }
}

/// The types that a value of the shape is made of: those that it names, else those that its rules are about, else any.
fn kinds<'a>(shape: &Shape<'a>) -> Vec<&'a str> {
    if let Some(types) = &shape.types {
        return types.clone();
    }
    let has_members = !shape.properties.is_empty()
        || !shape.required.is_empty()
        || !shape.pattern_properties.is_empty()
        || !shape.additional.is_empty()
        || !shape.property_names.is_empty()
        || shape.min_properties > 0;
    let has_items = !shape.items.is_empty()
        || !shape.prefix_items.is_empty()
        || shape.contains.is_some()
        || shape.min_items > 0
        || shape.unique;
    let has_text = !shape.patterns.is_empty()
        || shape.format.is_some()
        || shape.min_length.is_some()
        || shape.max_length.is_some();
    let has_bounds =
        [shape.minimum, shape.maximum, shape.exclusive_minimum, shape.exclusive_maximum, shape.multiple_of]
            .iter()
            .any(Option::is_some);
    let about = [(has_members, "object"), (has_items, "array"), (has_text, "string"), (has_bounds, "number")];
    let found: Vec<&str> = about.into_iter().filter(|(has, _)| *has).map(|(_, kind)| kind).collect();
    match found.is_empty() {
        true => vec!["string", "integer", "boolean", "null", "object", "array", "number"],
        false => found,
    }
}

/// What JSON Schema calls the type of a value.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
