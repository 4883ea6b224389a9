//! Proofs of possession (RFC 9449).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use url::Url;

use super::{Careless, ClientSettings};
use crate::oauth::s256;
use crate::token::{KeyError, SigningKey, now, random_name};
use crate::wire::http::ResponseHead;

/// How old the proofs of a client are whose clock is wrong, in seconds.
const OLD: u64 = 3600;
/// Under which nonces are kept that are used everywhere.
const ANYWHERE: &str = "";

/// The client's key for proofs, and the nonces that servers gave it.
pub(super) struct Proofs {
    key: SigningKey,
    /// A key to which no token was bound.
    other: SigningKey,
    nonces: Mutex<BTreeMap<String, String>>,
    last: Mutex<Option<String>>,
}

/// What a proof is for.
pub(super) struct Proven<'a> {
    pub verb: &'a str,
    pub url: &'a Url,
    /// The access token beside it.
    pub token: Option<&'a str>,
    /// Whether a refresh token is redeemed.
    pub refreshes: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proofs {
    pub fn new() -> Result<Self, KeyError> {
        let (key, other) = (SigningKey::generate()?, SigningKey::generate()?);
        Ok(Self { key, other, nonces: Mutex::default(), last: Mutex::default() })
    }

    /// Keep the nonce of a response; whether there was one.
    pub fn note(&self, how: &ClientSettings, url: &Url, head: &ResponseHead) -> bool {
        let Some(nonce) = head.header("dpop-nonce") else { return false };
        let mut nonces = lock(&self.nonces);
        let place = place(how, url);
        if !(how.is(Careless::NonceKept) && nonces.contains_key(&place)) {
            nonces.insert(place, nonce.to_owned());
        }
        true
    }

    /// A fresh proof.
    pub fn proof(&self, how: &ClientSettings, what: &Proven<'_>) -> Result<String, KeyError> {
        if how.is(Careless::ProofReused)
            && let Some(last) = &*lock(&self.last)
        {
            return Ok(last.clone());
        }
        let changed = (how.is(Careless::KeyChangedAtServer) && what.token.is_some())
            || (how.is(Careless::KeyChangedOnRefresh) && what.refreshes);
        let key = if changed { &self.other } else { &self.key };
        let mut url = what.url.clone();
        url.set_fragment(None);
        if !how.is(Careless::ProofWithQuery) {
            url.set_query(None);
        }
        let now = now();
        let mut claims = json!({
            "jti": random_name()?,
            "htm": if how.is(Careless::ProofForOtherMethod) { "PUT" } else { what.verb },
            "htu": url.as_str(),
            "iat": if how.is(Careless::ProofOld) { now - OLD } else { now },
        });
        let mut jwk = key.bare_jwk();
        if let (Some(claims), Some(jwk)) = (claims.as_object_mut(), jwk.as_object_mut()) {
            if let Some(token) = what.token.filter(|_| !how.is(Careless::ProofWithoutAth)) {
                claims.insert("ath".to_owned(), s256(token).into());
            }
            if let Some(nonce) = lock(&self.nonces).get(&place(how, what.url)) {
                claims.insert("nonce".to_owned(), nonce.as_str().into());
            }
            if how.is(Careless::ProofWithoutJti) {
                claims.shift_remove("jti");
            }
            if how.is(Careless::ProofWithPrivateKey) {
                jwk.insert("d".to_owned(), random_name()?.into());
            }
        }
        let typ = if how.is(Careless::ProofOfOtherType) { "JWT" } else { "dpop+jwt" };
        let alg = if how.is(Careless::ProofSymmetric) { "HS256" } else { "ES256" };
        let signer = if how.is(Careless::ProofByOtherKey) { &self.other } else { key };
        let header: Value = json!({ "typ": typ, "alg": alg, "jwk": jwk });
        let proof = signer.sign_with(&header, &claims)?;
        *lock(&self.last) = Some(proof.clone());
        Ok(proof)
    }
}

/// Whose nonce it is: each server's its own.
fn place(how: &ClientSettings, url: &Url) -> String {
    if how.is(Careless::NonceShared) { ANYWHERE.to_owned() } else { url.origin().ascii_serialization() }
}
