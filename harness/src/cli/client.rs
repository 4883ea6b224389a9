//! `mcp-assay client`: test a client.

use super::Failure;
use super::args::ClientArgs;
use super::outcome::tell;
use super::server::{chosen, failure, make_folder, newest_or};
use super::target::program;
use crate::acting::lasting_socket;
use crate::report::Progress;
use crate::report::console::say;
use crate::requirement::{Actor, Role};
use crate::run::{ByHand, ClientOptions, run_client, shim_command};
use crate::scenario::Transport;
use crate::transport::quote;
use crate::verdict::Exit;

/// Run it.
pub async fn main(args: ClientArgs) -> Result<Exit, Failure> {
    let baseline = args.run.outcome.baseline()?;
    let (corpus, selection) = chosen(&args.run.choice, Role::Client)?;
    make_folder(&args.run.outcome.out)?;
    let options = ClientOptions {
        command: match &args.command {
            Some(command) => command.clone(),
            None if args.stdio_shim => "the client".to_owned(),
            None => {
                format!("{} reference client {}", program()?, args.run.choice.files().join(" ")).trim_end().to_owned()
            }
        },
        transports: match args.transport.as_slice() {
            _ if args.stdio_shim => vec![Transport::Stdio],
            [] => vec![Transport::Http],
            named => named.to_vec(),
        },
        program: program()?,
        document_hosts: args.client_document_host.clone(),
        revisions: newest_or(&args.run.revision)?,
        selection,
        jobs: if args.stdio_shim { 1 } else { args.run.jobs },
        by_hand: args.stdio_shim.then(|| by_hand(&args)).transpose()?,
        deadline: args.run.deadline.0,
        out: Some(args.run.outcome.out.clone()),
        repeat: repeat(&args),
    };
    let result = run_client(&corpus, &options, &Progress::stderr()).await.map_err(failure)?;
    tell(result, Actor::Client, baseline, !options.selection.is_whole(), &args.run.outcome)
}

/// Where a client comes to that somebody else starts; what it is to be given as the command of its server is printed.
fn by_hand(args: &ClientArgs) -> Result<ByHand, Failure> {
    let failed = |e| Failure::usage(format!("failed to prepare a place for the client to connect to: {e}"));
    let socket = lasting_socket().map_err(failed)?;
    say(format_args!("{}\n", shim_command(&program()?, &socket)));
    Ok(ByHand { socket, wait: args.wait.0 })
}

/// The command that repeats the run, without selection.
fn repeat(args: &ClientArgs) -> String {
    let mut parts = vec!["mcp-assay client".to_owned()];
    parts.extend(args.command.iter().map(|command| format!("--command {}", quote(command))));
    parts.extend(args.stdio_shim.then(|| "--stdio-shim".to_owned()));
    parts.extend(args.transport.iter().map(|transport| format!("--transport {}", transport.as_str())));
    parts.extend(args.client_document_host.iter().map(|host| format!("--client-document-host {}", quote(host))));
    parts.extend(args.run.choice.repeat());
    parts.join(" ")
}
