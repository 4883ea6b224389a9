//! Arguments of tools and prompts.

use serde_json::Value;

use super::rpc::{Failure, Object};

/// The `arguments` of a request: an object, or nothing.
pub(super) fn read(method: &str, params: &Object) -> Result<Object, Failure> {
    match params.get("arguments") {
        None => Ok(Object::new()),
        Some(Value::Object(arguments)) => Ok(arguments.clone()),
        Some(_) => Err(Failure::params(format!("{method}: `arguments` must be an object"))),
    }
}

/// The same JSON with the members of every object in order, so that equal values give equal text.
pub(super) fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            Value::Object(members.into_iter().map(|(name, value)| (name.clone(), canonical(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}
