//! Verdicts: one per requirement and case, the picture of a whole run, and the exit code that follows from it.

mod across;
mod baseline;
mod decide;
mod fuzzed;
mod load;
mod result;
#[cfg(test)]
pub(crate) mod samples;
mod set;

pub use across::compare_routes;
pub use baseline::{Baseline, BaselineError};
pub use decide::decide;
pub use fuzzed::Fuzzed;
pub use load::{Load, Times};
pub use result::{CaseResult, CheckResult, Exit, MONITORS, Operand, RESULTS_VERSION, RunResult, Tally, Verdict};
pub use set::{RequirementSet, SetError};
