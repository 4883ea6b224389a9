//! Our own authorization server: a real one, in memory, without users. Whoever comes to its authorization endpoint is
//! redirected at once, and whoever can reach it gets tokens.
//!
//! Metadata (RFC 8414 and OpenID Connect Discovery), keys (RFC 7517), registration (RFC 7591, Client ID Metadata
//! Documents), the authorization code grant with PKCE (OAuth 2.1, RFC 7636, RFC 9207, RFC 8707), refresh tokens, client
//! credentials (RFC 6749, RFC 7523), JWT bearer grants (RFC 7523), token exchange (RFC 8693) and DPoP (RFC 9449). What
//! it is like, its [`Settings`](crate::oauth::Settings) say; it keeps to the standards but for its
//! [switches](crate::oauth::AuthSwitch). What a proxy can make wrong is no affair of its.

mod answer;
mod assertion;
mod authenticate;
mod authorize;
mod client;
mod credentials;
mod documents;
mod fetching;
mod form;
mod grants;
mod metadata;
mod possession;
mod registration;
mod serve;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod token;
mod trusted;

pub use answer::{Answer, Asked};
pub use assertion::Assertion;
pub use credentials::Credentials;
pub use fetching::{Documents, Fetched};
pub use serve::serve;
pub use server::{AuthServer, AuthServerError, Issued};
