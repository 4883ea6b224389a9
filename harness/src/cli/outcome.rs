//! The end of a run: expected failures, reports, the summary, and the exit code.

use std::path::Path;

use super::Failure;
use crate::report::{Format, ReportOptions, SummaryOptions, summary, write_all};
use crate::requirement::Actor;
use crate::verdict::{Baseline, Exit, RunResult};

/// What the user wants to see of a result, and what he expects.
pub struct Wanted<'w> {
    /// Whose expected failures count.
    pub actor: Actor,
    /// Expected failures.
    pub baseline: Option<Baseline>,
    /// Only a part was run, so that entries for the rest are not stale.
    pub partial: bool,
    /// Warnings and what could not be tested count as failures.
    pub strict: bool,
    /// Warnings in full and every reason.
    pub verbose: bool,
    /// Folder for reports.
    pub out: &'w Path,
    /// Which reports.
    pub formats: &'w [Format],
}

/// Write and print it.
pub fn tell(mut result: RunResult, wanted: Wanted<'_>) -> Result<Exit, Failure> {
    match wanted.baseline {
        Some(baseline) if wanted.partial => baseline.apply_to_part(wanted.actor, &mut result),
        Some(baseline) => baseline.apply(wanted.actor, &mut result),
        None => {}
    }
    let report = ReportOptions { strict: wanted.strict, times: true };
    let written = write_all(&result, wanted.out, wanted.formats, report).map_err(Failure::harness)?;
    let shown = SummaryOptions {
        colour: SummaryOptions::stdout_takes_colour(),
        verbose: wanted.verbose,
        strict: wanted.strict,
        written,
    };
    print!("{}", summary(&result, &shown));
    Ok(result.exit(wanted.strict))
}
