//! The lint: everything wrong with a scenario or monitor file that its types alone do not show, all at once, each with
//! its place and the mend.

mod axes;
mod checks;
mod context;
mod cursor;
mod defects;
mod expressions;
mod file;
mod literals;
mod monitors;
mod mutations;
mod report;
mod requirements;
mod scenario;
mod scope;
mod shapes;
mod steps;
mod tree;
mod values;

pub use file::{lint_embedded, lint_file, lint_text};
