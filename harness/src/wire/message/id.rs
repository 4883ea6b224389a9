//! Request ids, spelled as on the wire.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::json::{self, Node};
use crate::wire::limits::Limits;

/// The exact JSON text of a request id: `0`, `1.0`, `1e2`, `"a"`, `null`. Two ids are equal if their texts are;
/// [`Id::same_value`] looks through the spelling. Bytes that are not UTF-8 stand as U+FFFD.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(String);

/// The text cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no request id: give the JSON text of a string, a number or null, without space around it")]
pub struct BadId(String);

impl Id {
    /// The id that is spelled so. A string keeps its quotes.
    ///
    /// # Errors
    /// The text is not exactly one JSON string, number or null.
    pub fn from_text(text: impl Into<String>) -> Result<Self, BadId> {
        let text = text.into();
        let parsed = json::parse(text.as_bytes(), &Limits::DEFAULT);
        let scalar = parsed.is_json()
            && parsed.value.as_ref().is_some_and(|tree| {
                matches!(tree.node, Node::Null | Node::Number(_) | Node::String(_))
                    && tree.raw(text.as_bytes()).len() == text.len()
            });
        if scalar { Ok(Self(text)) } else { Err(BadId(text)) }
    }

    /// The string id of that content, spelled with no more escapes than JSON needs.
    pub fn string(content: &str) -> Self {
        Self(Value::from(content).to_string())
    }

    /// The same id, spelled with no more escapes than JSON needs where it is a string.
    #[must_use]
    pub fn plain(&self) -> Self {
        match serde_json::from_str::<String>(&self.0) {
            Ok(content) if self.0.contains('\\') => Self::string(&content),
            _ => self.clone(),
        }
    }

    /// The id of that value; `None` if ids cannot be of its type.
    pub fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null | Value::Number(_) | Value::String(_) => Some(Self(value.to_string())),
            _ => None,
        }
    }

    /// The id that this member's value is on the wire.
    pub(super) fn from_tree(tree: &json::Tree, text: &[u8]) -> Option<Self> {
        match tree.node {
            Node::Null | Node::Number(_) | Node::String(_) => {
                Some(Self(String::from_utf8_lossy(tree.raw(text)).into_owned()))
            }
            _ => None,
        }
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a JSON string.
    pub fn is_string(&self) -> bool {
        self.0.starts_with('"')
    }

    /// Whether it is a JSON number.
    pub fn is_number(&self) -> bool {
        !self.is_string() && !self.is_null()
    }

    /// Whether it is null, which MCP forbids for a request.
    pub fn is_null(&self) -> bool {
        self.0 == "null"
    }

    /// Whether both are the same JSON value: `1` and `1.0`, `"a"` and `"\u0061"`; never `1` and `"1"`.
    pub fn same_value(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        match (self.is_string(), other.is_string()) {
            (true, true) => {
                let units = json::string_units(&self.0);
                units.is_some() && units == json::string_units(&other.0)
            }
            (false, false) => json::same_number(&self.0, &other.0),
            _ => false,
        }
    }

    /// The value without its spelling, as [`json::Tree::to_value`] gives it.
    pub fn to_value(&self) -> Value {
        json::parse(self.0.as_bytes(), &Limits::DEFAULT).value.map_or(Value::Null, |tree| tree.to_value())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<i64> for Id {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl TryFrom<String> for Id {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        Self::from_text(text)
    }
}
