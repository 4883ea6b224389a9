//! The authorization of the reference client: a proxy before a protected server that does all that OAuth asks of a
//! conforming client of its revision, so that whoever uses the proxy need not know of it.
//!
//! Discovery (RFC 9728, RFC 8414, OpenID Connect discovery), a client id (configured, Client ID Metadata Document,
//! RFC 7591), the authorization code with PKCE (RFC 7636), RFC 8707, RFC 9207 and a browser that consents to everything,
//! client credentials, assertions (RFC 7523), token exchange (RFC 8693), and proofs of possession (RFC 9449).

mod browser;
mod challenge;
mod client;
mod discovery;
mod documents;
mod grants;
mod identity;
mod issuer;
mod memory;
mod proofs;
mod proxy;
mod response;
mod scopes;
mod settings;
mod sign_on;
mod stop;
mod token_request;

use crate::oauth::Careless;

pub use memory::Memory;
pub use proxy::{Authorizing, AuthorizingError};
pub use settings::{ClientSettings, Flow};

#[cfg(test)]
mod tests;
