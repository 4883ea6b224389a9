//! The outcome of validating one value.

/// One rule of the schema that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Where in the value, as JSON Pointer (RFC 6901). For a missing member: the object it is missing from.
    pub path: String,
    /// The broken rule, as JSON Pointer into the schema file, such as `/$defs/Tool/required/name`.
    pub rule: String,
    /// Ids of the requirements that the rule decides; never empty.
    pub requirement: Vec<String>,
    /// In plain words: where, what came (shortened) and what had to come.
    pub message: String,
}

/// Whether a value has the shape that it has to have, and what that decides.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Validity {
    /// `false`: the revision knows no such method or definition (or we have no schema for the revision), so nothing was
    /// validated and both lists are empty.
    pub known: bool,
    /// Every broken rule, at most [`Validity::MAX_VIOLATIONS`].
    pub violations: Vec<Violation>,
    /// Ids of the requirements of which at least one rule was put to the test by this value, kept or broken; sorted, each
    /// once. A rule about a member that the value does not have is not put to the test.
    pub exercised: Vec<String>,
}

impl Validity {
    /// Violations are listed up to this number, the rest is dropped.
    pub const MAX_VIOLATIONS: usize = 100;

    /// The outcome where there is nothing to validate against.
    pub(super) const fn unknown() -> Self {
        Self { known: false, violations: Vec::new(), exercised: Vec::new() }
    }

    /// Whether the value was validated and breaks no rule.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.known && self.violations.is_empty()
    }
}
