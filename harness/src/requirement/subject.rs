//! Subjects that cut across the catalogue: what the specification says of them in many places, and what a profile adds.
//! Proposals that became part of the specification are subjects too.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Profile, Requirement};

/// The files, as name and content.
const FILES: [(&str, &str); 6] = [
    ("caching", include_str!("../../../scenarios/subjects/caching.yaml")),
    ("continuity", include_str!("../../../scenarios/subjects/continuity.yaml")),
    ("enterprise", include_str!("../../../scenarios/subjects/enterprise.yaml")),
    ("framework", include_str!("../../../scenarios/subjects/framework.yaml")),
    ("tasks-2025-11", include_str!("../../../scenarios/subjects/tasks-2025-11.yaml")),
    ("trace-context", include_str!("../../../scenarios/subjects/trace-context.yaml")),
];

/// A subject, read from `scenarios/subjects/<name>.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The profile that adds to it, if one does; all its requirements belong to the subject.
    #[serde(default)]
    pub profile: Option<Profile>,
    /// Areas of the catalogue that belong to it as a whole.
    #[serde(default)]
    pub areas: Vec<String>,
    /// Requirements of other areas that belong to it, by what they are about.
    #[serde(default)]
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
        let of_profile = self.profile.is_some() && row.profile == self.profile;
        of_profile || self.areas.iter().any(|area| area == row.area()) || self.ids().any(|id| id == row.id)
    }

    /// The requirements that are listed one by one.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.requirements.values().flatten().map(String::as_str)
    }
}
