//! Proofs of possession at the token endpoint (DPoP, RFC 9449, sections 5 and 8).

use hyper::HeaderMap;

use super::AuthServer;
use super::answer::Refusal;
use super::client::Client;
use crate::oauth::{AuthSwitch, Dpop};
use crate::token::{Jwt, now, proof, thumbprint};

impl AuthServer {
    /// Thumbprint of the key that the client proves to have; none where it does not try, and need not.
    pub(super) fn possession(&self, headers: &HeaderMap, client: &Client) -> Result<Option<String>, Refusal> {
        let wrong = |why: &str| Refusal::new("invalid_dpop_proof", why);
        if self.settings.dpop == Dpop::Off {
            return Ok(None);
        }
        let mut fields = headers.get_all("dpop").iter();
        let text = match (fields.next().map(|field| field.to_str()), fields.next()) {
            (None, _) => {
                let bound = client.bound_only && !self.settings.has(AuthSwitch::BoundOnlyIgnored);
                return match self.settings.dpop {
                    Dpop::Required => Err(wrong("a proof is needed, in the header DPoP")),
                    _ if bound => Err(wrong("the client registered for bound tokens, and its request has no proof")),
                    _ => Ok(None),
                };
            }
            (Some(Ok(text)), None) => text,
            _ => return Err(wrong("there has to be one proof")),
        };
        if self.settings.has(AuthSwitch::ProofUnchecked) {
            let read = Jwt::read(text).ok();
            return Ok(read.and_then(|jwt| thumbprint(jwt.header.get("jwk")?)));
        }
        let read = proof(text, "POST", &self.token_url(), None, now()).map_err(|e| wrong(&e.to_string()))?;
        if self.settings.dpop_nonce && read.nonce.as_deref() != Some(self.nonce.as_str()) {
            let refusal = Refusal::new("use_dpop_nonce", "the proof needs the nonce in the header DPoP-Nonce");
            return Err(Refusal { nonce: Some(self.nonce.clone()), ..refusal });
        }
        if !self.state().first(format!("proof {} {}", read.thumbprint, read.id)) {
            return Err(wrong("the proof was used before"));
        }
        Ok(Some(read.thumbprint))
    }
}
