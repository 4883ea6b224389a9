#![expect(clippy::unwrap_used, reason = "tests")]

mod discovery;
mod flow;
mod machines;
mod peer;
mod proofs;
