//! The server under test: connections to it, and playing cases on them.

mod connection;
mod contact;
mod heard;
mod http;
mod instances;
mod play;
mod process;
mod questions;
mod reply;
mod session;
mod starts;
mod streams;
mod target;
mod usage;

pub use connection::{Connection, Offer};
pub use contact::ConnectError;
pub use http::GOES_ON;
pub use play::Manner;
pub use questions::{answers, capabilities};
pub use reply::{Reply, Round, Stray, Told};
pub use session::Session;
pub use starts::Starts;
pub use target::Peer;
pub use usage::{GroupUsage, Usage, group_usages, usage};
