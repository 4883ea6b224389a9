//! The reference MCP server: a conforming server of every revision, over Streamable HTTP, stdio and the HTTP+SSE of 2024-11-05.
//!
//! It is what the harness tests itself against. Requests of the revisions up to 2025-11-25 (handshake, sessions) and of
//! 2026-07-28 (stateless) are answered on the same URL and on the same pipe; it offers every fixture of the official
//! suite's contract. A [`Switch`] turns on one declared defect that no proxy could fake.

mod activity;
mod arguments;
mod card;
mod clock;
mod completion;
mod connection;
mod core;
mod event_log;
mod events;
mod ext_tasks;
mod faults;
mod files;
mod forwarding;
mod handshake;
mod headers;
mod http;
mod interactions;
mod legacy;
mod listening;
mod logging;
mod mrtr;
mod offered;
mod options;
mod outbox;
mod pages;
mod possession;
mod prompts;
mod protection;
mod questions;
mod rate;
mod resources;
mod rpc;
mod seal;
mod session;
mod sessions;
mod signal;
mod skills;
mod sse;
mod stateless;
mod stdio;
mod store;
mod streams;
mod subscriptions;
mod switch;
mod tasks;
mod tools;
mod traces;

pub use faults::Fault;
pub use http::serve_http;
pub use legacy::{EVENTS, MESSAGES};
pub use options::{Answers, Options, SMALL_PAGE};
pub use protection::{Protection, SCOPE};
pub use stdio::serve_stdio;
pub use store::{Store, StoreError};
pub use switch::Switch;
