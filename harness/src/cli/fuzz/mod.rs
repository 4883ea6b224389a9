//! `mcp-assay fuzz`.

mod merge;
mod parser;
mod report;
mod server;
mod watch;

use super::Failure;
use super::args::{FuzzArgs, FuzzCommand};
use crate::verdict::Exit;

/// Fuzz what is named.
pub async fn main(args: FuzzArgs) -> Result<Exit, Failure> {
    match args.command {
        FuzzCommand::Server(args) => server::main(*args).await,
        FuzzCommand::Parser(args) => parser::main(&args),
        FuzzCommand::Merge(args) => merge::main(&args),
    }
}
