//! Keys that are read from text, and tokens signed with any header, right or wrong.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::{KeyError, SigningKey};

/// Begin and end of a private key in PEM (RFC 7468, section 10).
const PEM: [&str; 2] = ["-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"];

impl SigningKey {
    /// A private key on P-256 in PKCS#8, written as PEM.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let body = pem.split_once(PEM[0]).and_then(|(_, rest)| rest.split_once(PEM[1])).map(|(body, _)| body);
        let body = body.ok_or_else(|| KeyError::from("no private key in PKCS#8 as PEM".to_owned()))?;
        let packed: String = body.split_whitespace().collect();
        let document = STANDARD.decode(packed).map_err(|_| KeyError::from("the PEM is not in base64".to_owned()))?;
        Self::from_pkcs8(&document)
    }

    /// The members of the public key that make it up, and no others (RFC 7638, section 3.2).
    pub fn bare_jwk(&self) -> Value {
        let member = |name: &str| self.jwk().get(name).cloned().unwrap_or_default();
        json!({ "kty": member("kty"), "crv": member("crv"), "x": member("x"), "y": member("y") })
    }

    /// Sign claims with exactly this header (RFC 7515, section 3.1).
    ///
    /// # Errors
    /// When the library refuses, which it does not for a key that was read.
    pub fn sign_with(&self, header: &Value, claims: &Value) -> Result<String, KeyError> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, self.pkcs8(), &random)
            .map_err(|e| KeyError::from(e.to_string()))?;
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature =
            pair.sign(&random, signed.as_bytes()).map_err(|_| KeyError::from("nothing was signed".to_owned()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use jsonwebtoken::jwk::Jwk;
    use jsonwebtoken::{Algorithm, DecodingKey, Validation};

    use super::*;

    #[test]
    fn what_is_signed_verifies_under_the_bare_key() {
        let key = SigningKey::generate().unwrap();
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.bare_jwk() });
        let token = key.sign_with(&header, &json!({ "jti": "a" })).unwrap();
        let mut rules = Validation::new(Algorithm::ES256);
        rules.set_required_spec_claims::<&str>(&[]);
        rules.validate_exp = false;
        let read: Jwk = serde_json::from_value(key.bare_jwk()).unwrap();
        let read = jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_jwk(&read).unwrap(), &rules).unwrap();
        assert_eq!((read.claims, read.header.typ.unwrap()), (json!({ "jti": "a" }), "dpop+jwt".to_owned()));
    }

    #[test]
    fn a_key_is_read_from_pem() {
        let key = SigningKey::generate().unwrap();
        assert_eq!(SigningKey::from_pem(&key.pem()).unwrap().jwk(), key.jwk());
        let body = STANDARD.encode(key.pkcs8());
        for broken in ["", "-----BEGIN PRIVATE KEY-----\n%\n-----END PRIVATE KEY-----", &body] {
            assert!(SigningKey::from_pem(broken).is_err(), "{broken}");
        }
    }
}
