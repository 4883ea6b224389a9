//! The mutator as an HTTP proxy before one server.

mod asked;
mod body;
mod connect;
mod events;
mod exchange;
mod headers;
mod serve;

pub use serve::{ServeError, serve};

#[cfg(test)]
mod tests;
