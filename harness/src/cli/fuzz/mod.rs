//! `mcp-assay fuzz`.

mod client;
mod merge;
mod parser;
mod result;
mod server;
mod watch;

use super::Failure;
use super::args::{FuzzArgs, FuzzCommand};
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

/// In how many of how many tries a finding was shown again, in words.
fn shown_in(shown: usize, tries: usize) -> String {
    let what = match shown {
        0 => ", mended or not shown here",
        _ if shown == tries => "",
        _ => ", flaky",
    };
    format!("shown in {shown} of {tries} tries{what}")
}
