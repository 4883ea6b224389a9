//! What checks say.

use crate::expr::Operand;
use crate::scenario::Position;

/// Who says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A check of the scenario; with its name, where it has one.
    Check(Option<String>),
    /// A monitor, by name.
    Monitor(String),
    /// The message schemas.
    Schema,
}

/// What is said.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The requirement was exercised and held.
    Held,
    /// It was broken: what was seen, in one sentence.
    Broken(String),
    /// Nothing was decided: why, in one sentence.
    Undecided(String),
    /// The specification contradicts itself here: how.
    Disputed(String),
}

/// What one check, monitor or schema says about one requirement in one transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Requirement id.
    pub requirement: String,
    /// Who says it.
    pub source: Source,
    /// What is said.
    pub outcome: Outcome,
    /// The expression or rule.
    pub rule: String,
    /// Values that decided.
    pub operands: Vec<Operand>,
    /// Transcript events that matter.
    pub evidence: Vec<u64>,
    /// Where the check is written.
    pub position: Option<Position>,
    /// An error is a right way to meet the requirement.
    pub met_by_refusal: bool,
    /// An empty result is a right way to meet the requirement.
    pub met_by_empty_result: bool,
}
