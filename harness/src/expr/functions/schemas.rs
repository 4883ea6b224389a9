//! JSON Schemas that peers wrote, and values they are about.

use serde_json::Value;

use crate::schema::{SchemaProblem, compile_user_schema};

/// Whether a schema is valid in its dialect. A schema that we cannot tell about is an error, so that nobody is blamed for
/// a dialect, a reference or a regular expression that only we do not understand.
pub(super) fn schema_ok([schema]: &[Value; 1]) -> Result<Value, String> {
    match compile_user_schema(schema) {
        Ok(_) => Ok(true.into()),
        Err(SchemaProblem::Invalid { at, .. }) if !at.contains("attern") => Ok(false.into()),
        Err(problem) => Err(problem.to_string()),
    }
}

pub(super) fn conforms([value, schema]: &[Value; 2]) -> Result<Value, String> {
    let schema = compile_user_schema(schema).map_err(|problem| problem.to_string())?;
    Ok(schema.validate(value).is_empty().into())
}
