//! Tokens that the harness signs as a client, right or wrong: proofs of possession, assertions, grants.

use serde_json::{Map, Value, json};

use crate::action::{DEFAULT_ACTOR, Signed};
use crate::token::{KeyError, PROOF, SigningKey, now, tampered};
use crate::transcript::{Recorder, What};

/// What a proof of possession is called in transcripts.
pub(super) const DPOP_PROOF: &str = "DPoP proof";

/// Sign a token with this key; `name` is what it says of its key, and `what` what it is. `signed` says what is wrong with it, its
/// references replaced. No transcript tells it, but what it says.
pub(super) fn sign(
    recorder: &Recorder,
    (key, name): (&SigningKey, &str),
    signed: &Signed,
    mut claims: Map<String, Value>,
    what: &str,
) -> Result<String, KeyError> {
    for (name, value) in &signed.set {
        match timed(value) {
            Value::Null => drop(claims.shift_remove(name)),
            value => drop(claims.insert(name.clone(), value)),
        }
    }
    let claims = Value::Object(claims);
    let is_proof = what == DPOP_PROOF;
    let typ = signed.typ.as_deref().unwrap_or(if is_proof { PROOF } else { "JWT" });
    let mut header = json!({ "typ": typ, "alg": signed.alg.map_or("ES256", |alg| alg.name()) });
    if is_proof {
        let private = key.private_jwk().filter(|_| signed.private);
        header["jwk"] = private.unwrap_or_else(|| key.bare_jwk());
    } else {
        header["kid"] = name.into();
    }
    let good = key.sign_with(&header, &claims)?;
    let text = if signed.tampered { tampered(&good) } else { good };
    recorder.keep_numbered(&text, what);
    if let Some(label) = recorder.label(&text) {
        let about = json!({ "claims": claims, "thumbprint": key.id });
        recorder.append(DEFAULT_ACTOR, None, What::Secret { label, about });
    }
    Ok(text)
}

/// The time that `{ now: SECONDS }` stands for; anything else is itself.
fn timed(value: &Value) -> Value {
    let offset = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.get("now")?.as_i64());
    match offset {
        Some(offset) => json!(now().saturating_add_signed(offset)),
        None => value.clone(),
    }
}
