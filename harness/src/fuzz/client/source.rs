//! Which cases there are, in which order: the seed alone says so, once it is known what the client asks for.

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};

use super::baseline::{Baseline, ID_MARK};
use super::case::{Case, Nature};
use super::catalogue::{catalogue, generated, together};
use crate::generate::{Choices, Messages};
use crate::plan::Axis;
use crate::schema::Sender;

/// Most cases that are made into one.
const TOGETHER: u64 = 3;

/// Cases without end.
#[derive(Debug)]
pub struct Source {
    catalogue: Vec<Case>,
    /// Those that were not tried yet, the next one last.
    left: Vec<Case>,
    messages: Messages,
    baseline: Baseline,
    choices: Choices,
    /// Hash of all that came so far.
    pub sequence: u64,
}

impl Source {
    /// For a client that does this.
    pub fn new(seed: u64, (part, parts): (usize, usize), baseline: &Baseline, axis: &Axis) -> Self {
        // The catalogue is the same for every seed; its order is not.
        let catalogue = catalogue(baseline, axis, &mut Choices::seeded(0));
        let share = u64::try_from(part).unwrap_or(0);
        let mut choices = Choices::seeded(seed.wrapping_add(share << 32));
        let mine = catalogue.iter().enumerate().filter(|(at, _)| at % parts.max(1) == part);
        let mut left: Vec<Case> = mine.map(|(_, case)| case.clone()).collect();
        for at in (1..left.len()).rev() {
            left.swap(at, choices.index(at + 1));
        }
        // The first of each sort come first, so that little time is enough to see something of everything.
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut ranked: Vec<(usize, Case)> = Vec::new();
        for case in left {
            let times = seen.entry(case.sort()).or_default();
            *times += 1;
            ranked.push((*times, case));
        }
        ranked.sort_by_key(|(times, _)| std::cmp::Reverse(*times));
        let left = ranked.into_iter().map(|(_, case)| case).collect();
        let messages = Messages::new(axis.revision, Sender::Server);
        Self { catalogue, left, messages, baseline: baseline.clone(), choices, sequence: 0 }
    }

    /// How much of the catalogue was not tried yet.
    pub fn left(&self) -> usize {
        self.left.len()
    }

    /// The next case.
    pub fn next(&mut self) -> Case {
        let case = self.left.pop().unwrap_or_else(|| self.by_chance());
        let mut hasher = std::hash::DefaultHasher::new();
        (self.sequence, &case.kind).hash(&mut hasher);
        self.sequence = hasher.finish();
        case
    }

    /// One that was made anew, or several of the catalogue in one.
    fn by_chance(&mut self) -> Case {
        if self.choices.below(2) == 0
            && let Some(answer) = self.choices.pick(&self.baseline.answers).cloned()
            && let Some(case) = generated(&self.messages, &answer, ID_MARK, &mut self.choices)
        {
            return case;
        }
        let count = 2 + self.choices.below(TOGETHER - 1);
        let mut picked: Vec<&Case> = Vec::new();
        for _ in 0..count {
            picked.extend(self.choices.pick(&self.catalogue));
        }
        // What is told otherwise is compared, which nothing else may come into.
        picked.retain(|case| case.nature != Nature::Same);
        together(&picked)
    }
}
