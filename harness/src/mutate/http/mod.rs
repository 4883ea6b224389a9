//! The mutator as an HTTP proxy before one server.

mod asked;
mod body;
mod connect;
mod events;
mod exchange;
mod headers;
mod serve;

pub use serve::{ServeError, serve, serve_until};

#[cfg(test)]
mod tests;
