//! The server that mcp-assay plays for a client: a conforming one, behind the rules of a scenario, and before it the
//! front that records everything as the client's side of the conversation. Over stdio the client starts it itself: a shim,
//! or in a self-check nothing but pipes, which is recorded likewise.

mod authorization;
mod delivering;
mod documents;
mod doors;
mod front;
mod ledger;
mod places;
mod process;
mod seat;
mod server;
mod shim;
mod stdio;

use server::SERVER;

pub use doors::Beyond;
pub use server::{ActingError, ActingServer};
pub use shim::{lasting_socket, run_shim};
pub use stdio::ActingProcesses;
