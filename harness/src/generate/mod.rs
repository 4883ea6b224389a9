//! What to send: values of any JSON Schema, messages of every method, and both broken on purpose in ways that have a name.
//!
//! Everything is a function of [`Choices`], so that a seed, or the bytes of a fuzzing engine, determine it whole.

mod breakage;
mod choices;
mod format;
mod message;
mod mutation;
mod number;
mod object;
mod pattern;
mod shape;
mod sites;
mod spelling;
mod text;
mod value;

pub use breakage::{Broken, Framing, broken_bytes, chunks};
pub use choices::Choices;
pub use message::{Messages, Method, MethodKind};
pub use mutation::{Expected, Mutated, Mutation};
pub use spelling::{Respelled, same_value};
pub use value::{Hints, SchemaValues, Unsatisfied};

#[cfg(test)]
mod tests;
