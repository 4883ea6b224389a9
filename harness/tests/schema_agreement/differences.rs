//! The deliberate differences between our schemas and the official ones, as patches to the official ones.

use serde_json::Value;

use crate::{REVISIONS, repository};

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
    pub at: String,
    /// What the official schema has there; anything else makes the entry stale.
    pub official: Value,
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

    pub fn apply(&self, official: &mut Value) {
        for patch in &self.patches {
            let place = official.pointer_mut(&patch.at);
            let place = place.unwrap_or_else(|| panic!("{}: nothing at {}", self.id, patch.at));
            assert_eq!(*place, patch.official, "{}: stale at {}", self.id, patch.at);
            *place = patch.ours.clone();
        }
    }
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
