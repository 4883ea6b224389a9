//! Tokens that the client carries for the server: readable by nobody's leave, changeable by nobody.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::crypto::ring;
use rustls::crypto::tls13::{Hkdf, OkmBlock};
use serde_json::{Value, json};

/// Issues and opens tokens protected by HMAC-SHA256 (RFC 2104).
pub(super) struct Seal {
    key: [u8; 32],
    /// rustls reaches HMAC through TLS 1.3's key schedule; no further cryptography crate is needed.
    hmac: &'static dyn Hkdf,
}

impl Seal {
    /// A seal with this key, or with a fresh random one; fails when the system gives no random bytes.
    pub(super) fn new(key: Option<[u8; 32]>) -> io::Result<Self> {
        let suite = ring::cipher_suite::TLS13_AES_128_GCM_SHA256.tls13();
        let hmac =
            suite.ok_or_else(|| io::Error::other("the cryptography library offers no HMAC-SHA256"))?.hkdf_provider;
        Ok(Self { key: key.map_or_else(random, Ok)?, hmac })
    }

    /// Wraps `payload` for one `purpose`. The token expires after `life`, if given.
    pub(super) fn issue(&self, purpose: &str, payload: &Value, life: Option<Duration>) -> String {
        let until = life.map(|life| now().saturating_add(millis(life)));
        let body = URL_SAFE_NO_PAD.encode(json!({ "p": payload, "e": until }).to_string());
        let mac = URL_SAFE_NO_PAD.encode(self.mac(purpose, &body));
        format!("{body}.{mac}")
    }

    /// The payload of a token issued for the same purpose; `None` if it was changed, is foreign or has expired.
    pub(super) fn open(&self, purpose: &str, token: &str) -> Option<Value> {
        let (body, mac) = token.split_once('.')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        same(&mac, &self.mac(purpose, body)).then_some(())?;
        read(body, false)
    }

    /// The payload without any verification: what a careless server would do.
    pub(super) fn open_unverified(token: &str) -> Option<Value> {
        read(token.split_once('.').map_or(token, |(body, _)| body), true)
    }

    /// A digest of `text` under the key.
    pub(super) fn digest(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.mac("digest", text))
    }

    fn mac(&self, purpose: &str, body: &str) -> Vec<u8> {
        let message = format!("{purpose}\n{body}");
        self.hmac.hmac_sign(&OkmBlock::new(&self.key), message.as_bytes()).as_ref().to_vec()
    }
}

/// Random bytes from the system's generator.
pub(super) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| io::Error::other("the system gives no random bytes"))?;
    Ok(bytes)
}

fn read(body: &str, expired_too: bool) -> Option<Value> {
    let mut value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
    if let Some(until) = value.get("e").and_then(Value::as_u64)
        && until <= now()
        && !expired_too
    {
        return None;
    }
    value.get_mut("p").map(Value::take)
}

/// Compares in a time that does not depend on where the difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_token_opens_only_whole_and_for_its_purpose() {
        let seal = Seal::new(Some([7; 32])).unwrap();
        let token = seal.issue("cursor", &json!({ "after": "b" }), None);
        assert_eq!(seal.open("cursor", &token).unwrap(), json!({ "after": "b" }));
        assert_eq!(seal.open("state", &token), None);
        assert_eq!(seal.open("cursor", &format!("{token}-TAMPERED")), None);
        assert_eq!(Seal::new(Some([8; 32])).unwrap().open("cursor", &token), None);
        assert_eq!(Seal::open_unverified(&format!("{token}-TAMPERED")), Some(json!({ "after": "b" })));
    }

    #[test]
    fn an_expired_token_does_not_open() {
        let seal = Seal::new(None).unwrap();
        let body = URL_SAFE_NO_PAD.encode(json!({ "p": 1, "e": 1 }).to_string());
        let mac = URL_SAFE_NO_PAD.encode(seal.mac("state", &body));
        assert_eq!(seal.open("state", &format!("{body}.{mac}")), None);
    }

    #[test]
    fn two_seals_draw_different_keys() {
        assert_ne!(Seal::new(None).unwrap().key, Seal::new(None).unwrap().key);
    }
}
