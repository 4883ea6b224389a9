//! Signing keys.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::{crypto, thumbprint};

/// Type of an access token (RFC 9068, section 2.1).
const ACCESS_TOKEN: &str = "at+jwt";
/// Type of a proof of possession (RFC 9449, section 4.2).
pub const PROOF: &str = "dpop+jwt";
/// Characters in a line of a key as text.
const PEM_LINE: usize = 64;
/// Length of a coordinate of P-256, in bytes.
const COORDINATE: usize = 32;

/// Why there is no key, or no signature.
#[derive(Debug, thiserror::Error)]
#[error("failed to make or use a signing key: {0}")]
pub struct KeyError(String);

impl From<String> for KeyError {
    fn from(problem: String) -> Self {
        Self(problem)
    }
}

/// A private key on the curve P-256, for ES256 (RFC 7518).
#[derive(Clone)]
pub struct SigningKey {
    /// Name of the key: its thumbprint (RFC 7638).
    pub id: String,
    private: EncodingKey,
    public: Value,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

impl SigningKey {
    /// A fresh key.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| KeyError("the system gives no random bytes".to_owned()))?;
        Self::from_pkcs8(document.as_ref())
    }

    /// The key in a PKCS#8 document, as [`SigningKey::pkcs8`] gives it.
    ///
    /// # Errors
    /// When it is none on P-256.
    pub fn from_pkcs8(document: &[u8]) -> Result<Self, KeyError> {
        crypto::install();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document, &SystemRandom::new())
            .map_err(|e| KeyError(format!("no private key on P-256 in PKCS#8: {e}")))?;
        // An uncompressed point: 4, x, y (SEC 1, section 2.3.3).
        let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at_checked(COORDINATE).ok_or_else(|| KeyError("the public point is short".into()))?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let mut public = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        let id = thumbprint(&public).ok_or_else(|| KeyError("the key has no thumbprint".into()))?;
        for (name, value) in [("kid", id.as_str()), ("use", "sig"), ("alg", "ES256")] {
            public[name] = value.into();
        }
        Ok(Self { id, private: EncodingKey::from_ec_der(document), public })
    }

    /// The private key, to keep it for the next time.
    pub fn pkcs8(&self) -> &[u8] {
        self.private.as_bytes()
    }

    /// The public key as a JWK (RFC 7517).
    pub fn jwk(&self) -> &Value {
        &self.public
    }

    /// Sign claims as an access token that names `key_id` as its key.
    ///
    /// # Errors
    /// When the library refuses, which it does not for a key that was read.
    pub fn sign(&self, claims: &Value, key_id: &str) -> Result<String, KeyError> {
        self.sign_as(Some(ACCESS_TOKEN), claims, Some(key_id))
    }

    /// Sign claims as a token of the type `typ`; `key_id` names the key, where it is named.
    ///
    /// # Errors
    /// When the library refuses, which it does not for a key that was read.
    pub fn sign_as(&self, typ: Option<&str>, claims: &Value, key_id: Option<&str>) -> Result<String, KeyError> {
        let header =
            Header { typ: typ.map(str::to_owned), kid: key_id.map(str::to_owned), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, claims, &self.private).map_err(|e| KeyError(e.to_string()))
    }

    /// Sign claims as a proof of possession of this key (DPoP, RFC 9449, section 4.2).
    ///
    /// # Errors
    /// When the library refuses, which it does not for a key that was read.
    pub fn prove(&self, claims: &Value) -> Result<String, KeyError> {
        self.sign_with(&json!({ "typ": PROOF, "alg": "ES256", "jwk": self.bare_jwk() }), claims)
    }

    /// The private key as text (RFC 7468, section 10).
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(self.pkcs8());
        let lines: Vec<&str> =
            text.as_bytes().chunks(PEM_LINE).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
    }
}
