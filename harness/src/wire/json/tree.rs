//! The lossless tree of a JSON text.

use serde_json::{Map, Value};

use super::number;

/// A half-open range of byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A JSON value and where it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The value.
    pub node: Node,
    /// Its bytes, without surrounding white space.
    pub span: Span,
}

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, spelled as on the wire.
    Number(String),
    /// A string, decoded; what cannot be decoded is U+FFFD.
    String(String),
    /// An array.
    Array(Vec<Tree>),
    /// An object: its members in order, duplicates included.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name, decoded.
    pub name: String,
    /// The bytes of the name, quotes included.
    pub name_span: Span,
    /// The value.
    pub value: Tree,
}

impl Span {
    /// The bytes of `text` in this range; empty where `text` is shorter.
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

impl Tree {
    /// This value's bytes in the text it was parsed from.
    pub fn raw<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        self.span.of(text)
    }

    /// The member of that name that counts: the last.
    pub fn member(&self, name: &str) -> Option<&Tree> {
        match &self.node {
            Node::Object(members) => members.iter().rev().find(|m| m.name == name).map(|m| &m.value),
            _ => None,
        }
    }

    /// What JSON calls this type of value, with an article: `an object`.
    pub fn type_name(&self) -> &'static str {
        match self.node {
            Node::Null => "null",
            Node::Bool(_) => "a boolean",
            Node::Number(_) => "a number",
            Node::String(_) => "a string",
            Node::Array(_) => "an array",
            Node::Object(_) => "an object",
        }
    }

    /// The value without its spelling. Of duplicate members the last wins, in the first one's place. An integer becomes
    /// `i64` or `u64` where it fits, any other number `f64`, and one beyond that range null.
    pub fn to_value(&self) -> Value {
        // Recursion no deeper than MAX_DEPTH.
        match &self.node {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(text) => number::to_value(text),
            Node::String(text) => Value::String(text.clone()),
            Node::Array(items) => Value::Array(items.iter().map(Tree::to_value).collect()),
            Node::Object(members) => {
                let mut map = Map::with_capacity(members.len());
                for member in members {
                    map.insert(member.name.clone(), member.value.to_value());
                }
                Value::Object(map)
            }
        }
    }
}
