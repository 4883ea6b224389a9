//! The secrets of a case: each is replaced in the transcript, which keeps what checks may know of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use crate::scenario::CLIENT;
use crate::token::{Jwt, thumbprint};
use crate::transcript::{Recorder, What};

/// Parameters of forms and queries whose values are secrets.
const PARAMETERS: [&str; 10] = [
    "code",
    "code_verifier",
    "client_secret",
    "client_assertion",
    "assertion",
    "refresh_token",
    "access_token",
    "token",
    "subject_token",
    "actor_token",
];
/// Members of what a client is told that hold secrets, wherever they stand, by the end of their names.
const MEMBERS: [&str; 5] = ["secret", "_jwt", "_token", "key_pem", "password"];

/// Tells the recorder of secrets before they are recorded.
#[derive(Debug)]
pub(super) struct Ledger {
    recorder: Arc<Recorder>,
    seen: Mutex<BTreeMap<String, usize>>,
}

impl Ledger {
    pub fn new(recorder: Arc<Recorder>) -> Self {
        Self { recorder, seen: Mutex::default() }
    }

    /// A secret of that name.
    pub fn learn(&self, secret: &str, name: &str) {
        if secret.is_empty() || self.recorder.label(secret).is_some() {
            return;
        }
        self.recorder.keep_secret(secret, name);
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        self.recorder.keep_secret(&encoded, name);
        self.describe(secret, about(name, secret));
    }

    /// All secrets in what a client is told.
    pub fn learn_context(&self, told: &Map<String, Value>) {
        for (name, value) in told {
            match value {
                Value::String(secret) if MEMBERS.iter().any(|end| name.ends_with(end)) => self.learn(secret, name),
                Value::Object(inner) => self.learn_context(inner),
                _ => {}
            }
        }
    }

    /// The secrets in a request of the client's.
    pub fn learn_request(&self, target: &str, headers: &[(String, String)], body: &[u8]) {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let is_form = |value: &str| value.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
        let form = if fields(headers, "content-type").any(is_form) { body } else { &[] };
        for text in [query.as_bytes(), form] {
            for (name, value) in url::form_urlencoded::parse(text) {
                if PARAMETERS.contains(&name.as_ref()) {
                    self.learn_numbered(&value, &name.replace('_', " "));
                }
            }
        }
        let message: Value = serde_json::from_slice(body).unwrap_or_default();
        if let Some(secret) = message.pointer("/params/delivery/secret").and_then(Value::as_str) {
            self.learn_numbered(secret, "webhook secret");
        }
        for proof in fields(headers, "dpop") {
            self.learn_numbered(proof, "DPoP proof");
        }
        for field in fields(headers, "authorization") {
            match field.split_once(' ') {
                Some((scheme, value)) if scheme.eq_ignore_ascii_case("basic") => self.learn_basic(value.trim()),
                Some((_, value)) => self.learn_numbered(value.trim(), "unknown token"),
                None => self.learn_numbered(field, "unknown credentials"),
            }
        }
    }

    /// Basic credentials (RFC 7617), whose parts OAuth encodes as in a form (RFC 6749, section 2.3.1).
    fn learn_basic(&self, value: &str) {
        let decoded = STANDARD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let (user, password) = decoded.as_deref().and_then(|text| text.split_once(':')).unzip();
        let plain = |text: &str| {
            let mut pairs = url::form_urlencoded::parse(text.as_bytes());
            pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
        };
        let password = password.map(plain);
        if let Some(password) = &password {
            self.learn_numbered(password, "client secret");
        }
        if self.recorder.label(value).is_none() {
            let number = self.number("basic credentials");
            self.recorder.keep_secret(value, &format!("basic credentials {number}"));
            let label = password.and_then(|password| self.recorder.label(&password));
            self.describe(value, json!({ "user": user.map(plain), "password": label }));
        }
    }

    fn learn_numbered(&self, secret: &str, kind: &str) {
        if self.recorder.label(secret).is_none() {
            let number = self.number(kind);
            self.learn(secret, &format!("{kind} {number}"));
        }
    }

    fn number(&self, kind: &str) -> usize {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let number = seen.entry(kind.to_owned()).or_default();
        *number += 1;
        *number
    }

    fn describe(&self, secret: &str, about: Value) {
        if let Some(label) = self.recorder.label(secret) {
            self.recorder.append(CLIENT, None, What::Secret { label, about });
        }
    }
}

/// The values of a header.
fn fields<'h>(headers: &'h [(String, String)], name: &'h str) -> impl Iterator<Item = &'h str> {
    headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// What may be known of a secret: nothing from which it could be found.
fn about(name: &str, secret: &str) -> Value {
    let s256 = URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()));
    if name.starts_with("code verifier") {
        let unreserved = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        return json!({ "s256": s256, "length": secret.chars().count(), "unreserved": unreserved });
    }
    let mut parts = secret.split('.');
    let mut part = || -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok() };
    match (part(), part()) {
        (Some(header @ Value::Object(_)), Some(claims @ Value::Object(_))) => {
            let key = header.get("jwk");
            // Only what carries its own key can be checked by anyone.
            let signed = key.map(|key| Jwt::verified_by(secret, key).is_ok());
            let thumbprint = key.and_then(thumbprint);
            json!({ "header": header, "claims": claims, "s256": s256, "signed": signed, "thumbprint": thumbprint })
        }
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn known(ledger: &Ledger) -> BTreeMap<String, Value> {
        let events = ledger.recorder.events().into_iter();
        events
            .filter_map(|event| match event.what {
                What::Secret { label, about } => Some((label, about)),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn every_secret_of_a_request_is_known_before_it_is_recorded() {
        let ledger = Ledger::new(Arc::new(Recorder::unkept()));
        ledger.learn("a-code-of-ours", "authorization code 1");
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let headers = [
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("authorization".to_owned(), format!("Basic {}", STANDARD.encode("me:se%2Bcret-word"))),
        ];
        let body = format!("code=a-code-of-ours&code_verifier={verifier}&resource=r");
        ledger.learn_request("/token?access_token=in-the-query", &headers, body.as_bytes());
        let known = known(&ledger);
        assert_eq!(
            known["[redacted: code verifier 1]"],
            json!({ "s256": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "length": 43, "unreserved": true }),
            "the example of RFC 7636, appendix B"
        );
        assert_eq!(
            known["[redacted: basic credentials 1]"],
            json!({ "user": "me", "password": "[redacted: client secret 1]" })
        );
        assert_eq!(ledger.recorder.label("se+cret-word").unwrap(), "[redacted: client secret 1]");
        assert_eq!(ledger.recorder.label("se%2Bcret-word").unwrap(), "[redacted: client secret 1]");
        assert!(known.contains_key("[redacted: access token 1]"));
        assert!(known.contains_key("[redacted: authorization code 1]") && known.len() == 5, "{known:?}");
    }

    #[test]
    fn the_secret_of_a_webhook_is_one() {
        let ledger = Ledger::new(Arc::new(Recorder::unkept()));
        let body = json!({ "method": "events/subscribe", "params": { "delivery": { "secret": "whsec_AAEC" } } });
        ledger.learn_request("/mcp", &[], body.to_string().as_bytes());
        assert_eq!(ledger.recorder.label("whsec_AAEC").unwrap(), "[redacted: webhook secret 1]");
    }

    #[test]
    fn what_is_known_of_a_token_is_what_it_says() {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("{}.{}.c2ln", part(json!({ "alg": "ES256" })), part(json!({ "iss": "i" })));
        let told = json!({ "idp": { "valid_jwt": token }, "client_id": "not-a-secret" });
        let ledger = Ledger::new(Arc::new(Recorder::unkept()));
        ledger.learn_context(told.as_object().unwrap());
        let known = known(&ledger);
        assert_eq!(known.len(), 1);
        assert_eq!(known["[redacted: valid_jwt]"]["claims"], json!({ "iss": "i" }));
    }
}
