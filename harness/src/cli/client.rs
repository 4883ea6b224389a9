//! `mcp-assay client`: test a client.

use super::Failure;
use super::args::ClientArgs;
use super::outcome::{Wanted, tell};
use super::server::{failure, load_corpus, make_folder, revisions};
use super::target::program;
use crate::plan::Selection;
use crate::report::Progress;
use crate::requirement::{Actor, Role};
use crate::revision::Revision;
use crate::run::{ClientOptions, run_client};
use crate::scenario::Transport;
use crate::transport::quote;
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
            None => format!("{} reference client {}", program()?, files_of(&args)).trim_end().to_owned(),
        },
        transports: match args.transport.as_slice() {
            [] => vec![Transport::Http],
            named => named.to_vec(),
        },
        program: program()?,
        revisions: match args.revision.as_slice() {
            [] => vec![Revision::NEWEST_HANDSHAKE, Revision::NEWEST_STATELESS],
            named => revisions(named)?,
        },
        selection: Selection { scenarios, official: false, role: Some(Role::Client), drafts: args.drafts },
        jobs: args.jobs,
        deadline: args.deadline.0,
        out: Some(args.out.clone()),
        repeat: repeat(&args),
    };
    let result = run_client(&corpus, &options, &Progress::stderr()).await.map_err(failure)?;
    let wanted = Wanted {
        actor: Actor::Client,
        baseline,
        partial: !options.selection.is_whole(),
        strict: args.strict,
        verbose: args.verbose,
        out: &args.out,
        formats: &args.format,
    };
    tell(result, wanted)
}

/// The command that repeats the run, without selection.
fn repeat(args: &ClientArgs) -> String {
    let mut parts = vec!["mcp-assay client".to_owned()];
    parts.extend(args.command.iter().map(|command| format!("--command {}", quote(command))));
    parts.extend(args.transport.iter().map(|transport| format!("--transport {}", transport.as_str())));
    parts.extend(Some(files_of(args)).filter(|files| !files.is_empty()));
    parts.join(" ")
}

/// The options that name the user's scenario files.
fn files_of(args: &ClientArgs) -> String {
    let option = |file: &std::path::PathBuf| format!("--scenario-file {}", quote(&file.display().to_string()));
    args.scenario_file.iter().map(option).collect::<Vec<_>>().join(" ")
}
