//! The plan for a person: every case, and the reason for everything left out.

use std::fmt::Write as _;

use super::axes::{offers, probe_all, unreachable};
use super::pool::implementation;
use super::{RunError, RunOptions};
use crate::drive::Target;
use crate::plan::plan;
use crate::scenario::Corpus;

/// Ask the IUT what it offers and say what would be run.
///
/// # Errors
/// [`RunError`] as for a run.
pub async fn show_plan(target: &Target, corpus: &Corpus, options: &RunOptions) -> Result<String, RunError> {
    let names = options.selection.names(corpus)?;
    let probes = probe_all(target, options, None, None).await;
    if let Some(why) = unreachable(&probes) {
        return Err(RunError::Unreachable(why));
    }
    let plan = plan(corpus, &names, &offers(&probes), &options.selection, &options.permissions);
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
