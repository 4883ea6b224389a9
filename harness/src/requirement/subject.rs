//! Subjects that cut across the catalogue: what the specification says of them in many places, and what a profile adds.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Profile, Requirement};

/// The files, as name and content.
const FILES: [(&str, &str); 1] = [("continuity", include_str!("../../../scenarios/subjects/continuity.yaml"))];

/// A subject, read from `scenarios/subjects/<name>.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The profile that adds to it; all its requirements belong to the subject.
    pub profile: Profile,
    /// Requirements of the specification that belong to it, by what they are about.
    pub requirements: BTreeMap<String, Vec<String>>,
}

impl Subject {
    /// Names of all subjects.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        FILES.iter().map(|(name, _)| *name).collect()
    }

    /// The subject of that name; `None` where there is none.
    ///
    /// # Errors
    /// The file that this program was built with is wrong: what the parser says.
    pub fn named(name: &str) -> Option<Result<Self, String>> {
        let (_, text) = FILES.iter().find(|(known, _)| *known == name)?;
        Some(serde_saphyr::from_str(text).map_err(|problem| format!("scenarios/subjects/{name}.yaml: {problem}")))
    }

    /// Whether a requirement belongs to it.
    #[must_use]
    pub fn has(&self, row: &Requirement) -> bool {
        row.profile == Some(self.profile) || self.ids().any(|id| id == row.id)
    }

    /// The requirements of the specification that belong to it.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.requirements.values().flatten().map(String::as_str)
    }
}
