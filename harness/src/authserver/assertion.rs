//! What the server says about others to others: ID tokens, identity assertions, and the tokens of workloads.

use serde_json::{Map, Value, json};

use super::AuthServer;
use crate::token::{KeyError, now, random_name};

/// Type of an identity assertion.
pub(super) const ID_JAG: &str = "oauth-id-jag+jwt";
/// Lifetime of an assertion, in seconds.
pub(super) const LIFETIME: u64 = 300;
/// The user of the server.
pub(super) const USER: &str = "mcp-assay";

/// A token to be signed.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// Type in its header.
    pub typ: &'static str,
    /// What it is called when it is told as a secret.
    pub name: &'static str,
    /// Whom it is about.
    pub subject: String,
    /// Whom it is for.
    pub audience: String,
    /// How long it works, in seconds; below zero, since when it does not any more.
    pub lifetime: i64,
    /// Further claims.
    pub claims: Map<String, Value>,
}

impl Assertion {
    /// The token of a workload (RFC 7523, section 3), in order.
    pub fn workload(subject: &str, audience: &str) -> Self {
        Self {
            typ: "JWT",
            name: "workload token",
            subject: subject.to_owned(),
            audience: audience.to_owned(),
            lifetime: LIFETIME as i64,
            claims: Map::new(),
        }
    }

    /// An ID token for a client (OpenID Connect Core, section 2).
    pub fn id_token(client: &str) -> Self {
        Self { name: "ID token", ..Self::workload(USER, client) }
    }
}

impl AuthServer {
    /// Sign an assertion, and tell it.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn assert(&self, assertion: &Assertion) -> Result<String, KeyError> {
        let now = now();
        let mut claims = json!({
            "iss": self.issuer(),
            "sub": assertion.subject,
            "aud": assertion.audience,
            "iat": now.saturating_add_signed(assertion.lifetime.min(0)),
            "exp": now.saturating_add_signed(assertion.lifetime),
            "jti": random_name()?,
        });
        if let Some(claims) = claims.as_object_mut() {
            claims.extend(assertion.claims.clone());
        }
        let key = self.authority.key();
        let token = key.sign_as(Some(assertion.typ), &claims, Some(&key.id))?;
        self.told(assertion.name, &token);
        Ok(token)
    }
}
