//! Who issues tokens: an issuer with its keys.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};

use super::{KeyError, Kind, SigningKey};

/// Lifetime of a token, in seconds.
pub const LIFETIME: u64 = 3600;
/// The user that tokens are issued for, and another.
const USERS: [&str; 2] = ["mcp-assay", "mcp-assay-other"];
/// The workload that tokens are issued for.
const WORKLOAD: &str = "mcp-assay-workload";
/// Scope of a token with too little scope.
const UNRELATED_SCOPE: &str = "mcp-assay:unrelated";
/// Resource that a token for another audience is issued for: nobody's, by RFC 2606.
const OTHER_RESOURCE: &str = "https://other.example/mcp";
/// An issuer that nobody trusts.
const OTHER_ISSUER: &str = "https://issuer.example";

/// Why a token could not be issued.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A kind that no authorization server issues.
    #[error("no authorization server issues a token of the kind `{}`", .0.word())]
    Kind(Kind),
    /// A bound token for a client that has proved nothing.
    #[error("a token is bound to the key of a proof, and there was none")]
    Unbound,
}

/// What a token is issued for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The resource (RFC 8707), its audience; several, by spaces.
    pub resource: String,
    /// Scopes, by spaces.
    pub scope: String,
    /// Who asked.
    pub client: String,
    /// Who it is about; a user of ours where nobody in particular.
    pub subject: Option<String>,
    /// Thumbprint of the key that it is bound to (RFC 9449, section 6.1).
    pub key: Option<String>,
    /// How long it lives, in seconds.
    pub lifetime: u64,
}

impl Default for Grant {
    fn default() -> Self {
        Self {
            resource: String::new(),
            scope: String::new(),
            client: String::new(),
            subject: None,
            key: None,
            lifetime: LIFETIME,
        }
    }
}

/// An issuer of access tokens.
#[derive(Clone, Debug)]
pub struct Authority {
    issuer: String,
    key: SigningKey,
    /// A key that is never published.
    stranger: SigningKey,
}

impl Authority {
    /// An issuer with this identifier and key.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(issuer: &str, key: SigningKey) -> Result<Self, KeyError> {
        Ok(Self { issuer: issuer.to_owned(), key, stranger: SigningKey::generate()? })
    }

    /// Its identifier.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its published keys (RFC 7517, section 5).
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.key.jwk()] })
    }

    /// Its signing key.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The kinds of tokens it issues.
    pub fn kinds() -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|kind| !kind.needs_nobody() && *kind != Kind::Tampered)
    }

    /// Issue a token (RFC 9068), right or wrong.
    ///
    /// # Errors
    /// For kinds that are no token of an authorization server, and for bound ones where the grant names no key.
    pub fn issue(&self, kind: Kind, grant: &Grant) -> Result<String, AuthorityError> {
        let now = now();
        let mut claims = json!({
            "iss": self.issuer,
            "sub": grant.subject.as_deref().unwrap_or(if kind.is_of_workload() { WORKLOAD } else { USERS[0] }),
            "aud": audience(&grant.resource),
            "client_id": grant.client,
            "scope": grant.scope,
            "iat": now,
            "exp": now + grant.lifetime,
            "jti": random_name()?,
        });
        let mut set = |name: &str, value: Value| {
            if let Some(claims) = claims.as_object_mut() {
                claims.insert(name.to_owned(), value);
            }
        };
        if let Some(key) = &grant.key {
            set("cnf", json!({ "jkt": key }));
        }
        match kind {
            Kind::Valid
            | Kind::Wider
            | Kind::Bound
            | Kind::Workload
            | Kind::WorkloadOtherKey
            | Kind::OtherKey
            | Kind::Unsigned => {}
            Kind::OtherUser => set("sub", json!(USERS[1])),
            Kind::TooLittleScope => set("scope", json!(UNRELATED_SCOPE)),
            Kind::Expired => {
                set("iat", json!(now - 2 * LIFETIME));
                set("exp", json!(now - LIFETIME));
            }
            Kind::NotYetValid => {
                set("nbf", json!(now + LIFETIME));
                set("exp", json!(now + 2 * LIFETIME));
            }
            Kind::OtherAudience | Kind::BoundOtherAudience | Kind::WorkloadOtherAudience => {
                set("aud", json!(OTHER_RESOURCE));
            }
            Kind::NoAudience => {
                if let Some(claims) = claims.as_object_mut() {
                    claims.shift_remove("aud");
                }
            }
            Kind::OtherIssuer => set("iss", json!(OTHER_ISSUER)),
            Kind::None | Kind::Garbage | Kind::Tampered => return Err(AuthorityError::Kind(kind)),
        }
        if kind.is_bound() && grant.key.is_none() {
            return Err(AuthorityError::Unbound);
        }
        Ok(match kind {
            Kind::OtherIssuer => self.stranger.sign(&claims, &self.stranger.id)?,
            Kind::OtherKey | Kind::WorkloadOtherKey => self.stranger.sign(&claims, &self.key.id)?,
            Kind::Unsigned => {
                let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
                format!("{}.{}.", part(json!({ "alg": "none", "typ": "at+jwt" })), part(claims))
            }
            _ => self.key.sign(&claims, &self.key.id)?,
        })
    }
}

/// One audience as a text, several as a list.
fn audience(resources: &str) -> Value {
    match resources.split_once(' ') {
        None => json!(resources),
        Some(_) => json!(resources.split(' ').collect::<Vec<_>>()),
    }
}

/// The time in seconds since the beginning of 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A name that nobody can guess.
///
/// # Errors
/// When the system gives no random bytes.
pub fn random_name() -> Result<String, KeyError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::from("the system gives no random bytes".to_owned()))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
