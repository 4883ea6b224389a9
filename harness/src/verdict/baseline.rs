//! Expected failures, in the file format of the official conformance suite.
//!
//! ```yaml
//! server:
//!   - lifecycle/ping                        # any check of the scenario may fail
//!   - tools/list:tools.list-shape           # only this check (or requirement) may
//!   - tools/call@2025-11-25,http:tools.x    # only in this case
//! client:
//!   - sse/retry
//! ```
//!
//! A failure that no entry names fails the run, and so does an entry that no failure bears out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::{CaseResult, CheckResult, RunResult, Verdict};
use crate::requirement::{Actor, nearest};

/// Largest file that is read, in bytes.
pub const MAX_BASELINE_BYTES: u64 = 1 << 20;

/// The failures that somebody expects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    file: String,
    server: Vec<Entry>,
    client: Vec<Entry>,
}

/// One line of a list: a scenario or a case, and one check of it or all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    line: u64,
    scenario: String,
    check: Option<String>,
}

/// What an entry names: a scenario or case, and a check or all of them.
type Key<'a> = (&'a str, Option<&'a str>);

/// A file of expected failures that cannot be used. The text names file and line.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// There is no such file, or it cannot be read.
    #[error("{file}: the expected failures cannot be read: {source}; give the path of a readable YAML file")]
    Unreadable {
        /// The path as given.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is larger than any baseline.
    #[error("{file}: more than {MAX_BASELINE_BYTES} bytes; this is hardly a list of expected failures, check the path")]
    TooLarge {
        /// The path as given.
        file: String,
    },
    /// Not YAML, or not of the format's shape.
    #[error(
        "{file}:{line}: {problem}; write the lists `server:` and `client:` of `- <scenario>` or `- <scenario>:<check>`"
    )]
    Malformed {
        /// The path as given.
        file: String,
        /// Line, counted from 1; 0 where the parser knows none.
        line: u64,
        /// What the parser says.
        problem: String,
    },
    /// An entry that says nothing, or says again what another says.
    #[error("{file}:{line}: {problem}")]
    Entry {
        /// The path as given.
        file: String,
        /// Line of the entry, counted from 1.
        line: u64,
        /// What is wrong and what to do about it.
        problem: String,
    },
}

/// The excuse of what a baseline names.
const EXPECTED: &str = "expected failure";

/// The file as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Lists {
    #[serde(default)]
    server: Option<Vec<Spanned<Value>>>,
    #[serde(default)]
    client: Option<Vec<Spanned<Value>>>,
}

/// What became of the checks that an entry names.
#[derive(Clone, Copy, Default)]
struct Outcome {
    named: bool,
    ran: bool,
    failed: bool,
    undecidable: bool,
}

impl Baseline {
    /// Read a file of at most [`MAX_BASELINE_BYTES`].
    ///
    /// # Errors
    /// The file cannot be read, is too large, is not of the format, or contradicts itself.
    pub fn load(path: &Path) -> Result<Self, BaselineError> {
        let file = path.display().to_string();
        let unreadable = |source| BaselineError::Unreadable { file: file.clone(), source };
        let mut text = String::new();
        File::open(path)
            .map_err(unreadable)?
            .take(MAX_BASELINE_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        Self::parse(&file, &text)
    }

    /// A baseline from the text of a file called `file`.
    ///
    /// # Errors
    /// The text is too large, is not of the format, or contradicts itself.
    pub fn parse(file: &str, text: &str) -> Result<Self, BaselineError> {
        if u64::try_from(text.len()).is_ok_and(|length| length > MAX_BASELINE_BYTES) {
            return Err(BaselineError::TooLarge { file: file.to_owned() });
        }
        let options = serde_saphyr::options! { with_snippet: false };
        let lists: Option<Lists> = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let line = error.location().map_or(0, |at| at.line());
            BaselineError::Malformed { file: file.to_owned(), line, problem: error.to_string() }
        })?;
        let lists = lists.unwrap_or_default();
        let entries = |list: Option<Vec<Spanned<Value>>>| {
            entries(list.unwrap_or_default()).map_err(|(line, problem)| BaselineError::Entry {
                file: file.to_owned(),
                line,
                problem,
            })
        };
        Ok(Self { file: file.to_owned(), server: entries(lists.server)?, client: entries(lists.client)? })
    }

    /// Mark the failures and warnings of a whole run that are expected of an IUT in this role, and put entries that
    /// are stale, or that name nothing which ran, into `baseline_problems`. An `error` is never excused.
    pub fn apply(&self, role: Actor, run: &mut RunResult) {
        self.judge(role, run, true);
    }

    /// As [`Self::apply`] for a run of some of the scenarios only (a filter, a shard): an entry for what did not run
    /// is no problem there.
    pub fn apply_to_part(&self, role: Actor, run: &mut RunResult) {
        self.judge(role, run, false);
    }

    fn judge(&self, role: Actor, run: &mut RunResult, whole: bool) {
        let entries = self.entries(role);
        let places: BTreeMap<Key<'_>, usize> =
            entries.iter().enumerate().map(|(at, entry)| (entry.key(), at)).collect();
        let mut outcomes = vec![Outcome::default(); entries.len()];
        for case in &mut run.cases {
            let CaseResult { id, scenario, checks, .. } = case;
            for check in checks {
                let mut expected = false;
                for at in names(id, scenario, check).iter().filter_map(|name| places.get(name)) {
                    expected = true;
                    if let Some(outcome) = outcomes.get_mut(*at) {
                        outcome.add(check.verdict);
                    }
                }
                if expected && is_failure(check.verdict) {
                    check.excused = Some(EXPECTED.to_owned());
                }
            }
        }
        let problems = entries.iter().zip(outcomes).filter_map(|(entry, outcome)| {
            let problem = outcome.problem(whole)?;
            let hint = if outcome.named { String::new() } else { self.hint(entry, run) };
            Some(format!("{}:{}: expected failure `{}` {problem}{hint}", self.file, entry.line, entry.text()))
        });
        let problems = problems.collect();
        run.baseline_problems = problems;
    }

    fn entries(&self, role: Actor) -> &[Entry] {
        match role {
            Actor::Server => &self.server,
            Actor::Client => &self.client,
            _ => &[],
        }
    }

    /// What somebody may have meant by an entry that names nothing.
    fn hint(&self, entry: &Entry, run: &RunResult) -> String {
        let known = |case: &CaseResult| entry.scenario == case.scenario || entry.scenario == case.id;
        let mut candidates = BTreeSet::new();
        if run.cases.iter().any(known) {
            let checks = run.cases.iter().filter(|case| known(case)).flat_map(|case| &case.checks);
            candidates.extend(checks.map(|check| check.name.as_str()));
        } else if entry.scenario.contains('@') {
            candidates.extend(run.cases.iter().map(|case| case.id.as_str()));
        } else {
            candidates.extend(run.cases.iter().map(|case| case.scenario.as_str()));
        }
        let given = match &entry.check {
            Some(check) if run.cases.iter().any(known) => check,
            _ => &entry.scenario,
        };
        match nearest(given, candidates.into_iter()).first() {
            Some(near) => format!(" (did you mean `{near}`?)"),
            None => String::new(),
        }
    }
}

impl Entry {
    fn key(&self) -> Key<'_> {
        (&self.scenario, self.check.as_deref())
    }

    fn text(&self) -> String {
        match &self.check {
            Some(check) => format!("{}:{check}", self.scenario),
            None => self.scenario.clone(),
        }
    }

    /// What another entry would say to cover all that this one does.
    fn wider(&self) -> Vec<Key<'_>> {
        let whole = self.scenario.split_once('@').map(|(scenario, _)| scenario);
        let requirement = self.check.as_deref().and_then(|check| check.split_once('#')).map(|(id, _)| id);
        let mut keys = Vec::new();
        for scenario in [Some(self.scenario.as_str()), whole].into_iter().flatten() {
            for check in [Some(None), self.check.as_deref().map(Some), requirement.map(Some)].into_iter().flatten() {
                if (scenario, check) != self.key() {
                    keys.push((scenario, check));
                }
            }
        }
        keys
    }
}

impl Outcome {
    fn add(&mut self, verdict: Verdict) {
        self.named = true;
        self.ran |= verdict.is_decided();
        self.failed |= is_failure(verdict);
        self.undecidable |= verdict == Verdict::Error;
    }

    /// Why the entry must be changed, if it must.
    fn problem(self, whole: bool) -> Option<&'static str> {
        if self.failed || self.undecidable {
            None
        } else if self.ran {
            Some("is stale: what it names ran and nothing of it failed; remove the entry")
        } else if !whole {
            None
        } else if self.named {
            Some("names only checks that were skipped or untested; remove the entry, or make them run")
        } else {
            Some("names nothing that ran; correct the entry or remove it")
        }
    }
}

fn is_failure(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Warn)
}

/// Every way in which an entry can name a check, each once.
fn names<'a>(id: &'a str, scenario: &'a str, check: &'a CheckResult) -> BTreeSet<Key<'a>> {
    let checks = [None, Some(check.name.as_str()), Some(check.requirement.as_str())];
    [id, scenario].into_iter().flat_map(|case| checks.map(|check| (case, check))).collect()
}

/// The entries of one list, none of which another makes superfluous. An error is a line and a problem.
fn entries(list: Vec<Spanned<Value>>) -> Result<Vec<Entry>, (u64, String)> {
    let mut entries = Vec::new();
    for item in list {
        let line = item.referenced.line();
        entries.push(entry(line, item.value).map_err(|problem| (line, problem))?);
    }
    let mut lines = BTreeMap::new();
    for entry in &entries {
        if let Some(earlier) = lines.insert(entry.key(), entry.line) {
            let problem = format!("`{}` stands in line {earlier} already; remove one of them", entry.text());
            return Err((entry.line, problem));
        }
    }
    for entry in &entries {
        if let Some(line) = entry.wider().iter().find_map(|key| lines.get(key)) {
            let problem = format!("`{}` is covered by the entry in line {line}; remove one of them", entry.text());
            return Err((entry.line, problem));
        }
    }
    Ok(entries)
}

/// One entry, or what is wrong with it.
fn entry(line: u64, value: Value) -> Result<Entry, String> {
    let form = "an entry is `<scenario>` or `<scenario>:<check>`";
    let text = match value {
        Value::String(text) => text,
        Value::Null => return Err(format!("the entry is empty; {form}")),
        Value::Object(members) => {
            let slip = match (members.len(), members.iter().next()) {
                (1, Some((key, Value::String(check)))) => {
                    format!(": remove the space in `- {key}: {check}`")
                }
                _ => String::new(),
            };
            return Err(format!("{form}, with no space after the colon{slip}"));
        }
        other => return Err(format!("`{other}` is no text; {form}")),
    };
    let (scenario, check) = match text.split_once(':') {
        Some((scenario, check)) => (scenario, Some(check)),
        None => (text.as_str(), None),
    };
    if scenario.is_empty() || check == Some("") {
        return Err(format!("`{text}` lacks one side of the colon; {form}"));
    }
    Ok(Entry { line, scenario: scenario.to_owned(), check: check.map(str::to_owned) })
}

#[cfg(test)]
#[path = "baseline_tests.rs"]
mod tests;
