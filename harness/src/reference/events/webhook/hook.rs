//! A subscription by webhook.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::reference::Switch;
use crate::reference::core::Server;
use crate::reference::rpc::Object;
use crate::wire::webhook::{self, signature};

/// How long the secret before is signed with, too.
pub(super) const GRACE: Duration = Duration::from_secs(60);
/// How many bytes a secret has.
const SECRET: std::ops::RangeInclusive<usize> = 24..=64;
/// Digits of the identifier.
const DIGITS: usize = 16;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Hook {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) name: String,
    pub(super) arguments: Object,
    pub(super) secret: Vec<u8>,
    /// The one before, and until when it counts.
    pub(super) former: Option<(Vec<u8>, SystemTime)>,
    pub(super) expires: Option<SystemTime>,
    /// Positions of events that are neither acknowledged nor given up.
    pub(super) pending: BTreeSet<u64>,
    last_error: Option<String>,
}

impl Hook {
    pub(super) fn new(key: &str, url: String, name: String, arguments: Object, secret: Vec<u8>) -> Self {
        let (former, expires, pending, last_error) = (None, None, BTreeSet::new(), None);
        Self { id: identifier(key), url, name, arguments, secret, former, expires, pending, last_error }
    }

    pub(super) fn is_over(&self) -> bool {
        self.expires.is_some_and(|end| end <= SystemTime::now())
    }

    /// What came of an attempt.
    pub(super) fn noted(&mut self, error: Option<&'static str>) {
        self.last_error = error.map(str::to_owned);
    }

    pub(super) fn status(&self) -> Value {
        json!({ "active": true, "lastError": self.last_error })
    }

    /// What every message has.
    pub(super) fn headers(&self, server: &Server, id: &str, body: &str) -> Vec<(&'static str, String)> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = if server.has(Switch::WebhookTimeInMillis) { now.as_millis() } else { u128::from(now.as_secs()) };
        let former = self.former.as_ref().filter(|(_, end)| *end > SystemTime::now()).map(|(secret, _)| secret);
        let former = former.filter(|_| !server.has(Switch::WebhookSignsWithOne));
        let sign = |secret: &Vec<u8>| {
            let key = if server.has(Switch::WebhookSignsWithText) {
                STANDARD.encode(secret).into_bytes()
            } else {
                secret.clone()
            };
            signature(&key, id, &time.to_string(), body.as_bytes())
        };
        let signatures: Vec<String> = [Some(&self.secret), former].into_iter().flatten().map(sign).collect();
        let kind = if server.has(Switch::WebhookAsText) { "text/plain" } else { "application/json" };
        let mut headers = vec![
            ("content-type", kind.to_owned()),
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", time.to_string()),
            ("webhook-signature", signatures.join(" ")),
        ];
        if !server.has(Switch::WebhookNameless) {
            headers.push(("x-mcp-subscription-id", self.id.clone()));
        }
        headers
    }
}

/// The bytes of a secret; nothing where it is none.
pub(super) fn secret(text: &str) -> Option<Vec<u8>> {
    webhook::secret(text).filter(|bytes| SECRET.contains(&bytes.len()))
}

/// The same text for the same JSON, however its members are ordered.
pub(super) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<String> =
                members.iter().map(|(name, value)| format!("{}:{}", json!(name), canonical(value))).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        value => value.to_string(),
    }
}

fn identifier(key: &str) -> String {
    let digest = digest::digest(&digest::SHA256, key.as_bytes());
    let digits: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).take(DIGITS / 2).collect();
    format!("sub_{digits}")
}
