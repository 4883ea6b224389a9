//! The plan for a person: every case, and the reason for everything left out.

use std::fmt::Write as _;

use super::axes::{Asked, offers};
use super::pool::implementation;
use super::{RunError, RunOptions};
use crate::plan::plan;
use crate::scenario::Corpus;

/// Say what would be run, given what the IUT said that it offers.
///
/// # Errors
/// [`RunError`] as for a run.
pub fn show_plan(corpus: &Corpus, options: &RunOptions, asked: Asked) -> Result<String, RunError> {
    let names = options.selection.names(corpus)?;
    let probes = asked.probes;
    let plan = plan(corpus, &names, &offers(&probes, &options.routes), &options.selection, &options.permissions);
    let mut text = String::new();
    // Writing to a String cannot fail.
    for (axis, said) in implementation(&probes) {
        let _ = writeln!(text, "axis      {axis}: {said}");
    }
    for case in &plan.cases {
        let _ = writeln!(text, "run       {}", case.id);
    }
    for left_out in &plan.left_out {
        let _ = writeln!(text, "{:<9} {}: {}", left_out.verdict.as_str(), left_out.id, left_out.reason);
    }
    let _ = writeln!(text, "{} cases to run, {} left out", plan.cases.len(), plan.left_out.len());
    Ok(text)
}
