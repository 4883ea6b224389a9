//! Properties of the wire readers and writers: no panic, no loss, no dependence on how the bytes arrive.

#![expect(clippy::unwrap_used, reason = "tests")]

mod edges;
mod headers;
mod http;
mod json;
mod lines;
mod sse;
mod support;
