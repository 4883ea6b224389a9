//! The end of a run: expected failures, reports, the summary, and the exit code.

use super::Failure;
use super::args::OutcomeArgs;
use crate::report::console::say;
use crate::report::{ReportOptions, SummaryOptions, summary, write_all};
use crate::requirement::Actor;
use crate::verdict::{Baseline, Exit, RunResult};

impl OutcomeArgs {
    /// The expected failures, read before anything is run.
    pub fn baseline(&self) -> Result<Option<Baseline>, Failure> {
        self.expected_failures.as_deref().map(Baseline::load).transpose().map_err(Failure::usage)
    }
}

/// Write and print it. `partial`: only a part was run, so that expected failures of the rest are not stale.
pub fn tell(
    mut result: RunResult,
    actor: Actor,
    baseline: Option<Baseline>,
    partial: bool,
    wanted: &OutcomeArgs,
) -> Result<Exit, Failure> {
    match baseline {
        Some(baseline) if partial => baseline.apply_to_part(actor, &mut result),
        Some(baseline) => baseline.apply(actor, &mut result),
        None => {}
    }
    let report = ReportOptions { strict: wanted.strict, times: true };
    let written = write_all(&result, &wanted.out, &wanted.format, report).map_err(Failure::harness)?;
    let shown = SummaryOptions {
        colour: SummaryOptions::stdout_takes_colour(),
        verbose: wanted.verbose,
        strict: wanted.strict,
        written,
    };
    say(summary(&result, &shown));
    Ok(result.exit(wanted.strict))
}
