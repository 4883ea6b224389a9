//! `mcp-assay judge`: saved transcripts, judged again.

use super::Failure;
use super::args::JudgeArgs;
use super::server::load_corpus;
use crate::report::console::say;
use crate::report::{Format, ReportOptions, SummaryOptions, summary, write_all};
use crate::run::{JudgeError, judge_again};
use crate::verdict::Exit;

/// Judge, print the summary, write reports where a folder for them is given.
pub fn main(args: &JudgeArgs) -> Result<Exit, Failure> {
    let (corpus, own) = load_corpus(&args.scenario_file)?;
    let result = judge_again(&args.transcripts, &corpus).map_err(|error| match error {
        JudgeError::Catalogue(_) => Failure::harness(error),
        JudgeError::Load(_) if own.is_empty() => Failure::harness(error),
        _ => Failure::usage(error),
    })?;
    let report = ReportOptions { strict: false, times: true };
    let written = match &args.out {
        Some(out) => write_all(&result, out, &Format::ALL, report).map_err(Failure::harness)?,
        None => Vec::new(),
    };
    let shown =
        SummaryOptions { colour: SummaryOptions::stdout_takes_colour(), verbose: args.verbose, strict: false, written };
    say(summary(&result, &shown));
    Ok(result.exit(false))
}
