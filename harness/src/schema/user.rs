//! JSON Schemas that others wrote: a tool's `inputSchema` and `outputSchema`.
//!
//! Whoever wrote the schema may also have written the values, and may be hostile: nothing is fetched, and schemas whose
//! validation could take more than a moment are refused.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ReferencingError, ValidationError, Validator};
use serde_json::Value;

use super::expansion::{Expansion, MAX_DEPTH, MAX_SIZE};

/// Errors are listed up to this number.
const MAX_ERRORS: usize = 20;
/// Longest error text, in characters.
const MAX_TEXT: usize = 200;
/// Errors in values nested deeper than this are not listed for a schema that refers to itself: their number may double
/// with each level.
const MAX_NESTING_LISTED: usize = 6;

/// Why a schema cannot be used. Always about the schema, never about a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaProblem {
    /// `$schema` names a dialect that we do not know.
    #[error("the schema's dialect {0:?} is unknown; known are JSON Schema draft 4 to 2020-12")]
    UnknownDialect(String),
    /// A `$ref` leads outside of the schema.
    #[error("the schema refers to {0:?}, which is not part of it and is not fetched")]
    RemoteReference(String),
    /// A `$ref` leads to nothing in the schema.
    #[error("the schema refers to {0:?}, which it does not contain")]
    DanglingReference(String),
    /// Breaks the rules of its dialect.
    #[error("the schema is not valid in its dialect: at {at:?}: {problem}")]
    Invalid {
        /// JSON Pointer into the schema.
        at: String,
        /// What is wrong there.
        problem: String,
    },
    /// Too large when all its references are followed.
    #[error(
        "the schema is too large or too deep to use safely (more than {MAX_SIZE} parts or {MAX_DEPTH} levels when its references are followed)"
    )]
    TooComplex,
}

/// A compiled schema of someone else's.
#[derive(Debug)]
pub struct UserSchema {
    validator: Validator,
    recursive: bool,
}

impl UserSchema {
    /// Validates a value; each returned text says where and what is wrong, none means valid.
    #[must_use]
    pub fn validate(&self, value: &Value) -> Vec<String> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        if self.recursive && nesting(value, MAX_NESTING_LISTED) >= MAX_NESTING_LISTED {
            return vec!["the value does not satisfy the schema (too deep to say where)".to_owned()];
        }
        let errors = self.validator.iter_errors(value).take(MAX_ERRORS);
        errors.map(|error| describe(&error)).collect()
    }
}

/// Compiles a schema in the dialect that its `$schema` names, 2020-12 if it names none.
///
/// # Errors
/// A [`SchemaProblem`] if the schema is not one, or cannot be used without fetching something or taking long.
pub fn compile_user_schema(schema: &Value) -> Result<UserSchema, SchemaProblem> {
    let expansion = Expansion::measure(schema).ok_or(SchemaProblem::TooComplex)?;
    let mut options = jsonschema::options().offline();
    if schema.get("$schema").is_none() {
        options = options.with_draft(jsonschema::Draft::Draft202012);
    }
    match options.build(schema) {
        Ok(validator) => Ok(UserSchema { validator, recursive: expansion.recursive }),
        Err(error) => Err(problem(&error)),
    }
}

fn problem(error: &ValidationError<'_>) -> SchemaProblem {
    match error.kind() {
        ValidationErrorKind::Referencing(error) => match error {
            ReferencingError::UnknownSpecification { specification } => {
                SchemaProblem::UnknownDialect(shorten(specification))
            }
            ReferencingError::Unretrievable { uri, .. } => SchemaProblem::RemoteReference(shorten(uri)),
            ReferencingError::PointerToNowhere { pointer } => SchemaProblem::DanglingReference(shorten(pointer)),
            other => SchemaProblem::DanglingReference(shorten(&other.to_string())),
        },
        _ => SchemaProblem::Invalid {
            at: error.instance_path().as_str().to_owned(),
            problem: shorten(&error.to_string()),
        },
    }
}

fn describe(error: &ValidationError<'_>) -> String {
    let path = error.instance_path().as_str();
    let text = shorten(&error.to_string());
    match path {
        "" => text,
        path => format!("at {}: {text}", shorten(path)),
    }
}

fn shorten(text: &str) -> String {
    let short: String = text.chars().take(MAX_TEXT).collect();
    let more = if short.len() < text.len() { "..." } else { "" };
    short + more
}

/// How deep a value is nested, measured no further than `limit`.
fn nesting(value: &Value, limit: usize) -> usize {
    let inner = |values: &mut dyn Iterator<Item = &Value>| {
        let deepest = values.map(|value| nesting(value, limit - 1)).max();
        deepest.map_or(1, |levels| levels + 1)
    };
    match value {
        _ if limit == 0 => 0,
        Value::Array(items) => inner(&mut items.iter()),
        Value::Object(members) => inner(&mut members.values()),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    #[test]
    fn the_dialect_decides_what_keywords_mean() {
        // `items` as a list is positional up to 2019-09 and an error in 2020-12.
        let draft_7 = json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}]});
        let compiled = compile_user_schema(&draft_7).unwrap();
        assert_eq!(compiled.validate(&json!(["a", 1])), Vec::<String>::new());
        assert_eq!(compiled.validate(&json!([1])).len(), 1);
        let default = json!({"items": [{"type": "string"}]});
        let problem = compile_user_schema(&default).unwrap_err();
        assert!(matches!(problem, SchemaProblem::Invalid { ref at, .. } if at == "/items"), "{problem:?}");
    }

    #[test]
    fn nothing_is_fetched_and_each_problem_is_named() {
        let remote = "https://example.com/x";
        for (schema, expected) in [
            (json!({"$ref": remote}), SchemaProblem::RemoteReference(remote.to_owned())),
            (json!({"$ref": "file:///x"}), SchemaProblem::RemoteReference("file:///x".to_owned())),
            (json!({"$schema": remote}), SchemaProblem::UnknownDialect(remote.to_owned())),
            (json!({"$ref": "#/$defs/a"}), SchemaProblem::DanglingReference("/$defs/a".to_owned())),
        ] {
            assert_eq!(compile_user_schema(&schema).unwrap_err(), expected);
        }
        for schema in [json!(null), json!({"type": "strin"}), json!({"pattern": "("}), json!({"$schema": 5})] {
            let problem = compile_user_schema(&schema).unwrap_err();
            assert!(matches!(problem, SchemaProblem::Invalid { .. }), "{schema}: {problem:?}");
        }
    }

    #[test]
    fn hostile_recursion_ends() {
        let branch = |name: &str| json!({"properties": {"a": {"$ref": "#"}}, "required": [name]});
        let schema = compile_user_schema(&json!({"anyOf": [branch("x"), branch("y")]})).unwrap();
        let mut value = json!({});
        for _ in 0..100 {
            value = json!({"a": value});
        }
        assert_eq!(schema.validate(&value).len(), 1);
        for schema in [json!({"$ref": "#"}), json!({"not": {"$ref": "#"}})] {
            let compiled = compile_user_schema(&schema).unwrap();
            assert!(compiled.validate(&json!(1)).len() <= 1);
        }
    }

    #[test]
    fn errors_are_few_and_short() {
        let schema = compile_user_schema(&json!({"items": {"type": "string"}})).unwrap();
        let errors = schema.validate(&Value::Array(vec![json!(vec![1; 1000]); 1000]));
        assert_eq!(errors.len(), MAX_ERRORS);
        assert!(errors.iter().all(|text| text.chars().count() < MAX_TEXT + 30));
        assert!(errors.first().unwrap().starts_with("at /0: "), "{errors:?}");
    }
}
