//! Access tokens: JSON Web Tokens (RFC 9068) that are right, or wrong on purpose, and how a resource server tells.

mod authority;
mod crypto;
mod key;
mod kind;
mod validate;

pub use authority::{Authority, AuthorityError, Grant, LIFETIME, random_name};
pub use key::{KeyError, SigningKey};
pub use kind::{KIND_PARAMETER, KINDS_MEMBER, Kind};
pub use validate::{Expected, Identity, Unfit, validate, validate_unsigned};
