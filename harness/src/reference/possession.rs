//! Bound access tokens: whether whoever shows one has its key (DPoP, RFC 9449, section 7.1).

use hyper::HeaderMap;
use hyper::header::HeaderName;

use super::{Options, Protection, Switch};
use crate::oauth::Dpop;
use crate::token::{Identity, Jwt, Scheme, now, proof};

/// The error of a proof that lacks the newest nonce.
pub(super) const USE_NONCE: &str = "use_dpop_nonce";
/// The header that says it.
pub(super) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// The error of any other proof that does not hold.
const INVALID_PROOF: &str = "invalid_dpop_proof";
/// A claim that no standard knows.
const OWN_CLAIM: &str = "content_digest";

/// A token, and what came with it.
pub(super) struct Shown<'a> {
    pub identity: &'a Identity,
    pub scheme: Scheme,
    pub token: &'a str,
    pub verb: &'a str,
    pub headers: &'a HeaderMap,
}

impl Protection {
    /// That whoever shows a bound token has its key; else the error and why.
    pub(super) fn possessed(&self, options: &Options, shown: &Shown<'_>) -> Result<(), (&'static str, String)> {
        let unfit = |why: &str| Err(("invalid_token", why.to_owned()));
        let key = match (&shown.identity.confirmation.thumbprint, shown.scheme) {
            // Without DPoP nobody looks at what a token is bound to.
            (_, Scheme::Dpop) if self.dpop == Dpop::Off => return unfit("the scheme DPoP is not known here"),
            (_, Scheme::Bearer) if self.dpop == Dpop::Off => return Ok(()),
            (Some(_), Scheme::Bearer) if options.has(Switch::BoundAsBearer) => return Ok(()),
            (Some(_), Scheme::Bearer) => return unfit("the token is bound to a key: use the scheme DPoP"),
            (None, Scheme::Bearer) if self.dpop == Dpop::Offered => return Ok(()),
            (None, _) => return unfit("the token is bound to no key"),
            (Some(_), Scheme::Dpop) if options.has(Switch::ProofUnchecked) => return Ok(()),
            (Some(key), Scheme::Dpop) => key,
        };
        let wrong = |why: &str| Err((INVALID_PROOF, why.to_owned()));
        let mut proofs = shown.headers.get_all("dpop").iter().map(|field| field.to_str().unwrap_or_default());
        let (Some(text), None) = (proofs.next(), proofs.next()) else {
            return wrong("there has to be one proof");
        };
        let (says, now) = (Jwt::read(text).ok(), now());
        let issued = says.as_ref().and_then(|says| says.time("iat"));
        let time = if options.has(Switch::ProofTimeUnchecked) { issued.unwrap_or(now) } else { now };
        let read = match proof(text, shown.verb, &self.resource, Some(shown.token), time) {
            Ok(read) => read,
            Err(why) => return wrong(&why.to_string()),
        };
        if read.thumbprint != *key {
            return unfit("the proof is by another key than the token's");
        }
        if options.has(Switch::ProofNeedsOwnClaim) && says.is_none_or(|says| says.claim(OWN_CLAIM).is_empty()) {
            return wrong("it has no `content_digest`");
        }
        match &self.nonce {
            Some(nonce) if read.nonce.as_ref() != Some(nonce) => {
                Err((USE_NONCE, "the proof needs the nonce in the header DPoP-Nonce".to_owned()))
            }
            _ => Ok(()),
        }
    }
}
