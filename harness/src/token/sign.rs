//! Keys that are read from text, and tokens with any header and signature, right or wrong.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::{KeyError, SigningKey};

/// What stands before the private key in a PKCS#8 document of a key on P-256: the version of `ECPrivateKey`, and the head of an
/// octet string (RFC 5915, section 3).
const BEFORE_PRIVATE: [u8; 5] = [2, 1, 1, 4, 32];
/// Length of that key, in bytes.
const PRIVATE: usize = 32;
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

    /// The same with the private key, which belongs into no JWK that anybody sees (RFC 7518, section 6.2.2); none where the document
    /// has it at no usual place.
    pub fn private_jwk(&self) -> Option<Value> {
        let document = self.pkcs8();
        let at = document.windows(BEFORE_PRIVATE.len()).position(|bytes| bytes == BEFORE_PRIVATE)?;
        let start = at + BEFORE_PRIVATE.len();
        let mut jwk = self.bare_jwk();
        jwk["d"] = URL_SAFE_NO_PAD.encode(document.get(start..start + PRIVATE)?).into();
        Some(jwk)
    }

    /// Sign claims with exactly this header (RFC 7515, section 3.1): by ES256 whatever it says, but not at all where `alg` is `none`,
    /// and with the public point as a shared secret where it is `HS256`.
    ///
    /// # Errors
    /// When the library refuses, which it does not for a key that was read.
    pub fn sign_with(&self, header: &Value, claims: &Value) -> Result<String, KeyError> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, self.pkcs8(), &random)
            .map_err(|e| KeyError::from(e.to_string()))?;
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let unsigned = |_| KeyError::from("nothing was signed".to_owned());
        let signature = match header.get("alg").and_then(Value::as_str) {
            Some("none") => Vec::new(),
            Some("HS256") => {
                let shared = hmac::Key::new(hmac::HMAC_SHA256, pair.public_key().as_ref());
                hmac::sign(&shared, signed.as_bytes()).as_ref().to_vec()
            }
            _ => pair.sign(&random, signed.as_bytes()).map_err(unsigned)?.as_ref().to_vec(),
        };
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The token with a character in the middle of its last part changed; in the middle, because the last may carry padding.
pub fn tampered(token: &str) -> String {
    let last = token.rfind('.').map_or(0, |dot| dot + 1);
    let at = last + (token.len() - last) / 2;
    token
        .char_indices()
        .map(|(here, c)| match c {
            _ if here != at => c,
            'A' => 'B',
            _ => 'A',
        })
        .collect()
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
    fn the_private_key_is_that_of_the_public_one() {
        let key = SigningKey::generate().unwrap();
        let jwk = key.private_jwk().unwrap();
        let d = URL_SAFE_NO_PAD.decode(jwk["d"].as_str().unwrap()).unwrap();
        let [x, y] = ["x", "y"].map(|name| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap());
        let point = [vec![4], x, y].concat();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &d,
            &point,
            &SystemRandom::new(),
        );
        assert!(pair.is_ok());
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
