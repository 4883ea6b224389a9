//! A finger on a node of the file, moved along with the walk over the typed data.

use super::tree::{Node, Tree};
use crate::scenario::Place;

/// A node, or the nearest one where there is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t> {
    tree: Option<&'t Tree>,
    /// Where the value stands.
    pub place: Place,
    /// Where its key stands; the value itself where it has none.
    pub key: Place,
}

impl<'t> Cursor<'t> {
    /// At the root.
    pub fn of(tree: &'t Tree) -> Self {
        Self { tree: Some(tree), place: tree.place, key: tree.place }
    }

    /// At a member; where it is missing, still here.
    pub fn member(self, name: &str) -> Self {
        let found = self.members().find(|(key, _)| *key == name);
        found.map_or(Self { tree: None, ..self }, |(_, member)| member)
    }

    /// The same, with the key for its place.
    pub fn at_key(self) -> Self {
        Self { place: self.key, ..self }
    }

    /// At an item; where it is missing, still here.
    pub fn item(self, at: usize) -> Self {
        let found = self.items().nth(at);
        found.unwrap_or(Self { tree: None, ..self })
    }

    /// Whether there is such a member.
    pub fn has(self, name: &str) -> bool {
        self.members().any(|(key, _)| key == name)
    }

    /// All members by their keys.
    pub fn members(self) -> impl Iterator<Item = (&'t str, Self)> {
        let members = match self.tree.map(|tree| &tree.node) {
            Some(Node::Map(members)) => members.as_slice(),
            _ => &[],
        };
        members.iter().filter_map(|(key, value)| match &key.node {
            Node::Scalar(name, _) => {
                Some((name.as_str(), Self { tree: Some(value), place: value.place, key: key.place }))
            }
            _ => None,
        })
    }

    /// All items of a list; a single value is a list of itself.
    pub fn items(self) -> impl Iterator<Item = Self> {
        let (items, single) = match self.tree.map(|tree| &tree.node) {
            Some(Node::List(items)) => (items.as_slice(), None),
            Some(Node::Scalar(..)) => (&[][..], Some(self)),
            _ => (&[][..], None),
        };
        items.iter().map(Self::of).chain(single)
    }

    /// Children of any kind.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let items = match self.tree.map(|tree| &tree.node) {
            Some(Node::List(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().map(Self::of).chain(self.members().map(|(_, member)| member))
    }

    /// The text, where it is one.
    pub fn text(self) -> Option<&'t str> {
        match self.tree.map(|tree| &tree.node) {
            Some(Node::Scalar(text, _)) => Some(text),
            _ => None,
        }
    }

    /// How the text is written, where it is one.
    pub fn style(self) -> Option<serde_saphyr::granit_parser::ScalarStyle> {
        match self.tree.map(|tree| &tree.node) {
            Some(Node::Scalar(_, style)) => Some(*style),
            _ => None,
        }
    }
}
