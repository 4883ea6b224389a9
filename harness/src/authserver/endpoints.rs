//! What the endpoints say.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::token::{Authority, Grant, KIND_PARAMETER, KINDS_MEMBER, Kind, LIFETIME, random_name};

/// A JSON response.
#[derive(Debug, PartialEq)]
pub(super) struct Said {
    pub status: u16,
    pub body: Value,
}

impl Said {
    /// An error of OAuth (RFC 6749, section 5.2).
    pub fn refusal(status: u16, error: &str) -> Self {
        Self { status, body: json!({ "error": error }) }
    }
}

/// Authorization server metadata (RFC 8414, section 2).
pub(super) fn metadata(authority: &Authority) -> Said {
    let issuer = authority.issuer();
    let at = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
    let kinds: Vec<&str> = Authority::kinds().map(Kind::word).collect();
    let body = json!({
        "issuer": issuer,
        "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"),
        "registration_endpoint": at("/register"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        KINDS_MEMBER: kinds,
    });
    Said { status: 200, body }
}

/// The published keys.
pub(super) fn keys(authority: &Authority) -> Said {
    Said { status: 200, body: authority.jwks() }
}

/// The registration endpoint (RFC 7591, section 3): a name for everyone who asks for one.
pub(super) fn register(body: &[u8]) -> Said {
    let Ok(Value::Object(mut client)) = serde_json::from_slice(body) else {
        return Said::refusal(400, "invalid_client_metadata");
    };
    let Ok(name) = random_name() else { return Said::refusal(500, "server_error") };
    client.insert("client_id".to_owned(), name.into());
    client.insert("token_endpoint_auth_method".to_owned(), "none".into());
    client.insert("grant_types".to_owned(), json!(["client_credentials"]));
    Said { status: 201, body: Value::Object(client) }
}

/// The token endpoint.
pub(super) fn token(authority: &Authority, form: &[u8]) -> Said {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(form) {
        // RFC 6749, section 3.2: no parameter comes twice.
        if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
            return Said::refusal(400, "invalid_request");
        }
    }
    let get = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
    match get("grant_type") {
        "client_credentials" => {}
        "" => return Said::refusal(400, "invalid_request"),
        _ => return Said::refusal(400, "unsupported_grant_type"),
    }
    if get("client_id").is_empty() {
        return Said::refusal(401, "invalid_client");
    }
    if get("resource").is_empty() {
        return Said::refusal(400, "invalid_target");
    }
    let kind = match get(KIND_PARAMETER) {
        "" => Some(Kind::Valid),
        word => Kind::of(word),
    };
    let grant = Grant {
        resource: get("resource").to_owned(),
        scope: get("scope").to_owned(),
        client: get("client_id").to_owned(),
    };
    match kind.map(|kind| authority.issue(kind, &grant)) {
        Some(Ok(token)) => {
            let body = json!({
                "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": grant.scope,
            });
            Said { status: 200, body }
        }
        _ => Said::refusal(400, "invalid_request"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::token::{Expected, SigningKey, validate};

    fn authority() -> Authority {
        Authority::new("http://127.0.0.1:1", SigningKey::generate().unwrap()).unwrap()
    }

    #[test]
    fn tokens_are_given_for_a_resource_and_refused_by_the_rules_of_oauth() {
        let authority = authority();
        let good = token(&authority, b"grant_type=client_credentials&client_id=c&resource=http%3A%2F%2Fr&scope=a+b");
        assert_eq!(good.status, 200);
        let expected =
            Expected { issuer: authority.issuer().to_owned(), audience: Some("http://r".to_owned()), lifetime: true };
        let read = validate(good.body["access_token"].as_str().unwrap(), &authority.jwks(), &expected).unwrap();
        assert_eq!(read.scope, "a b");
        for (form, status, error) in [
            ("", 400, "invalid_request"),
            ("grant_type=password&client_id=c&resource=r", 400, "unsupported_grant_type"),
            ("grant_type=client_credentials&resource=r", 401, "invalid_client"),
            ("grant_type=client_credentials&client_id=c", 400, "invalid_target"),
            ("grant_type=client_credentials&client_id=c&resource=r&resource=s", 400, "invalid_request"),
            ("grant_type=client_credentials&client_id=c&resource=r&mcp_assay_token_kind=x", 400, "invalid_request"),
        ] {
            assert_eq!(token(&authority, form.as_bytes()), Said::refusal(status, error), "{form}");
        }
    }

    #[test]
    fn every_client_gets_a_name_of_its_own() {
        let name = || register(br#"{"client_name":"a"}"#).body["client_id"].clone();
        assert!(name().is_string() && name() != name());
        assert_eq!(register(b"[]").status, 400);
    }

    #[test]
    fn every_kind_in_the_metadata_is_given() {
        let authority = authority();
        for kind in metadata(&authority).body[KINDS_MEMBER].as_array().unwrap() {
            let form = format!(
                "grant_type=client_credentials&client_id=c&resource=r&{KIND_PARAMETER}={}",
                kind.as_str().unwrap()
            );
            assert_eq!(token(&authority, form.as_bytes()).status, 200, "{kind}");
        }
    }
}
