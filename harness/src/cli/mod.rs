//! The command line: arguments to a run, and the run to an exit code.

mod args;
mod authorization_server;
mod client;
mod columns;
mod coverage;
mod deployment;
mod discover;
mod explain;
mod fuzz;
mod judge;
mod list;
mod mutate;
mod outcome;
mod reference;
mod router;
mod scenario;
mod self_check;
mod server;
mod target;
mod variables;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

use crate::acting::run_shim;
use crate::report::console::note;
use crate::transport::Sides;
use crate::verdict::Exit;

/// A message for the user, and the exit code that goes with it.
#[derive(Debug)]
pub struct Failure {
    /// What happened, where, and what to do next.
    pub message: String,
    /// Exit code.
    pub exit: Exit,
}

impl Failure {
    /// Wrong usage, or the IUT cannot be reached.
    pub fn usage(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), exit: Exit::Usage }
    }

    /// The harness failed.
    pub fn harness(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), exit: Exit::HarnessFailed }
    }
}

/// Read the arguments, do what they say.
pub fn main() -> ExitCode {
    let args = args::Args::parse();
    let both = matches!(args.command, args::Command::SelfCheck(_));
    let runtime = match crate::transport::runtime(if both { Sides::Both } else { Sides::One }) {
        Ok(runtime) => runtime,
        Err(e) => return code(Err(Failure::harness(format!("failed to start the runtime: {e}")))),
    };
    let code = runtime.block_on(async {
        code(match args.command {
            args::Command::Server(args) => server::main(args).await,
            args::Command::Client(args) => client::main(*args).await,
            args::Command::AuthorizationServer(args) => authorization_server::main(*args).await,
            args::Command::Discover(args) => discover::main(args).await,
            args::Command::SelfCheck(args) => self_check::main(args).await,
            args::Command::Reference(args) => reference::main(args).await,
            args::Command::Coverage(args) => coverage::main(&args),
            args::Command::List(args) => list::main(&args),
            args::Command::Explain(args) => explain::main(&args),
            args::Command::Judge(args) => judge::main(&args),
            args::Command::Scenario(args) => scenario::main(&args),
            args::Command::Mutate(args) => mutate::main(args).await,
            args::Command::Fuzz(args) => fuzz::main(args).await,
            args::Command::Router(args) => router::main(args).await,
            args::Command::Shim { socket } => return shim(&socket).await,
        })
    });
    // Whatever still waits in the background must not keep the program alive.
    runtime.shutdown_background();
    code
}

/// Be the shim that stands in for a server; it ends as that does.
async fn shim(socket: &Path) -> ExitCode {
    match run_shim(socket).await {
        Ok(code) => ExitCode::from(code),
        Err(e) => code(Err(Failure::usage(format!(
            "nobody waits at {} ({e}): a shim is of use only while the `mcp-assay client` runs that gave it out",
            socket.display()
        )))),
    }
}

fn code(outcome: Result<Exit, Failure>) -> ExitCode {
    let exit = outcome.unwrap_or_else(|failure| {
        note(format_args!("mcp-assay: {}", failure.message));
        failure.exit
    });
    ExitCode::from(exit as u8)
}
