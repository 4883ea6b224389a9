//! Values in actions: literals, and typed references to what came earlier.
//!
//! `{ from: listed.result.nextCursor }` stands for a value under a stream, actor, `server` or `needs`;
//! `{ from: ..., append: "-x" }` for that text with something behind it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Longest generated body, in bytes.
const MAX_GENERATED: usize = 32 * 1024 * 1024;

/// Why a value of an action could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The path leads nowhere.
    #[error("nothing at `{0}`: what should have come there did not")]
    Missing(String),
    /// `append` on something that is not text.
    #[error("`{0}` is not text, so nothing can be appended to it")]
    NotText(String),
    /// Not base64.
    #[error("the base64 of a body cannot be decoded: {0}")]
    Base64(String),
    /// Too long.
    #[error("a body of {0} bytes is more than the {MAX_GENERATED} that are generated")]
    TooLong(usize),
}

/// A reference to a value that came earlier.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Dotted path: a stream, actor, `revision`, `server` or `needs`, then members and list positions.
    pub from: String,
    /// Only what stands before the last of this in it.
    #[serde(default)]
    pub up_to: Option<String>,
    /// Text to put behind it.
    #[serde(default)]
    pub append: Option<String>,
    /// Value to take where there is none; may be null, which takes a header or member away.
    #[serde(default, rename = "else", deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Value>,
}

/// Tells `else: null` from no `else`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The members of a reference, of which it has `from` at least.
pub const REFERENCE: [&str; 4] = ["from", "up_to", "append", "else"];

impl Reference {
    /// The reference that this JSON value is, if it is one.
    pub fn read(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        if !object.contains_key("from") || !object.keys().all(|key| REFERENCE.contains(&key.as_str())) {
            return None;
        }
        serde_json::from_value(value.clone()).ok()
    }

    fn resolve(&self, look_up: &dyn Fn(&str) -> Option<Value>) -> Result<Value, ValueError> {
        let found = look_up(&self.from).filter(|value| !value.is_null());
        let found = match (&self.up_to, found) {
            (Some(end), Some(value)) => value.as_str().and_then(|text| Some(text.rsplit_once(end)?.0.into())),
            (_, found) => found,
        };
        let found = found.or_else(|| self.otherwise.clone());
        let value = found.ok_or_else(|| ValueError::Missing(self.from.clone()))?;
        match &self.append {
            None => Ok(value),
            Some(more) => match value {
                Value::String(text) => Ok(Value::String(text + more)),
                _ => Err(ValueError::NotText(self.from.clone())),
            },
        }
    }
}

/// Replace every reference inside a value.
///
/// # Errors
/// [`ValueError`] when a path leads nowhere.
pub fn resolve(value: &Value, look_up: &dyn Fn(&str) -> Option<Value>) -> Result<Value, ValueError> {
    if let Some(reference) = Reference::read(value) {
        return reference.resolve(look_up);
    }
    Ok(match value {
        Value::Array(items) => Value::Array(items.iter().map(|item| resolve(item, look_up)).collect::<Result<_, _>>()?),
        Value::Object(members) => {
            let mut resolved = Map::new();
            for (key, member) in members {
                resolved.insert(key.clone(), resolve(member, look_up)?);
            }
            Value::Object(resolved)
        }
        other => other.clone(),
    })
}

/// Literal bytes in a scenario.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Bytes {
    /// Text, as UTF-8.
    Text(String),
    /// Anything else.
    Made(Made),
}

/// Bytes that are not plain text.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Made {
    /// Base64.
    Base64(String),
    /// A text so many times.
    Repeat {
        /// The text.
        text: String,
        /// How many times.
        times: usize,
    },
    /// One after the other.
    Join(Vec<Bytes>),
}

impl Bytes {
    /// The bytes.
    ///
    /// # Errors
    /// [`ValueError`] for bad base64 or too great a length.
    pub fn make(&self) -> Result<Vec<u8>, ValueError> {
        let bytes = match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Made(Made::Base64(text)) => STANDARD.decode(text).map_err(|e| ValueError::Base64(e.to_string()))?,
            Self::Made(Made::Repeat { text, times }) => {
                let length = text.len().saturating_mul(*times);
                if length > MAX_GENERATED {
                    return Err(ValueError::TooLong(length));
                }
                text.repeat(*times).into_bytes()
            }
            Self::Made(Made::Join(parts)) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(part.make()?);
                    if all.len() > MAX_GENERATED {
                        return Err(ValueError::TooLong(all.len()));
                    }
                }
                all
            }
        };
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_replaced_and_missing_ones_named() {
        let look_up = |path: &str| (path == "a.b").then(|| json!("x"));
        let value = json!({ "keep": [1, { "from": "a.b" }], "more": { "from": "a.b", "append": "y" } });
        assert_eq!(resolve(&value, &look_up).unwrap(), json!({ "keep": [1, "x"], "more": "xy" }));
        assert_eq!(resolve(&json!({ "from": "a.c" }), &look_up), Err(ValueError::Missing("a.c".to_owned())));
        assert_eq!(resolve(&json!({ "from": "a.c", "else": 1 }), &look_up).unwrap(), json!(1));
        assert_eq!(resolve(&json!({ "from": "a.c", "else": null }), &look_up).unwrap(), Value::Null);
        let look_up = |_: &str| Some(json!("a/b/c"));
        let part = |end: &str| json!({ "from": "a", "up_to": end, "append": "!" });
        assert_eq!(resolve(&part("/"), &look_up).unwrap(), json!("a/b!"));
        assert_eq!(resolve(&part("?"), &look_up), Err(ValueError::Missing("a".to_owned())));
        let ordinary = json!({ "from": "here", "to": "there" });
        assert_eq!(resolve(&ordinary, &look_up).unwrap(), ordinary);
    }

    #[test]
    fn generated_bodies_are_bounded() {
        let long = Bytes::Made(Made::Repeat { text: "ab".to_owned(), times: usize::MAX });
        assert!(matches!(long.make(), Err(ValueError::TooLong(_))));
        let joined =
            Bytes::Made(Made::Join(vec![Bytes::Text("[".to_owned()), Bytes::Made(Made::Base64("/w==".to_owned()))]));
        assert_eq!(joined.make().unwrap(), b"[\xff");
    }
}
