//! JSON Web Tokens: access tokens (RFC 9068) that are right, or wrong on purpose, and how a resource server tells;
//! assertions and proofs, and how they are read.

mod authority;
mod crypto;
mod jwt;
mod key;
mod keys;
mod kind;
mod proof;
mod scheme;
mod sign;
mod validate;

pub use authority::{Authority, AuthorityError, Grant, LIFETIME, now, random_name};
pub use jwt::{ALGORITHMS, Jwt};
pub use key::{KeyError, PROOF, SigningKey};
pub use keys::Keys;
pub use kind::{KIND_PARAMETER, KINDS_MEMBER, Kind};
pub use proof::{Proof, Proven, proof, thumbprint};
pub use scheme::Scheme;
pub use sign::tampered;
pub use validate::{Confirmation, Expected, Identity, Unfit, validate, validate_unsigned};
