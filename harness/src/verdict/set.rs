//! Requirement sets: what an implementation has to pass to claim a revision, frozen.

use std::collections::{BTreeMap, BTreeSet};

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::{RunResult, Verdict};
use crate::revision::Revision;
use crate::scenario::Corpus;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios/sets");

/// A frozen set, read from `scenarios/sets/<revision>.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequirementSet {
    /// The revision; what is run is run at it.
    pub revision: Revision,
    /// Subjects that count, by the official suite's names.
    pub server: Vec<String>,
    /// Subjects that are run and reported but do not count: why, by the official suite's names.
    #[serde(default)]
    pub not_scored: BTreeMap<String, String>,
    /// Requirements that count, as they were when the set was frozen.
    pub requirements: BTreeSet<String>,
}

/// Why there is no such set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// Nobody has frozen one.
    #[error("there is no requirement set `{name}`; there are {known}")]
    Unknown {
        /// As given.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The file that this program was built with is wrong.
    #[error("the requirement set `{name}` cannot be read: {problem}")]
    Malformed {
        /// As given.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

impl RequirementSet {
    /// Names of all sets, sorted.
    pub fn names() -> Vec<String> {
        let stem = |file: &include_dir::File<'_>| Some(file.path().file_stem()?.to_str()?.to_owned());
        let mut names: Vec<String> = FILES.files().filter_map(stem).collect();
        names.sort();
        names
    }

    /// The set of that name.
    ///
    /// # Errors
    /// There is none, or its file is wrong.
    pub fn named(name: &str) -> Result<Self, SetError> {
        let unknown = || SetError::Unknown { name: name.to_owned(), known: Self::names().join(", ") };
        let malformed = |problem: String| SetError::Malformed { name: name.to_owned(), problem };
        let file = Self::names().into_iter().find(|known| known == name).ok_or_else(unknown)?;
        let file = FILES.get_file(format!("{file}.yaml")).ok_or_else(unknown)?;
        let text = file.contents_utf8().ok_or_else(|| malformed("it is not UTF-8".to_owned()))?;
        serde_saphyr::from_str(text).map_err(|e| malformed(e.to_string()))
    }

    /// Every subject that is run: those that count, and of the others those that there are scenarios for.
    pub fn known_subjects(&self, corpus: &Corpus) -> Vec<String> {
        let known =
            |subject: &&String| corpus.scenarios.values().any(|loaded| loaded.item.also_known_as.contains(subject));
        self.server.iter().chain(self.not_scored.keys().filter(known)).cloned().collect()
    }

    /// Excuse every failure and warning that does not count in this set.
    pub fn apply(&self, corpus: &Corpus, run: &mut RunResult) {
        for case in &mut run.cases {
            let outside = self.outside(corpus, &case.scenario);
            for check in case.checks.iter_mut().filter(|check| matches!(check.verdict, Verdict::Fail | Verdict::Warn)) {
                let younger = || {
                    let known = self.requirements.contains(&check.requirement);
                    (!known).then(|| format!("not among the requirements of the set {}", self.revision))
                };
                check.excused = outside.clone().or_else(younger).map(|why| format!("not scored: {why}"));
            }
        }
    }

    /// Why nothing that the scenario says counts, if so. The monitors have no subject of their own.
    fn outside(&self, corpus: &Corpus, scenario: &str) -> Option<String> {
        let subjects = &corpus.scenarios.get(scenario)?.item.also_known_as;
        if subjects.iter().any(|subject| self.server.contains(subject)) {
            return None;
        }
        let reason = subjects.iter().find_map(|subject| self.not_scored.get(subject));
        Some(reason.cloned().unwrap_or_else(|| "not a subject of the set".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::requirement::{Actor, Catalogue};

    #[test]
    fn every_set_names_scenarios_and_requirements_that_there_are() {
        let corpus = Corpus::embedded().unwrap();
        let catalogue = Catalogue::embedded().unwrap();
        let known: BTreeSet<&String> =
            corpus.scenarios.values().flat_map(|loaded| &loaded.item.also_known_as).collect();
        assert_eq!(RequirementSet::names(), ["2025-11-25", "2026-07-28"]);
        for name in RequirementSet::names() {
            let set = RequirementSet::named(&name).unwrap();
            assert_eq!(set.revision.as_str(), name);
            for subject in &set.server {
                assert!(known.contains(subject), "{name}: no scenario is also known as {subject}");
                assert!(!set.not_scored.contains_key(subject), "{name}: {subject} both counts and does not");
            }
            for id in &set.requirements {
                let row = catalogue.get(id);
                assert!(row.is_some_and(|row| row.binds(Actor::Server, set.revision)), "{name}: {id}");
            }
        }
    }

    #[test]
    fn an_unknown_set_is_refused_with_those_there_are() {
        let error = RequirementSet::named("2025-06-18").unwrap_err().to_string();
        assert!(error.contains("2025-06-18") && error.contains("2025-11-25, 2026-07-28"), "{error}");
    }
}
