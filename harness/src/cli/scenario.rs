//! `mcp-assay scenario`: work on scenario files.

use std::path::PathBuf;

use super::Failure;
use super::args::{ScenarioArgs, ScenarioCommand};
use super::server::load_corpus;
use crate::lint::{lint_embedded, lint_file};
use crate::report::console::say;
use crate::scenario::LoadError;
use crate::verdict::Exit;

/// Do what is asked.
pub fn main(args: &ScenarioArgs) -> Result<Exit, Failure> {
    match &args.command {
        ScenarioCommand::Check { files } => check(files),
    }
}

/// Print everything that is wrong. Exit code 1 when something is.
fn check(files: &[PathBuf]) -> Result<Exit, Failure> {
    let (mut corpus, _) = load_corpus(&[])?;
    let problems: Vec<LoadError> = if files.is_empty() {
        lint_embedded(&corpus)
    } else {
        for file in files {
            std::fs::read(file).map_err(|e| Failure::usage(format!("failed to read {}: {e}", file.display())))?;
            // The files know of one another. What is wrong with one is told below.
            let _ = corpus.add_file(file);
        }
        files.iter().flat_map(|file| lint_file(file, &corpus)).collect()
    };
    for problem in &problems {
        say(format_args!("{problem}\n\n"));
    }
    let looked_at = match files.len() {
        0 => format!("{} scenarios and {} monitors", corpus.scenarios.len(), corpus.monitors.len()),
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    };
    match problems.len() {
        0 => say(format_args!("{looked_at}: no problems\n")),
        1 => say(format_args!("{looked_at}: 1 problem\n")),
        n => say(format_args!("{looked_at}: {n} problems\n")),
    }
    Ok(if problems.is_empty() { Exit::Conforms } else { Exit::DoesNotConform })
}
