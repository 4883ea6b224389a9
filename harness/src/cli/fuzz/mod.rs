//! `mcp-assay fuzz`.

mod client;
mod merge;
mod parser;
mod result;
mod server;
mod watch;

use std::path::Path;

use super::Failure;
use super::args::{CampaignArgs, FuzzArgs, FuzzCommand};
use crate::report::console::say;
use crate::verdict::Exit;

/// Fuzz what is named.
pub async fn main(args: FuzzArgs) -> Result<Exit, Failure> {
    match args.command {
        FuzzCommand::Server(args) => server::main(*args).await,
        FuzzCommand::Client(args) => client::main(&args).await,
        FuzzCommand::Parser(args) => parser::main(&args),
        FuzzCommand::Merge(args) => merge::main(&args),
    }
}

/// Tell in how many of so many tries the finding of a file was shown again, after its paragraph where it is the only one. Whether it was.
fn tell_replay(args: &CampaignArgs, file: &Path, paragraph: &str, shown: usize) -> bool {
    let what = match shown {
        0 => ", mended or not shown here",
        _ if shown == args.tries => "",
        _ => ", flaky",
    };
    if args.replay.len() == 1 {
        say(format_args!("{paragraph}\n"));
    }
    say(format_args!("shown in {shown} of {} tries{what}: {}\n", args.tries, file.display()));
    shown > 0
}
