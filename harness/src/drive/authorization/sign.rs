//! Proofs of possession and assertions, right or wrong.

use serde_json::{Map, Value, json};

use super::super::run::{Run, Stop};
use super::super::signing::{self, DPOP_PROOF};
use crate::action::{KeyName, Signed};
use crate::token::{KeyError, Proven, now, random_name};

/// An issuer that nobody trusts, by RFC 2606.
const MADE_UP_ISSUER: &str = "https://issuer.example";
/// Whom its assertions are about.
const MADE_UP_SUBJECT: &str = "mcp-assay-workload";
/// Lifetime of an assertion, in seconds.
const LIFETIME: u64 = 60;

impl Run<'_> {
    /// A proof of possession for a request to the token endpoint.
    pub(super) fn proof(&self, signed: &Signed, url: &str) -> Result<String, Stop> {
        let nonce = self.party.nonce.as_deref();
        let claims = Proven { verb: "POST", url, token: None, nonce }.claims();
        self.sign(signed, claims.map_err(|e| Stop::Harness(e.to_string()))?, DPOP_PROOF)
    }

    /// An assertion by which a client authenticates (RFC 7523, section 3).
    pub(super) fn assertion(&self, signed: &Signed, client: &str) -> Result<String, Stop> {
        let issuer = self.spec.facts.pointer("/server/issuer").cloned().unwrap_or_default();
        let claims = Map::from_iter([
            ("iss".to_owned(), json!(client)),
            ("sub".to_owned(), json!(client)),
            ("aud".to_owned(), issuer),
            ("iat".to_owned(), json!(now())),
            ("exp".to_owned(), json!(now() + LIFETIME)),
            ("jti".to_owned(), json!(self.unguessable()?)),
        ]);
        self.sign(signed, claims, "client assertion")
    }

    /// An assertion of an issuer that the harness makes up, as a grant (RFC 7523, section 2.1).
    pub(super) fn grant(&self, signed: &Signed, url: &str) -> Result<String, Stop> {
        let trusted = self.target.access.issuer.as_ref();
        if signed.key == KeyName::Issuer && trusted.is_none() {
            return Err(Stop::Iut(
                "no issuer is known whose assertions it takes; give one with --assertion-issuer".into(),
            ));
        }
        let issuer = trusted.filter(|_| signed.issued).map_or(MADE_UP_ISSUER, |issuer| issuer.id.as_str());
        let played = self.target.access.played.as_ref();
        let subject = trusted.map(|issuer| issuer.subject.as_str()).or(played.map(|played| played.subject.as_str()));
        let claims = Map::from_iter([
            ("iss".to_owned(), json!(issuer)),
            ("sub".to_owned(), json!(subject.unwrap_or(MADE_UP_SUBJECT))),
            ("aud".to_owned(), json!(url)),
            ("iat".to_owned(), json!(now())),
            ("exp".to_owned(), json!(now() + LIFETIME)),
            ("jti".to_owned(), json!(self.unguessable()?)),
        ]);
        self.sign(signed, claims, "assertion")
    }

    fn sign(&self, signed: &Signed, claims: Map<String, Value>, what: &str) -> Result<String, Stop> {
        let harness = |e: KeyError| Stop::Harness(e.to_string());
        self.party.make_keys().map_err(harness)?;
        let issuer = self.target.access.issuer.as_ref();
        let key = self.party.key(signed.key).or_else(|| issuer.map(|issuer| &issuer.key));
        let key = key.ok_or_else(|| Stop::Harness("there is no such key".to_owned()))?;
        // A forged token bears the name of the key that it should be signed with.
        let name = issuer.filter(|_| signed.issued).map_or(&key.id, |issuer| &issuer.key.id);
        let signed = self.signed(signed)?;
        signing::sign(&self.stage.recorder, (key, name), &signed, claims, what).map_err(harness)
    }

    /// A name that nobody can guess.
    pub(super) fn unguessable(&self) -> Result<String, Stop> {
        random_name().map_err(|e| Stop::Harness(e.to_string()))
    }
}
