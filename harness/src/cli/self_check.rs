//! `mcp-assay self-check`.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use super::Failure;
use super::args::SelfCheckArgs;
use super::server::load_corpus;
use super::target::{own_authority, program};
use crate::plan::Selection;
use crate::report::console::say;
use crate::self_check::{SelfCheckError, SelfCheckOptions, kill_at_each_step, self_check};
use crate::verdict::Exit;

/// Run it. Exit code 3 when a check of ours is not to be trusted.
pub async fn main(args: SelfCheckArgs) -> Result<Exit, Failure> {
    let (corpus, mut named) = load_corpus(&args.scenario_file)?;
    named.extend(args.scenario.clone());
    named.retain(|name| !corpus.monitors.contains_key(name));
    let options = SelfCheckOptions {
        selection: Selection { scenarios: named, ..Selection::default() },
        defect: args.defect.clone(),
        jobs: args.jobs,
        program: program()?,
        authority: Arc::new(own_authority().await?),
    };
    let terminal = std::io::stderr().is_terminal();
    let progress = |done: usize, total: usize| {
        if terminal {
            // A terminal that cannot be written to is no reason to stop.
            let _ = write!(std::io::stderr(), "\r{done}/{total} trials{}", if done == total { "\r\n" } else { "" });
        }
    };
    let problems = if args.kill_at_each_step {
        let killings = kill_at_each_step(&corpus, &options, &progress).await.map_err(failure)?;
        killings.problems.iter().for_each(|problem| say(format_args!("WRONG  {problem}\n")));
        let (runs, wrong) = (killings.runs, killings.problems.len());
        say(format_args!(
            "{runs} runs with an instance killed at one step, {} ended in time with a verdict\n",
            runs - wrong
        ));
        wrong
    } else {
        let matrix = self_check(&corpus, &options, &progress).await.map_err(failure)?;
        say(matrix.text(args.matrix));
        matrix.problems.len()
    };
    Ok(if problems == 0 { Exit::Conforms } else { Exit::HarnessFailed })
}

fn failure(error: SelfCheckError) -> Failure {
    match error {
        SelfCheckError::Selection(_) => Failure::usage(error),
        SelfCheckError::Load(_) | SelfCheckError::Peer(_) => Failure::harness(error),
    }
}
