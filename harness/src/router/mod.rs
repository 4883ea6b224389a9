//! The router: a reverse proxy of ours before the instances of one HTTP server, in this process.
//!
//! It passes HTTP/1.1 on byte for byte, events as they come, and chooses an instance for each request by a
//! [`Policy`]. Of a request only `Host`, `Origin` and the path are rewritten, where they name the router itself. A
//! [`Fault`](crate::action::Fault) that was armed strikes the answer to one request at a place that is counted. What it
//! does is told to an observer.

mod answer;
mod arming;
mod choosing;
mod converse;
mod exchange;
mod faults;
mod instance;
mod line;
mod observe;
mod policy;
mod proxy;
mod request;
mod rewrite;
mod strike;

pub use arming::Selector;
pub use faults::Faults;
pub use observe::{Observer, Routed};
pub use policy::{Policy, PolicyError};
pub use proxy::Router;

use std::time::Duration;

use crate::wire::Limits;

/// Most connections of clients on one line; further ones wait.
pub const MAX_CONNECTIONS: usize = 4096;
/// Longest time that a connection may be silent: before its next request, and while it is answered, in both directions.
pub const IDLE: Duration = Duration::from_secs(900);
/// How long a client may pause within a request before what there is of it is passed on as it comes.
pub const STALL: Duration = Duration::from_secs(1);
/// How long connections are held that nothing passes any more: by a fault, or when the client has left.
pub const HELD: Duration = Duration::from_secs(60);
/// Largest body that is read whole before the request goes on; of a larger one the rest is passed on as it comes.
pub const BODY_KEPT: usize = 1024 * 1024;
/// Largest head of a request; what has a larger one is passed on unread.
pub const HEAD_BYTES: usize = 64 * 1024;

/// How much of a request is read at a time.
const READ_BUFFER: usize = 4 * 1024;
/// What heads and bodies may be like: a body that is passed on may be as long as it likes.
const LIMITS: Limits = Limits { body_bytes: u64::MAX, head_bytes: HEAD_BYTES, ..Limits::DEFAULT };

#[cfg(test)]
mod tests;
