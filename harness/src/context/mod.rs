//! What a server's tool catalogue costs a model that is given it: facts and advice, never a verdict.
//!
//! Read off the transcript of a probe, which lists the tools twice. A tool counts as its compact JSON, as the server sent
//! it: clients differ in what they hand on, and this is the most they can.

mod advice;
mod cost;
mod likeness;
mod tokens;

pub use cost::{Alike, ContextCost, Order, ToolCost, measure};

/// The streams in which a probe lists the tools, the first time and again.
pub const LISTINGS: [&str; 2] = ["listed_tools", "relisted_tools"];

#[cfg(test)]
mod tests;
