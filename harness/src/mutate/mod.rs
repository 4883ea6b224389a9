//! The mutator: stands between the harness and a peer and applies declared defects
//! ([`crate::scenario::Mutation`]) to what passes; the rest passes as it came.

mod change;
mod headers;
pub mod http;
mod path;
mod rules;
mod select;
pub mod stdio;

pub use change::{Outgoing, RequestEdit};
pub use rules::{Mutator, RuleError};
pub use select::{Selection, is_path};
pub use stdio::stand_between;
