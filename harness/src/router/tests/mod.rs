//! The router before instances that are written byte by byte.
#![expect(clippy::unwrap_used, reason = "tests")]

mod faults;
mod passing;
mod routes;
mod stage;
