//! What was found: told from others by its cause, kept as a scenario that shows it again.

mod actors;
mod cause;
mod check;
mod file;
mod model;
mod scenario;
mod text;

pub use actors::CLIENTS;
pub use cause::Cause;
pub use file::{FileError, Kept, folder, load, remove, write};
pub use model::{Finding, broad, named};
pub use text::{last_words, one_line, others, paragraph, see, short};
