//! How much of a revision is decided.

use std::collections::BTreeMap;

use super::Deciders;
use crate::requirement::{Actor, Catalogue, Extension, Level, Observable, Requirement, Subject};
use crate::revision::Revision;

/// Levels that weigh the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// MUST and MUST NOT.
    Must,
    /// SHOULD and SHOULD NOT.
    Should,
    /// MAY.
    May,
}

impl Strength {
    /// Strongest first.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::May];

    /// That of a level.
    #[must_use]
    pub const fn of(level: Level) -> Self {
        match level {
            Level::Must | Level::MustNot => Self::Must,
            Level::Should | Level::ShouldNot => Self::Should,
            Level::May => Self::May,
        }
    }

    /// Its keyword.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Requirements.
    pub rows: usize,
    /// How many of them are decided.
    pub decided: usize,
}

impl Count {
    fn add(&mut self, decided: bool) {
        self.rows += 1;
        self.decided += usize::from(decided);
    }
}

impl std::fmt::Display for Count {
    /// `3 of 4  75%`; a bar where there is nothing to count. Never 100% before all are decided.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self.rows {
            0 => "-".to_owned(),
            rows => format!("{} of {rows} {:>3}%", self.decided, self.decided * 100 / rows),
        };
        f.pad(&text)
    }
}

/// Whose requirements are counted.
#[derive(Clone, Copy, Debug)]
pub enum Of<'s> {
    /// Those of the specification itself.
    Specification,
    /// Those of an extension.
    Extension(&'s Extension),
    /// Those of a subject, wherever they stand.
    Subject(&'s Subject),
}

/// How much of what a revision asks of an actor is decided by checks that a defect has shown able to fail.
#[derive(Clone, Debug)]
pub struct Coverage<'c> {
    /// The revision.
    pub revision: Revision,
    /// Whom the requirements bind.
    pub actor: Actor,
    cells: BTreeMap<(Strength, Observable), Count>,
    /// Rows where the specification contradicts itself, so that no verdict is given; in no other number.
    pub disputed: Vec<&'c Requirement>,
    /// Rows that nothing decides, in the order of the catalogue.
    pub missing: Vec<Missing<'c>>,
}

/// A requirement that nothing decides.
#[derive(Clone, Copy, Debug)]
pub struct Missing<'c> {
    /// The requirement.
    pub row: &'c Requirement,
    /// What can be seen of it.
    pub observable: Observable,
    /// Why nothing does, where that is known.
    pub why: Option<&'c str>,
}

/// Why a permission that binds one actor alone is decided by nothing.
const PERMISSION: &str = "a permission: nothing its holder does can break it, only the other side can fail to cope";

impl<'c> Missing<'c> {
    fn new(row: &'c Requirement, actor: Actor, revision: Revision) -> Self {
        let lone = row.actor_in(revision) != Actor::Both;
        let observable = row.observable_of(actor);
        let why = match (row.level, observable) {
            (_, Observable::No) => Some(row.how_of(actor).trim()),
            (Level::May, _) if lone => Some(PERMISSION),
            _ => row.undecided_in(actor, revision).map(str::trim),
        };
        Self { row, observable, why }
    }
}

impl<'c> Coverage<'c> {
    /// Count the rows.
    #[must_use]
    pub fn new(catalogue: &'c Catalogue, deciders: &Deciders, actor: Actor, revision: Revision, of: Of<'_>) -> Self {
        let mut coverage = Self { revision, actor, cells: BTreeMap::new(), disputed: Vec::new(), missing: Vec::new() };
        let rows: Vec<&Requirement> = match of {
            Of::Specification => catalogue.binding(actor, revision).collect(),
            Of::Extension(extension) => catalogue.of_extension(extension.id, actor, revision).collect(),
            Of::Subject(subject) => catalogue.of_subject(subject, actor, revision).collect(),
        };
        for row in rows {
            if row.disputed_in(revision).is_some() {
                coverage.disputed.push(row);
                continue;
            }
            let decided = deciders.are_about(actor) && deciders.prove_in(&row.id, revision);
            coverage.cells.entry((Strength::of(row.level), row.observable_of(actor))).or_default().add(decided);
            if !decided {
                coverage.missing.push(Missing::new(row, actor, revision));
            }
        }
        coverage
    }

    /// Whether there is nothing to decide.
    pub fn is_empty(&self) -> bool {
        self.count(None, None).rows == 0 && self.disputed.is_empty()
    }

    /// The count of some strengths and observabilities; all where none is given.
    #[must_use]
    pub fn count(&self, strength: Option<Strength>, observable: Option<Observable>) -> Count {
        let mut sum = Count::default();
        for ((s, o), count) in &self.cells {
            if strength.is_none_or(|wanted| wanted == *s) && observable.is_none_or(|wanted| wanted == *o) {
                sum.rows += count.rows;
                sum.decided += count.decided;
            }
        }
        sum
    }
}
