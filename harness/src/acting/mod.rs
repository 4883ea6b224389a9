//! The server that mcp-assay plays for a client: a conforming one, behind the rules of a scenario, and before it the
//! front that records everything as the client's side of the conversation.

mod authorization;
mod front;
mod ledger;
mod places;
mod server;

use server::SERVER;

pub use server::{ActingError, ActingServer};
