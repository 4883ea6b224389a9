//! Texts that must not get into a transcript, wherever a peer may repeat them.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

use super::{Payload, What};
use crate::otlp::Span;

/// Shorter texts are no secrets, and would be found everywhere.
const SHORTEST: usize = 8;

/// Secrets and what stands in their place.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    known: Vec<(String, String)>,
    /// What each label stands for: the first secret of that name.
    labels: BTreeMap<String, String>,
    /// How many there are of each kind that an authorization server gave; none where nobody looks for them.
    given: Option<BTreeMap<&'static str, usize>>,
}

impl Secrets {
    /// One more, which is replaced by the name in brackets.
    pub fn add(&mut self, secret: &str, name: &str) {
        if secret.len() >= SHORTEST && self.label(secret).is_none() {
            let label = format!("[redacted: {name}]");
            self.labels.entry(label.clone()).or_insert_with(|| secret.to_owned());
            self.known.push((secret.to_owned(), label));
            // The longest first, so that none is cut open by a shorter one inside it.
            self.known.sort_by_key(|(secret, _)| std::cmp::Reverse(secret.len()));
        }
    }

    /// The name of the next one of its kind: `access token 1` is the first.
    pub fn next_name(&self, what: &str) -> String {
        let before = format!("[redacted: {what} ");
        let known = self.labels.keys().filter(|label| label.starts_with(&before)).count();
        format!("{what} {}", known + 1)
    }

    /// What stands in place of a secret; none where it is not known as one.
    pub fn label(&self, secret: &str) -> Option<&str> {
        self.known.iter().find(|(known, _)| known == secret).map(|(_, label)| label.as_str())
    }

    /// The text with what its labels stand for.
    pub fn reveal(&self, text: &str) -> String {
        let mut revealed = text.to_owned();
        for (label, secret) in self.labels.iter().filter(|(label, _)| text.contains(label.as_str())) {
            revealed = revealed.replace(label, secret);
        }
        revealed
    }

    /// From now on look for secrets in what an authorization server says.
    pub fn look_for_given(&mut self) {
        self.given.get_or_insert_default();
    }

    /// Learn the secrets that an authorization server gives in this event; the labels of the new ones.
    pub fn learn(&mut self, what: &What) -> Vec<String> {
        let Some(mut given) = self.given.take() else { return Vec::new() };
        let mut labels = Vec::new();
        for (kind, secret) in super::given::secrets(what) {
            if secret.len() >= SHORTEST && self.label(&secret).is_none() {
                let number = given.entry(kind).or_default();
                *number += 1;
                let name = format!("{kind} {number}");
                self.add(&secret, &name);
                let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
                self.add(&encoded, &name);
                labels.push(format!("[redacted: {name}]"));
            }
        }
        self.given = Some(given);
        labels
    }

    /// The event without secrets.
    pub fn hide(&self, mut what: What) -> What {
        if self.known.is_empty() {
            return what;
        }
        match &mut what {
            What::Sent { bytes, http, .. } => {
                self.bytes(bytes);
                if let Some(http) = http {
                    self.text(&mut http.target);
                    http.headers.iter_mut().for_each(|(_, value)| self.text(value));
                }
            }
            What::Head { headers, .. } => headers.iter_mut().for_each(|(_, value)| self.text(value)),
            What::Received { bytes, .. } | What::Body { bytes, .. } | What::Stderr { bytes } => self.bytes(bytes),
            What::Sse { id, name, comment, .. } => {
                [id, name, comment].into_iter().flatten().for_each(|text| self.text(text));
            }
            What::Note { text } => self.text(text),
            What::Traced { spans, .. } => spans.iter_mut().for_each(|span| self.span(span)),
            What::Opened { target, .. } => self.text(target),
            _ => {}
        }
        what
    }

    fn span(&self, span: &mut Span) {
        self.text(&mut span.name);
        for attribute in &mut span.attributes {
            match &mut attribute.value {
                Value::String(text) => self.text(text),
                Value::Array(items) => items.iter_mut().for_each(|item| {
                    if let Value::String(text) = item {
                        self.text(text);
                    }
                }),
                _ => {}
            }
        }
    }

    fn text(&self, text: &mut String) {
        for (secret, instead) in &self.known {
            if text.contains(secret) {
                *text = text.replace(secret, instead);
            }
        }
    }

    fn bytes(&self, payload: &mut Payload) {
        for (secret, instead) in &self.known {
            if let Some(hidden) = replace(&payload.0, secret.as_bytes(), instead.as_bytes()) {
                payload.0 = hidden;
            }
        }
    }
}

/// The bytes with every occurrence replaced; none where there is none.
fn replace(bytes: &[u8], wanted: &[u8], instead: &[u8]) -> Option<Bytes> {
    let first = *wanted.first()?;
    let mut hidden = Vec::new();
    let (mut kept, mut at) = (0, 0);
    while let Some(step) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == first)) {
        at += step;
        if bytes.get(at..).is_some_and(|rest| rest.starts_with(wanted)) {
            hidden.extend_from_slice(bytes.get(kept..at).unwrap_or_default());
            hidden.extend_from_slice(instead);
            at += wanted.len();
            kept = at;
        } else {
            at += 1;
        }
    }
    (kept > 0).then(|| {
        hidden.extend_from_slice(bytes.get(kept..).unwrap_or_default());
        hidden.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_wherever_they_come() {
        let mut secrets = Secrets::default();
        secrets.add("secret-token", "valid");
        secrets.add("secret-token-longer", "other");
        secrets.add("short", "never");
        let body = b"{\"a\":\"secret-token\",\"b\":\"xsecret-token-longer\",\"c\":\"short secret\"}".to_vec();
        let hidden = secrets.hide(What::Received { exchange: None, bytes: body.into() });
        let What::Received { bytes, .. } = hidden else { unreachable!("the kind of event stays") };
        assert_eq!(bytes.text(), r#"{"a":"[redacted: valid]","b":"x[redacted: other]","c":"short secret"}"#);
        let head = What::Head {
            exchange: 1,
            status: 401,
            headers: vec![("a".to_owned(), "secret-token".to_owned())],
            anomalies: Vec::new(),
        };
        let What::Head { headers, .. } = secrets.hide(head) else { unreachable!("the kind of event stays") };
        assert_eq!(headers, [("a".to_owned(), "[redacted: valid]".to_owned())]);
    }
}
