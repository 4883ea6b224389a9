//! `mcp-assay client`: test a client.

use super::Failure;
use super::args::ClientArgs;
use super::outcome::{Wanted, tell};
use super::server::{failure, load_corpus, make_folder, revisions};
use super::target::program;
use crate::acting::lasting_socket;
use crate::plan::Selection;
use crate::report::Progress;
use crate::requirement::{Actor, Role};
use crate::revision::Revision;
use crate::run::{ByHand, ClientOptions, run_client, shim_command};
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
            None if args.stdio_shim => "the client".to_owned(),
            None => format!("{} reference client {}", program()?, files_of(&args)).trim_end().to_owned(),
        },
        transports: match args.transport.as_slice() {
            _ if args.stdio_shim => vec![Transport::Stdio],
            [] => vec![Transport::Http],
            named => named.to_vec(),
        },
        program: program()?,
        revisions: match args.revision.as_slice() {
            [] => vec![Revision::NEWEST_HANDSHAKE, Revision::NEWEST_STATELESS],
            named => revisions(named)?,
        },
        selection: Selection { scenarios, official: false, role: Some(Role::Client), drafts: args.drafts },
        jobs: if args.stdio_shim { 1 } else { args.jobs },
        by_hand: args.stdio_shim.then(|| by_hand(&args)).transpose()?,
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

/// Where a client comes to that somebody else starts; what it is to be given as the command of its server is printed.
fn by_hand(args: &ClientArgs) -> Result<ByHand, Failure> {
    let failed = |e| Failure::usage(format!("failed to prepare a place for the client to connect to: {e}"));
    let socket = lasting_socket().map_err(failed)?;
    println!("{}", shim_command(&program()?, &socket));
    Ok(ByHand { socket, wait: args.wait.0 })
}

/// The command that repeats the run, without selection.
fn repeat(args: &ClientArgs) -> String {
    let mut parts = vec!["mcp-assay client".to_owned()];
    parts.extend(args.command.iter().map(|command| format!("--command {}", quote(command))));
    parts.extend(args.stdio_shim.then(|| "--stdio-shim".to_owned()));
    parts.extend(args.transport.iter().map(|transport| format!("--transport {}", transport.as_str())));
    parts.extend(Some(files_of(args)).filter(|files| !files.is_empty()));
    parts.join(" ")
}

/// The options that name the user's scenario files.
fn files_of(args: &ClientArgs) -> String {
    let option = |file: &std::path::PathBuf| format!("--scenario-file {}", quote(&file.display().to_string()));
    args.scenario_file.iter().map(option).collect::<Vec<_>>().join(" ")
}
