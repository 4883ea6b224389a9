//! JSON to CEL and back, by hand: serde would turn numbers into maps as soon as any dependency
//! switches on `arbitrary_precision` in serde_json, and every comparison would silently be false.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use cel::common::types::{
    CelBool, CelBytes, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelType, CelUInt, Kind,
};
use cel::common::value::Val;
use serde_json::Value;

use super::shared::{SharedList, SharedMap};

/// The CEL value of a JSON value: whole numbers become int (uint beyond its range), others double.
pub(super) fn from_json(value: &Value) -> Box<dyn Val> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Box::new(CelInt::from(int)),
            (None, Some(uint)) => Box::new(CelUInt::from(uint)),
            (None, None) => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(text) => Box::new(CelString::from(text.clone())),
        Value::Array(items) => {
            let items: Vec<Box<dyn Val>> = items.iter().map(from_json).collect();
            Box::new(SharedList::from(items))
        }
        Value::Object(members) => {
            let members: HashMap<CelMapKey<'static>, Box<dyn Val>> =
                members.iter().map(|(name, value)| (CelMapKey::from(name.clone()), from_json(value))).collect();
            Box::new(SharedMap::from(members))
        }
    }
}

/// The JSON value of a CEL value, names sorted. Bytes become base64, types their name, numbers JSON
/// cannot write (NaN, the infinities) and anything foreign `null`.
pub(super) fn to_json(value: &dyn Val) -> Value {
    if let Some(value) = value.downcast_ref::<CelBool>() {
        Value::Bool(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelInt>() {
        Value::from(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelUInt>() {
        Value::from(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelDouble>() {
        Value::from(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelString>() {
        Value::from(value.inner())
    } else if let Some(value) = value.downcast_ref::<CelBytes>() {
        Value::from(base64::prelude::BASE64_STANDARD.encode(value.inner()))
    } else if let Some(value) = value.downcast_ref::<CelType>() {
        Value::from(value.name())
    } else if let Some(list) = value.downcast_ref::<CelList>() {
        Value::Array(list.inner().iter().map(|item| to_json(item.as_ref())).collect())
    } else if let Some(map) = value.downcast_ref::<CelMap>() {
        let sorted: BTreeMap<String, Value> =
            map.inner().iter().map(|(key, value)| (key_text(key), to_json(value.as_ref()))).collect();
        Value::Object(sorted.into_iter().collect())
    } else {
        Value::Null
    }
}

/// A map key as text.
pub(super) fn key_text(key: &CelMapKey<'_>) -> String {
    match to_json(key.inner()) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The JSON Schema name of a value's type; `bytes` and `type` for what JSON does not have.
pub(super) fn kind(value: &dyn Val) -> &'static str {
    match value.get_type().kind() {
        Kind::NullType => "null",
        Kind::Boolean => "boolean",
        Kind::Int | Kind::UInt | Kind::Double => "number",
        Kind::String => "string",
        Kind::List => "array",
        Kind::Map => "object",
        Kind::Bytes => "bytes",
        Kind::Type => "type",
        _ => "other",
    }
}

/// Copies of the elements of a list, or of the keys of a map; `None` for what has neither.
pub(super) fn elements<'v>(value: &(dyn Val + 'v)) -> Option<Vec<Box<dyn Val + 'v>>> {
    let mut items = value.as_iterable()?.iter();
    let mut all = Vec::new();
    while let Some(item) = items.next() {
        all.push(item.clone_as_boxed());
    }
    Some(all)
}
