#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod discovery;
mod peer;
