//! Carrying a case out: plays the scenario's actors against the IUT and leaves a transcript. Judges nothing.

mod actor;
pub(crate) mod answers;
mod attending;
mod authorization;
mod batch;
mod breaks;
mod case;
mod channel;
mod collecting;
pub(crate) mod envelope;
mod farewell;
mod hosting;
mod lending;
mod manner;
mod operate;
mod outgoing;
mod patience;
mod probe;
mod proof;
mod receiving;
mod routing;
mod run;
mod sending;
mod signing;
mod stage;
mod target;
mod time;
mod token;
mod waiting;

pub use breaks::{Breaks, ClientFault};
pub use case::{CaseSpec, Recording, Sharing, drive};
pub(crate) use channel::Channel;
pub use lending::Lending;
pub use manner::Manner;
pub use patience::{Patience, Place};
pub use probe::{PROBE, Probe, Spoken, probe, speaks};
pub use target::{Access, Issuer, PlayedIssuer, StdioTarget, Target};

/// Name under which the harness introduces itself.
pub const CLIENT_NAME: &str = "mcp-assay";
