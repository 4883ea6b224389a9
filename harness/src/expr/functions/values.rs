//! Kinds, equality and members of any value.

use cel::ExecutionError;
use cel::common::types::{CelBool, CelDouble, CelString};
use cel::common::value::{CowVal, Val};
use serde_json::Value;

use super::exactly;
use crate::expr::value::{from_json, kind as kind_of};

pub(super) fn kind<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [value] = exactly(args)?;
    Ok(CowVal::owned(CelString::from(kind_of(value.as_ref()).to_owned())))
}

pub(super) fn is_null(value: &dyn Val) -> bool {
    kind_of(value) == "null"
}

pub(super) fn is_bool(value: &dyn Val) -> bool {
    kind_of(value) == "boolean"
}

pub(super) fn is_number(value: &dyn Val) -> bool {
    kind_of(value) == "number"
}

pub(super) fn is_int(value: &dyn Val) -> bool {
    match value.downcast_ref::<CelDouble>() {
        Some(double) => double.inner().fract() == 0.0,
        None => is_number(value),
    }
}

pub(super) fn is_string(value: &dyn Val) -> bool {
    kind_of(value) == "string"
}

pub(super) fn is_list(value: &dyn Val) -> bool {
    kind_of(value) == "array"
}

pub(super) fn is_object(value: &dyn Val) -> bool {
    kind_of(value) == "object"
}

pub(super) fn same<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [left, right] = exactly(args)?;
    Ok(CowVal::owned(CelBool::from(left.equals(right.as_ref()))))
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
