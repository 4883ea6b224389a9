//! What the router before the instances did.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Fault;

/// What became of a request on its way to an instance, or of its answer on the way back.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Passage {
    /// It went to this instance.
    Forwarded,
    /// This instance could not be reached: why. The next is tried, where there is one to try.
    Unreachable(String),
    /// No instance takes it: the router answered 502, with the header `Assay-Router`.
    Refused,
    /// This fault is about to strike the answer.
    Struck(Fault),
    /// The answer is over and had no place for this fault.
    Missed(Fault),
}

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forwarded => f.write_str("forwarded"),
            Self::Unreachable(why) => write!(f, "unreachable: {why}"),
            Self::Refused => f.write_str("refused with 502: no instance takes it"),
            Self::Struck(fault) => write!(f, "fault: {fault}"),
            Self::Missed(fault) => write!(f, "the answer had no place for the fault: {fault}"),
        }
    }
}
