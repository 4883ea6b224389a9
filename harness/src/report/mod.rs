//! Reports: a finished run, written for people and for machines.
//!
//! `terminal` is for the person who waits, `junit` for CI, `json` for programs. `explain` says what a failure is, in
//! the same five parts everywhere; `text` makes what a peer sent harmless.

pub mod console;
mod context;
mod explain;
mod format;
pub mod json;
pub mod junit;
mod load;
mod progress;
pub mod terminal;
pub mod text;

pub use format::{Format, ReportError, ReportOptions, UnknownFormat, write_all};
pub use progress::Progress;
pub use terminal::{SummaryOptions, summary};
