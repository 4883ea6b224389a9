#![expect(clippy::unwrap_used, reason = "tests")]

mod careless;
mod discovery;
mod flow;
mod machines;
mod peer;
mod proofs;
