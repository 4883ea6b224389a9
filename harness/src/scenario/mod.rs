//! Scenario and monitor files: what to do to the IUT, which requirements that decides, and which defects prove it.

mod corpus;
mod defect;
mod model;
mod monitor;

pub use corpus::{Corpus, LoadError, Loaded};
pub use defect::{Answering, Defect, Mutation, Only, RequestChange};
pub use model::{Actor, ActorAnswer, Applies, Check, Needs, OneOrMany, Open, Position, Scenario, Transport};
pub use monitor::{Monitor, MonitorFile, MonitorDefect, Watch};
