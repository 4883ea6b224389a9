//! Proofs of possession at an MCP server: those that go with its bound tokens.

use serde_json::Value;

use super::actor::{Actor, Shown};
use super::signing::{DPOP_PROOF, sign};
use crate::action::{KeyName, Signed, TokenPlace};
use crate::token::{KeyError, Proven};
use crate::transcript::{Event, View, What};
use crate::transport::HttpTarget;

/// The header that a proof goes in.
const HEADER: &str = "DPoP";

impl Actor {
    /// The headers with the proof that goes with this token, if it is a bound one.
    pub(super) fn proofs(&self, shown: &Shown<'_>) -> Vec<(String, String)> {
        let Shown { target, outgoing, used, token } = *shown;
        let wanted = target.wallet.binds(used.kind) && used.place == TokenPlace::Header;
        // A step can leave them out, and then that is what is wrong.
        let left_out = outgoing.headers.keys().any(|name| name.eq_ignore_ascii_case(HEADER));
        let Some(token) = token.filter(|_| wanted && !left_out) else { return Vec::new() };
        let signed = outgoing.proof.clone().unwrap_or_default();
        let path = outgoing.path.clone().unwrap_or_else(|| target.request_target());
        let url = format!("{}://{}{path}", target.url.scheme(), target.authority());
        let url = url.split(['?', '#']).next().unwrap_or_default();
        match self.proof(target, &signed, outgoing.verb, url, token) {
            Ok(proof) => vec![(HEADER.to_owned(), proof); if signed.twice { 2 } else { 1 }],
            Err(problem) => {
                self.fail(problem.to_string());
                Vec::new()
            }
        }
    }

    fn proof(
        &self,
        target: &HttpTarget,
        signed: &Signed,
        verb: &str,
        url: &str,
        token: &str,
    ) -> Result<String, KeyError> {
        let recorder = self.recorder();
        let events = recorder.events();
        if let Some(of) = &signed.of {
            let sent = View::of(&events).stream(of).unwrap_or_default();
            let label = sent.pointer("/request/headers/dpop").and_then(Value::as_str).unwrap_or_default();
            return Ok(recorder.reveal(label));
        }
        let nonce = newest_nonce(&events);
        let claims = Proven { verb, url, token: Some(token), nonce }.claims()?;
        let [one, two] = target.wallet.keys()?;
        let key = if signed.key == KeyName::Two { two } else { one };
        sign(recorder, (key, &key.id), signed, claims, DPOP_PROOF)
    }
}

/// The nonce that came last (RFC 9449, section 8.2).
fn newest_nonce(events: &[Event]) -> Option<&str> {
    events.iter().rev().find_map(|event| match &event.what {
        What::Head { headers, .. } => {
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("dpop-nonce")).map(|(_, nonce)| nonce.as_str())
        }
        _ => None,
    })
}
