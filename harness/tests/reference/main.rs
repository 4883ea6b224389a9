//! The reference server, driven from outside over both transports.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod authorizing;
mod client;
mod contract;
mod era_alone;
mod era_handshake;
mod era_stateless;
mod ext_tasks;
mod input;
mod kept_back;
mod schema;
mod shared;
mod stdio;
mod switches;
mod tasks;
