//! `mcp-assay client`: test a client.

use super::Failure;
use super::args::ClientArgs;
use super::server::{failure, load_corpus, make_folder, revisions};
use super::target::{program, quote};
use crate::plan::Selection;
use crate::report::{Progress, ReportOptions, SummaryOptions, summary, write_all};
use crate::requirement::{Actor, Role};
use crate::revision::Revision;
use crate::run::{ClientOptions, run_client};
use crate::verdict::{Baseline, Exit};

/// Run it.
pub async fn main(args: ClientArgs) -> Result<Exit, Failure> {
    let baseline = args.expected_failures.as_deref().map(Baseline::load).transpose().map_err(Failure::usage)?;
    let (corpus, files) = load_corpus(&args.scenario_file)?;
    let mut scenarios = args.scenario.clone();
    scenarios.extend(files.into_iter().filter(|name| !corpus.monitors.contains_key(name)));
    make_folder(&args.out)?;
    let options = ClientOptions {
        command: match &args.command {
            Some(command) => command.clone(),
            None => format!("{} reference client", program()?),
        },
        revisions: match args.revision.as_slice() {
            [] => vec![Revision::NEWEST_HANDSHAKE, Revision::NEWEST_STATELESS],
            named => revisions(named)?,
        },
        selection: Selection { scenarios, official: false, role: Some(Role::Client) },
        jobs: args.jobs,
        deadline: args.deadline.0,
        out: Some(args.out.clone()),
        repeat: repeat(&args),
    };
    let mut result = run_client(&corpus, &options, &Progress::stderr()).await.map_err(failure)?;
    if let Some(baseline) = baseline {
        if options.selection.is_whole() {
            baseline.apply(Actor::Client, &mut result);
        } else {
            baseline.apply_to_part(Actor::Client, &mut result);
        }
    }
    let report = ReportOptions { strict: args.strict, times: true };
    let written = write_all(&result, &args.out, &args.format, report).map_err(Failure::harness)?;
    let shown = SummaryOptions {
        colour: SummaryOptions::stdout_takes_colour(),
        verbose: args.verbose,
        strict: args.strict,
        written,
    };
    print!("{}", summary(&result, &shown));
    Ok(result.exit(args.strict))
}

/// The command that repeats the run, without selection.
fn repeat(args: &ClientArgs) -> String {
    let mut parts = vec!["mcp-assay client".to_owned()];
    parts.extend(args.command.iter().map(|command| format!("--command {}", quote(command))));
    parts.extend(
        args.scenario_file.iter().map(|file| format!("--scenario-file {}", quote(&file.display().to_string()))),
    );
    parts.join(" ")
}
