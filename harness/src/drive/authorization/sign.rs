//! Proofs of possession and assertions, right or wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::super::run::{Run, Stop};
use crate::action::{DEFAULT_ACTOR, KeyName, Signed};
use crate::token::{now, random_name};
use crate::transcript::What;

/// An issuer that nobody trusts, by RFC 2606.
const MADE_UP_ISSUER: &str = "https://issuer.example";
/// Whom its assertions are about.
const MADE_UP_SUBJECT: &str = "mcp-assay-workload";
/// Lifetime of an assertion, in seconds.
const LIFETIME: u64 = 60;

impl Run<'_> {
    /// A proof of possession for a request to the token endpoint (DPoP, RFC 9449, section 4.2).
    pub(super) fn proof(&mut self, signed: &Signed, url: &str) -> Result<String, Stop> {
        let mut claims = Map::from_iter([
            ("jti".to_owned(), json!(self.unguessable()?)),
            ("htm".to_owned(), json!("POST")),
            ("htu".to_owned(), json!(url)),
            ("iat".to_owned(), json!(now())),
        ]);
        if let Some(nonce) = &self.party.nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        self.sign(signed, claims, "DPoP proof")
    }

    /// An assertion by which a client authenticates (RFC 7523, section 3).
    pub(super) fn assertion(&mut self, signed: &Signed, client: &str) -> Result<String, Stop> {
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
    pub(super) fn grant(&mut self, signed: &Signed, url: &str) -> Result<String, Stop> {
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

    fn sign(&mut self, signed: &Signed, mut claims: Map<String, Value>, what: &'static str) -> Result<String, Stop> {
        for (name, value) in self.resolve_map(&signed.set)? {
            match timed(&value) {
                Value::Null => drop(claims.shift_remove(&name)),
                value => drop(claims.insert(name, value)),
            }
        }
        let claims = Value::Object(claims);
        let harness = |e: crate::token::KeyError| Stop::Harness(e.to_string());
        self.party.make_keys().map_err(harness)?;
        let issuer = self.target.access.issuer.as_ref();
        let key = self.party.key(signed.key).or_else(|| issuer.map(|issuer| &issuer.key));
        let key = key.ok_or_else(|| Stop::Harness("there is no such key".to_owned()))?;
        // A forged token bears the name of the key that it should be signed with.
        let name = issuer.filter(|_| signed.issued).map_or(&key.id, |issuer| &issuer.key.id).clone();
        let thumbprint = key.id.clone();
        let is_proof = what == "DPoP proof";
        let text = match (&signed.typ, is_proof) {
            _ if signed.unsigned => {
                let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
                let typ = signed.typ.as_deref().unwrap_or(if is_proof { "dpop+jwt" } else { "JWT" });
                let header = json!({ "alg": "none", "typ": typ, "jwk": is_proof.then(|| key.jwk()) });
                format!("{}.{}.", part(&header), part(&claims))
            }
            (None, true) => key.prove(&claims).map_err(harness)?,
            (Some(typ), true) => key.prove_as(typ, &claims).map_err(harness)?,
            (typ, false) => {
                key.sign_as(Some(typ.as_deref().unwrap_or("JWT")), &claims, Some(&name)).map_err(harness)?
            }
        };
        let number = self.party.number(what);
        self.stage.recorder.keep_secret(&text, &format!("{what} {number}"));
        if let Some(label) = self.stage.recorder.label(&text) {
            let about = json!({ "claims": claims, "thumbprint": thumbprint });
            self.stage.recorder.append(DEFAULT_ACTOR, None, What::Secret { label, about });
        }
        Ok(text)
    }

    /// A name that nobody can guess.
    pub(super) fn unguessable(&self) -> Result<String, Stop> {
        random_name().map_err(|e| Stop::Harness(e.to_string()))
    }
}

/// The time that `{ now: SECONDS }` stands for; anything else is itself.
fn timed(value: &Value) -> Value {
    let offset = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.get("now")?.as_i64());
    match offset {
        Some(offset) => json!(now().saturating_add_signed(offset)),
        None => value.clone(),
    }
}
