//! What is said about OAuth in scenario files, and what its parties compute: no socket is touched here.

mod careless;
mod challenge;
mod settings;
mod switch;

pub use careless::Careless;
pub use challenge::{fits_challenge, is_verifier, s256};
pub use settings::{
    Audience, AuthMethod, ClientIdDocuments, Consent, Dpop, Endpoints, GrantType, Place, PreregisteredClient,
    RefreshTokens, Settings, TrustedIssuer,
};
pub use switch::AuthSwitch;
