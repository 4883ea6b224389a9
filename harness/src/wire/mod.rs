//! Bytes to frames and back: tolerant of what comes in and exact about what was seen; byte-exact, and wrong on
//! purpose where asked, in what goes out. Nothing here opens a socket, waits, or knows what a scenario is.
//!
//! Every reader is linear in its input, bounded by [`Limits`], free of unbounded recursion, and never panics.

pub mod challenge;
pub mod clock;
pub mod header_value;
pub mod http;
pub mod json;
mod limits;
pub mod lines;
pub mod message;
pub mod sse;
pub mod webhook;
pub mod write;

pub use limits::{Limits, MAX_DEPTH};
pub use message::{Id, InvalidReason, Kind, Message, Shape};
