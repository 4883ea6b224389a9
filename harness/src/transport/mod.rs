//! Connections to the IUT: HTTP exchanges and processes. Each writes what crosses it into the transcript as it happens.

mod body;
mod collector;
mod credentials;
mod door;
mod exchange;
mod fetch;
mod guard;
mod passing;
mod pipes;
mod process;
mod program;
mod prompt;
mod publisher;
mod reach;
mod reading;
mod receiver;
mod runtime;
mod socket;
mod sockets;
mod target;
mod visit;
mod wallet;

pub use collector::{Collected, Collector, ENDPOINT};
pub use credentials::{ClientCredentials, document};
pub use exchange::{Exchange, HttpRequest, Passed};
pub use fetch::{Answer, Fetched, fetch, fetch_by};
pub use guard::{Guard, look};
pub use passing::{BoxError, PassedBody, end_to_end, is_of_the_connection, take_requests};
pub use pipes::{Pipes, Starter};
pub use process::{Child, Spawn, SpawnError, quote, spawn_group, write_apart};
pub use program::Program;
pub use publisher::{Page, Publisher};
pub use reach::{Reach, address_beyond_loopback, is_loopback};
pub use reading::read_some;
pub use receiver::{Receiver, Receivers};
pub use runtime::{Sides, runtime};
pub use socket::{Duplex, TlsRoots, connect};
pub use sockets::Sockets;
pub use target::{HttpTarget, TargetError};
pub use wallet::{Bound, Source, Wallet};

use std::time::Duration;

use crate::wire::Limits;

/// Longest time to connect, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What a peer's output may take up in one message or body.
pub const LIMITS: Limits = Limits {
    message_bytes: 4 * 1024 * 1024,
    line_bytes: 4 * 1024 * 1024,
    event_bytes: 4 * 1024 * 1024,
    body_bytes: 4 * 1024 * 1024,
    ..Limits::DEFAULT
};
