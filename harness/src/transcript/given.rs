//! The secrets that an authorization server gives: codes in redirects, tokens and client secrets in documents.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::What;

/// Members and parameters that hold secrets, and what these are called.
const GIVEN: [(&str, &str); 7] = [
    ("code", "authorization code"),
    ("access_token", "access token"),
    ("refresh_token", "refresh token"),
    ("id_token", "ID token"),
    ("client_secret", "client secret"),
    ("registration_access_token", "registration access token"),
    ("user_code", "user code"),
];

/// The secrets in an event, by what they are.
pub(super) fn secrets(what: &What) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    match what {
        What::Head { headers, .. } => {
            let locations = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("location"));
            for (_, location) in locations {
                // In the query, or in the fragment (RFC 6749, section 4.2.2).
                for part in location.split(['?', '#']).skip(1) {
                    let pairs = url::form_urlencoded::parse(part.as_bytes());
                    found.extend(pairs.filter_map(|(name, value)| Some((kind(&name)?, value.into_owned()))));
                }
            }
        }
        What::Body { bytes, .. } | What::Received { bytes, .. } => {
            if let Ok(document) = serde_json::from_slice(&bytes.0) {
                search(&document, &mut found);
            }
        }
        _ => {}
    }
    found
}

fn kind(name: &str) -> Option<&'static str> {
    GIVEN.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

fn search(value: &Value, found: &mut Vec<(&'static str, String)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (kind(name), member) {
                    (Some(kind), Value::String(secret)) => found.push((kind, secret.clone())),
                    _ => search(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| search(item, found)),
        _ => {}
    }
}

/// What may be known of a secret: what it says, if it is a JSON Web Token.
pub(super) fn about(secret: &str) -> Value {
    let mut parts = secret.split('.');
    let mut part = || -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok() };
    match (part(), part()) {
        (Some(header @ Value::Object(_)), Some(claims @ Value::Object(_))) => {
            json!({ "header": header, "claims": claims })
        }
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_where_an_authorization_server_puts_them() {
        let head = What::Head {
            exchange: 1,
            status: 302,
            headers: vec![("Location".to_owned(), "http://c/cb?code=a%2Fb&state=s#access_token=t".to_owned())],
            anomalies: Vec::new(),
        };
        let found = secrets(&head);
        assert_eq!(found, [("authorization code", "a/b".to_owned()), ("access token", "t".to_owned())]);
        let body = json!({ "refresh_token": "r", "expires_in": 1, "more": [{ "client_secret": "s" }] }).to_string();
        let body = What::Body { exchange: 1, length: 0, bytes: body.into_bytes().into() };
        assert_eq!(secrets(&body), [("refresh token", "r".to_owned()), ("client secret", "s".to_owned())]);
        assert_eq!(about("opaque"), json!({}));
    }
}
