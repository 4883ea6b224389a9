//! The problems of one file.

use crate::scenario::{LoadError, Place};

/// Most problems told of one file.
const MAX_PROBLEMS: usize = 100;

/// Collects problems.
#[derive(Debug)]
pub(super) struct Report<'s> {
    pub file: &'s str,
    pub text: &'s str,
    problems: Vec<(Place, String)>,
}

impl<'s> Report<'s> {
    /// Nothing wrong so far.
    pub fn new(file: &'s str, text: &'s str) -> Self {
        Self { file, text, problems: Vec::new() }
    }

    /// One more problem.
    pub fn add(&mut self, place: Place, message: impl Into<String>) {
        self.problems.push((place, message.into()));
    }

    /// All of them in the order of the file.
    pub fn finish(mut self) -> Vec<LoadError> {
        self.problems.sort();
        self.problems.dedup();
        self.problems.truncate(MAX_PROBLEMS);
        self.problems.iter().map(|(place, message)| LoadError::at(self.file, self.text, *place, message)).collect()
    }
}
