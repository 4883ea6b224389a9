//! JSON-RPC 2.0 messages as they come in: what one is, what is wrong with it, and its bytes.

mod id;
mod kind;
mod read;

pub use id::{BadId, Id};
pub use kind::{InvalidReason, Kind, Shape};
pub use read::{Message, read, read_shared};

#[cfg(test)]
mod tests;
