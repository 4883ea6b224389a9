//! The registration endpoint (RFC 7591, section 3).

use serde_json::{Map, Value, json};

use super::AuthServer;
use super::answer::{Answer, Refusal, said};
use super::client::{Client, Redirects, is_redirect_uri};
use crate::oauth::{AuthMethod, GrantType};
use crate::token::{now, random_name};

/// Most redirect URIs of a client.
const MOST_REDIRECTS: usize = 100;

impl AuthServer {
    /// Register a client.
    pub(super) fn register(&self, body: &[u8]) -> Answer {
        self.registered(body).map_or_else(Refusal::answer, |client| said(201, &Value::Object(client)))
    }

    fn registered(&self, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
        let wrong = |why: String| Refusal::new("invalid_client_metadata", why);
        let Ok(Value::Object(mut metadata)) = serde_json::from_slice(body) else {
            return Err(wrong("the request has to be a JSON object".to_owned()));
        };
        let grants = self.grants(&metadata).map_err(wrong)?;
        let redirects = self.redirects(&metadata, grants.contains(&GrantType::AuthorizationCode))?;
        let jwks = metadata.get("jwks").filter(|keys| keys.get("keys").is_some_and(Value::is_array)).cloned();
        let method = self.method(&metadata, jwks.is_some()).map_err(wrong)?;
        let id = random_name().map_err(|_| Refusal::ours())?;
        let now = now();
        let mut client = Client {
            method,
            jwks,
            grants: grants.clone(),
            bound_only: metadata.get("dpop_bound_access_tokens") == Some(&json!(true)),
            ..Client::public(&id, Redirects::Listed(redirects.clone()))
        };
        // Only what the server made of the metadata is told, and nothing that came in its place.
        for name in ["client_secret", "client_secret_expires_at", "registration_access_token", "scope"] {
            metadata.shift_remove(name);
        }
        let mut say = |name: &str, value: Value| {
            metadata.insert(name.to_owned(), value);
        };
        say("client_id", json!(id));
        say("client_id_issued_at", json!(now));
        if method.is_secret() {
            let secret = self.secret("client secret").map_err(|_| Refusal::ours())?;
            let lifetime = self.settings.client_secret_lifetime;
            client.secret_end = (lifetime > 0).then(|| now + lifetime);
            say("client_secret", json!(secret));
            say("client_secret_expires_at", json!(client.secret_end.unwrap_or(0)));
            client.secret = Some(secret);
        }
        say("token_endpoint_auth_method", json!(method.name()));
        say("grant_types", grants.iter().map(|grant| grant.name()).collect());
        let response_types: &[&str] = if grants.contains(&GrantType::AuthorizationCode) { &["code"] } else { &[] };
        say("response_types", json!(response_types));
        if !redirects.is_empty() {
            say("redirect_uris", json!(redirects));
        }
        self.state().keep_client(client);
        Ok(metadata)
    }

    /// The grants that were asked for and are taken.
    fn grants(&self, metadata: &Map<String, Value>) -> Result<Vec<GrantType>, String> {
        let asked = match metadata.get("grant_types") {
            None => vec![GrantType::AuthorizationCode],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).filter_map(GrantType::of).collect(),
            Some(_) => return Err("`grant_types` has to be a list".to_owned()),
        };
        let mut taken: Vec<GrantType> = asked.into_iter().filter(|grant| self.settings.takes(*grant)).collect();
        if taken.is_empty() && self.settings.anyone {
            taken = self.settings.grant_types.clone();
        }
        if taken.is_empty() {
            return Err("none of the `grant_types` is taken here".to_owned());
        }
        Ok(taken)
    }

    fn redirects(&self, metadata: &Map<String, Value>, needed: bool) -> Result<Vec<String>, Refusal> {
        let wrong = |why: String| Err(Refusal::new("invalid_redirect_uri", why));
        let listed = match metadata.get("redirect_uris") {
            None => Vec::new(),
            Some(Value::Array(listed)) if listed.len() <= MOST_REDIRECTS && listed.iter().all(Value::is_string) => {
                listed.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(_) => return wrong("`redirect_uris` has to be a short list of URIs".to_owned()),
        };
        if listed.is_empty() && needed {
            return wrong("the authorization code grant needs a redirect URI".to_owned());
        }
        let unfit = listed.iter().find(|uri| !is_redirect_uri(uri));
        match unfit {
            Some(uri) => {
                wrong(format!("{uri} is neither https, nor http on loopback, nor of a scheme that an app could have"))
            }
            None => Ok(listed),
        }
    }

    /// The method asked for, or the first of the server's that the client can use (RFC 7591, section 3.2.1).
    fn method(&self, metadata: &Map<String, Value>, has_keys: bool) -> Result<AuthMethod, String> {
        let taken = &self.settings.auth_methods;
        let asked = metadata.get("token_endpoint_auth_method").and_then(Value::as_str);
        // RFC 7591, section 2: a secret in the header, where nothing is said.
        let asked = asked.map_or(Some(AuthMethod::ClientSecretBasic), AuthMethod::of);
        let can = |method: AuthMethod| method != AuthMethod::PrivateKeyJwt || has_keys;
        let fits = |method: &AuthMethod| taken.contains(method) && can(*method);
        asked.filter(fits).or_else(|| taken.iter().copied().find(|method| can(*method))).ok_or_else(|| {
            "the server takes only clients that sign assertions, and the client has no keys in `jwks`".to_owned()
        })
    }
}
