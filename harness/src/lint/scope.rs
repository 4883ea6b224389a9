//! Names: which streams and actors there are, and from when on.

use std::collections::BTreeMap;

use super::cursor::Cursor;
use super::report::Report;
use crate::requirement::nearest;

/// Names that mean something else in expressions.
const FACTS: [&str; 4] = ["revision", "transport", "server", "needs"];
/// Words that CEL keeps for itself, `it`, which monitors use, and `traceparent` and `version_header`, which steps do.
const RESERVED: [&str; 22] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "it",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "traceparent",
    "true",
    "var",
    "version_header",
];

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Fact,
    Actor,
    /// A stream; whether a request of ours opened it.
    Stream {
        request: bool,
    },
    /// So many pages or answers at most, found as a list in checks and as `NAME_1`, `NAME_2`, ... in steps.
    Pages(usize),
}

/// The names of a scenario so far.
#[derive(Debug)]
pub(super) struct Scope(BTreeMap<String, Named>);

impl Scope {
    /// The facts alone.
    pub fn new() -> Self {
        Self(FACTS.map(|fact| (fact.to_owned(), Named::Fact)).into())
    }

    /// One more name; reports why it cannot be one.
    pub fn add(&mut self, name: &str, what: Named, at: Cursor<'_>, report: &mut Report<'_>) {
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            report.add(
                at.place,
                format!("`{name}` cannot be a name: use lower case letters, digits and `_`, a letter first"),
            );
        } else if RESERVED.contains(&name) || FACTS.contains(&name) {
            report.add(at.place, format!("`{name}` has a meaning of its own in expressions: choose another name"));
        } else if self.0.contains_key(name) {
            report.add(at.place, format!("`{name}` is taken already: give each actor and stream a name of its own"));
        }
        self.0.insert(name.to_owned(), what);
    }

    /// A name that the harness gives.
    pub fn imply(&mut self, name: String, what: Named) {
        self.0.entry(name).or_insert(what);
    }

    /// All names, for expressions.
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// What a name in a step or path stands for. `listed_2` is a page of `listed`.
    pub fn get(&self, name: &str) -> Option<Named> {
        let page = || {
            let (prefix, number) = name.rsplit_once('_')?;
            let number: usize = number.parse().ok()?;
            matches!(self.0.get(prefix), Some(Named::Pages(most)) if (1..=*most).contains(&number))
                .then_some(Named::Stream { request: true })
        };
        self.0.get(name).copied().or_else(page)
    }

    /// Reports unless this is a stream that is open by now.
    pub fn stream(&self, name: &str, at: Cursor<'_>, report: &mut Report<'_>) -> Option<Named> {
        let found = self.get(name);
        match found {
            Some(Named::Stream { .. }) => {}
            Some(Named::Pages(_)) => {
                report.add(at.place, format!("`{name}` is a list here: write `{name}_1` for the first"))
            }
            Some(Named::Actor) => report.add(
                at.place,
                format!("`{name}` is an actor, and a stream is wanted: name the `as` of an earlier step"),
            ),
            _ => report.add(at.place, self.missing("stream", name)),
        }
        found
    }

    /// Reports unless this is an actor.
    pub fn actor(&self, name: &str, at: Cursor<'_>, report: &mut Report<'_>) {
        if self.get(name) != Some(Named::Actor) {
            let near = nearest(name, self.of(|what| what == Named::Actor));
            let hint =
                near.first().map_or_else(|| "declare it under `actors`".to_owned(), |n| format!("did you mean `{n}`?"));
            report.add(at.place, format!("there is no actor `{name}`: {hint}"));
        }
    }

    /// That nothing has a name, with the likely one.
    pub fn missing(&self, what: &str, name: &str) -> String {
        let near = nearest(name, self.0.keys().map(String::as_str));
        match near.first() {
            Some(near) => format!("no {what} is called `{name}` by now: did you mean `{near}`?"),
            None => format!("no {what} is called `{name}` by now: name the `as` of an earlier step"),
        }
    }

    fn of(&self, wanted: impl Fn(Named) -> bool) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(_, what)| wanted(**what)).map(|(name, _)| name.as_str())
    }
}
