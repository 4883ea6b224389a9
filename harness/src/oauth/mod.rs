//! What is said about OAuth in scenario files, and what its parties compute: no socket is touched here.

mod careless;
mod challenge;
mod settings;
mod switch;
mod words;

pub use careless::Careless;
pub use challenge::{fits_challenge, is_verifier, s256};
pub use settings::{Audience, Endpoints, PreregisteredClient, Settings, TrustedIssuer};
pub use switch::AuthSwitch;
pub use words::{AuthMethod, ClientIdDocuments, Consent, Dpop, GrantType, Place, RefreshTokens};
