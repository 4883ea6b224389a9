//! Signatures of what is posted to webhooks, as in Standard Webhooks: HMAC-SHA256 over id, time and body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;

/// How a secret begins; the base64 of its bytes follows.
const PREFIX: &str = "whsec_";
/// How a signature of this kind begins.
const VERSION: &str = "v1,";

/// The bytes of a secret; nothing where it is none.
#[must_use]
pub fn secret(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text.strip_prefix(PREFIX)?).ok()
}

/// The signature of what is posted under `id` at `time`, in seconds since 1970.
#[must_use]
pub fn signature(secret: &[u8], id: &str, time: &str, body: &[u8]) -> String {
    format!("{VERSION}{}", BASE64_STANDARD.encode(hmac::sign(&key(secret), &signed(id, time, body))))
}

/// Whether one of these signatures, which stand between spaces, is right.
#[must_use]
pub fn is_signed(signatures: &str, secret: &[u8], id: &str, time: &str, body: &[u8]) -> bool {
    let tags = signatures.split(' ').filter_map(|one| BASE64_STANDARD.decode(one.strip_prefix(VERSION)?).ok());
    let (key, signed) = (key(secret), signed(id, time, body));
    tags.into_iter().any(|tag| hmac::verify(&key, &signed, &tag).is_ok())
}

fn key(secret: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

fn signed(id: &str, time: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", time.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_is_signed_is_taken_and_nothing_else() {
        let key = secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX").unwrap();
        let right = signature(&key, "one", "1", b"{}");
        assert!(is_signed(&format!("v1,AAAA {right}"), &key, "one", "1", b"{}"));
        for (id, time, body) in [("two", "1", "{}"), ("one", "2", "{}"), ("one", "1", "{ }")] {
            assert!(!is_signed(&right, &key, id, time, body.as_bytes()));
        }
        assert_eq!(secret("AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"), None);
    }
}
