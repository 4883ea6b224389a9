//! Which scenarios the user wants.

use std::collections::BTreeSet;

use crate::requirement::{Profile, Role};
use crate::scenario::{Corpus, Loaded, Scenario};

/// Selection of scenarios by name.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Names, globs with `*`, names of the official suite, or whole case ids; all when empty.
    pub scenarios: Vec<String>,
    /// Only scenarios on a subject that the official suite has too.
    pub official: bool,
    /// Who is tested; anybody when none is given.
    pub role: Option<Role>,
    /// The profiles that are claimed besides the specification itself.
    pub profiles: BTreeSet<Profile>,
    /// Scenarios about drafts too. Without, one whose role is given leaves them out that are not named in full.
    pub drafts: bool,
}

/// A pattern that selects nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no scenario is called '{pattern}'{}; `mcp-assay list` shows all", suggestion(.similar))]
pub struct SelectionError {
    /// As given.
    pub pattern: String,
    /// Names like it.
    pub similar: Vec<String>,
}

fn suggestion(similar: &[String]) -> String {
    if similar.is_empty() { String::new() } else { format!("; did you mean {}?", similar.join(" or ")) }
}

impl Selection {
    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        self.scenarios.is_empty() && !self.official
    }

    /// The names of the selected scenarios, sorted.
    ///
    /// # Errors
    /// A pattern that selects nothing, with names like it.
    pub fn names(&self, corpus: &Corpus) -> Result<Vec<String>, SelectionError> {
        if self.scenarios.is_empty() {
            let wanted = self.of_role(corpus).filter(|(_, s)| !self.official || !s.item.also_known_as.is_empty());
            let wanted = wanted.filter(|(_, s)| self.scores(s));
            return Ok(wanted.map(|(name, _)| name.clone()).collect());
        }
        let mut names = Vec::new();
        for pattern in &self.scenarios {
            let bare = pattern.split('@').next().unwrap_or(pattern);
            let before = names.len();
            for (name, loaded) in self.of_role(corpus) {
                if !self.scores(loaded) && bare.contains('*') {
                    continue;
                }
                if glob(bare, name) || loaded.item.also_known_as.iter().any(|other| glob(bare, other)) {
                    names.push(name.clone());
                }
            }
            if names.len() == before {
                return Err(SelectionError { pattern: pattern.clone(), similar: self.similar(bare, corpus) });
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Whether a scenario counts that nobody named.
    fn scores(&self, loaded: &Loaded<Scenario>) -> bool {
        let claimed = loaded.item.applies.profile.is_none_or(|profile| self.profiles.contains(&profile));
        self.role.is_none() || claimed && (!loaded.item.draft || self.drafts)
    }

    fn of_role<'c>(&'c self, corpus: &'c Corpus) -> impl Iterator<Item = (&'c String, &'c Loaded<Scenario>)> {
        let wanted = move |role: Role| self.role.is_none_or(|only| only == role);
        corpus.scenarios.iter().filter(move |(_, loaded)| wanted(loaded.item.applies.role))
    }

    fn similar(&self, wanted: &str, corpus: &Corpus) -> Vec<String> {
        let last = wanted.rsplit('/').next().unwrap_or(wanted).replace('*', "");
        let near = self.of_role(corpus).map(|(name, _)| name).filter(|name| !last.is_empty() && name.contains(&last));
        near.take(3).cloned().collect()
    }

    /// The axes that whole case ids narrow a scenario to: `revision,transport` behind an `@`.
    pub fn admits(&self, scenario: &str, axis: &str) -> bool {
        let wanted: Vec<&str> = self
            .scenarios
            .iter()
            .filter_map(|pattern| pattern.split_once('@'))
            .filter(|(name, _)| glob(name, scenario))
            .map(|(_, axis)| axis)
            .collect();
        wanted.is_empty() || wanted.contains(&axis)
    }
}

/// `*` stands for any text.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (pattern, text, fits) in [
            ("tools/list", "tools/list", true),
            ("tools/*", "tools/list", true),
            ("*list", "tools/list", true),
            ("t*/l*t", "tools/list", true),
            ("tools", "tools/list", false),
            ("*", "x", true),
            ("a*a", "a", false),
            ("a*b*c", "abbc", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
