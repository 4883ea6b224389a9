//! Fuzzing clients: a server that is conforming but for the rules of a case, and oracles over what the client makes of it.

mod base;
mod baseline;
mod campaign;
mod case;
mod catalogue;
mod crash;
mod finding;
mod meter;
mod oracle;
mod places;
mod play;
mod reduce;
mod source;
mod table;

pub use base::{NAME, scenario};
pub use campaign::{Options, Report, Show, campaign};
pub use finding::Finding;
pub use oracle::Oracle;
pub use play::Start;
pub use table::Table;
