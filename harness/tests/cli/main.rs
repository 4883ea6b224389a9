//! The binary as people use it: what it prints, and its exit codes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod authorization_server;
mod client;
mod client_stdio;
mod command;
mod deployments;
mod discover;
mod faults;
mod fuzz;
mod fuzz_asked;
mod fuzz_client;
mod fuzz_coverage;
mod fuzz_inputs;
mod fuzz_parser;
mod judge;
mod learn;
mod protected;
mod router;
mod seeded;
mod server;
mod sharing;
mod usage;
