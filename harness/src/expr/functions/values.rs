//! Kinds, equality and members of any value.

use serde_json::Value;

use crate::expr::value::{from_json, kind as kind_of};

pub(super) fn kind([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(kind_of(from_json(value).as_ref()).into())
}

pub(super) fn is_null([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(value.is_null().into())
}

pub(super) fn is_bool([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(value.is_boolean().into())
}

pub(super) fn is_number([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(value.is_number().into())
}

pub(super) fn is_int([value]: &[Value; 1]) -> Result<Value, String> {
    Ok((value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)).into())
}

pub(super) fn is_string([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(value.is_string().into())
}

pub(super) fn is_list([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(value.is_array().into())
}

pub(super) fn is_object([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(value.is_object().into())
}

pub(super) fn same([left, right]: &[Value; 2]) -> Result<Value, String> {
    Ok(equal(left, right).into())
}

/// Deep equality with numbers by value, whatever the kinds.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    from_json(left).equals(from_json(right).as_ref())
}

pub(super) fn keys([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(object(value)?.keys().map(String::as_str).collect())
}

pub(super) fn values([value]: &[Value; 1]) -> Result<Value, String> {
    Ok(object(value)?.values().cloned().collect())
}

fn object(value: &Value) -> Result<&serde_json::Map<String, Value>, String> {
    value.as_object().ok_or_else(|| "it has to be an object".to_owned())
}
