//! Our own authorization server: a small real one, whose tokens can be wrong on purpose.
//!
//! Metadata (RFC 8414 and OpenID Connect discovery), keys (RFC 7517), and a token endpoint with client credentials
//! (RFC 6749, section 4.4) and resource indicators (RFC 8707). It is for tests: whoever can reach it gets tokens.

mod endpoints;
mod serve;

pub use serve::serve;
