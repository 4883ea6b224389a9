//! What was found: told from others by its cause, kept as a scenario that shows it again.

mod file;
mod model;
mod scenario;
mod text;

pub use file::{FileError, folder, load, remove, write};
pub use model::{Cause, Finding, broad};
pub use text::paragraph;
