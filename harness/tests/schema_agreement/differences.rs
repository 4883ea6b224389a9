//! The deliberate differences between our schemas and the official ones, as patches to the official ones.

use serde_json::Value;

use crate::{REVISIONS, definitions, repository};

/// One entry of `schemas/mcp/differences.yaml`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    pub id: String,
    /// What differs, for readers.
    pub what: String,
    /// Why ours is right, for readers.
    pub why: String,
    /// Where the specification says so.
    pub source: String,
    pub revisions: Vec<String>,
    pub patches: Vec<Patch>,
    /// Official examples (`<revision>/examples/...`) that we refuse for this reason.
    #[serde(default)]
    pub examples: Vec<String>,
}

/// A change of the official schema that makes it agree with ours.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// A JSON Pointer. `*` before the end of a definition's name stands for all with such a name that fix their method.
    pub at: String,
    /// What the official schema has there, nothing if absent; anything else makes the entry stale.
    pub official: Option<Value>,
    pub ours: Value,
}

pub fn load() -> Vec<Difference> {
    let path = repository().join("schemas/mcp/differences.yaml");
    let text = std::fs::read_to_string(path).expect("differences.yaml");
    serde_saphyr::from_str(&text).expect("a list of differences")
}

impl Difference {
    pub fn concerns(&self, revision: &str) -> bool {
        self.revisions.iter().any(|own| own == revision)
    }

    /// Whether a patch is about this one definition.
    pub fn changes(&self, definition: &str) -> bool {
        self.patches.iter().any(|patch| patch.at.split('/').nth(2) == Some(definition))
    }

    pub fn apply(&self, official: &mut Value) {
        for patch in &self.patches {
            for at in places(official, &patch.at) {
                let (parent, name) = at.rsplit_once('/').expect("a pointer");
                let parent = official.pointer_mut(parent).and_then(Value::as_object_mut);
                let parent = parent.unwrap_or_else(|| panic!("{}: nothing around {at}", self.id));
                let old = parent.insert(name.to_owned(), patch.ours.clone());
                assert_eq!(old, patch.official, "{}: stale at {at}", self.id);
            }
        }
    }
}

/// The places that the pointer of a patch means.
fn places(official: &Value, at: &str) -> Vec<String> {
    let Some((before, after)) = at.split_once('*') else {
        return vec![at.to_owned()];
    };
    let (ending, rest) = after.split_once('/').expect("something in the definition");
    let fixed = definitions(official).iter().filter(|(_, schema)| schema.pointer("/properties/method/const").is_some());
    let named = fixed.map(|(name, _)| name).filter(|name| name.ends_with(ending));
    named.map(|name| format!("{before}{name}/{rest}")).collect()
}

#[test]
fn every_difference_is_explained() {
    let differences = load();
    for entry in &differences {
        for text in [&entry.what, &entry.why, &entry.source] {
            assert!(!text.trim().is_empty(), "{}: explain it", entry.id);
        }
        assert!(!entry.patches.is_empty(), "{}: changes nothing", entry.id);
        for revision in &entry.revisions {
            let known = REVISIONS.iter().any(|known| known.as_str() == revision);
            assert!(known, "{}: no schema for {revision}", entry.id);
        }
        let same = differences.iter().filter(|other| other.id == entry.id).count();
        assert_eq!(same, 1, "{}: id used twice", entry.id);
    }
}
