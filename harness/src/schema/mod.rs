//! The shape of messages: our JSON Schemas of every MCP message, and which requirement each of their rules decides.

mod coverage;
mod document;
mod expansion;
mod explain;
mod patch;
mod rules;
mod schemas;
mod subject;
#[cfg(test)]
mod tests;
mod user;
mod validity;

pub use schemas::Schemas;
pub use subject::{Sender, Subject};
pub use user::{SchemaProblem, UserSchema, compile_user_schema};
pub use validity::{Validity, Violation};
