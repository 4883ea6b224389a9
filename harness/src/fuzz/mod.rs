//! Fuzzing live servers: cases that a seed determines, oracles over what comes back, and findings reduced to what shows them.

mod bench;
mod campaign;
mod case;
mod class;
pub mod client;
mod extent;
pub mod finding;
pub mod oracle;
mod patience;
pub mod peer;
mod reach;
mod reduce;
mod rules;
mod safety;
mod source;
mod spell;
mod state;
mod take;
mod wrong;

pub use bench::Bench;
pub use campaign::{Options, Report, campaign};
pub use case::{Act, Body, Case, Expect, IdForm};
pub use class::Classes;
pub use extent::Extent;
pub use safety::{Permits, Rate};
pub use source::{Base, Scene, Source, Stories, bases};
pub use state::{Show, State, Unwatched};
pub use take::Take;
