//! Where the tokens come from that a protected server is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::{TlsRoots, fetch};
use crate::token::{Authority, Grant, KIND_PARAMETER, KINDS_MEMBER, Kind};

/// Text that no authorization server issued.
const GARBAGE: &str = "mcp-assay-no-token-anyone-issued";
/// Who gives tokens.
#[derive(Clone, Debug)]
pub enum Source {
    /// Nobody.
    Nobody,
    /// The user gave one.
    Given(String),
    /// An authorization server in this process.
    Own(Arc<Authority>),
    /// An authorization server that gives them for client credentials (RFC 6749, section 4.4).
    Issuer(Box<ClientCredentials>),
}

/// How to ask an authorization server.
#[derive(Clone)]
pub struct ClientCredentials {
    /// Its token endpoint.
    pub token_endpoint: Url,
    /// Who asks.
    pub client_id: String,
    /// Its secret, sent in the body of the request.
    pub client_secret: Option<String>,
    /// Kinds of tokens that it issues.
    pub kinds: Vec<Kind>,
    /// Authorities for https.
    pub tls: TlsRoots,
}

impl std::fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientCredentials({} at {})", self.client_id, self.token_endpoint)
    }
}

/// The tokens for one server. Each is asked for once.
#[derive(Debug)]
pub struct Wallet {
    source: Source,
    /// The resource they are for.
    resource: String,
    /// Scopes that the server asks for at first.
    scope: String,
    held: Mutex<BTreeMap<(Kind, String), String>>,
}

impl Wallet {
    /// An empty wallet.
    pub fn new(source: Source, resource: &str, scope: &str) -> Self {
        Self { source, resource: resource.to_owned(), scope: scope.to_owned(), held: Mutex::default() }
    }

    /// The kinds it can give.
    pub fn kinds(&self) -> Vec<Kind> {
        let issued: Vec<Kind> = match &self.source {
            Source::Nobody => Vec::new(),
            Source::Given(_) => vec![Kind::Valid],
            Source::Own(_) => Authority::kinds().collect(),
            Source::Issuer(credentials) => credentials.kinds.clone(),
        };
        let has = |kind: Kind| match kind {
            Kind::None | Kind::Garbage => true,
            Kind::Tampered => issued.contains(&Kind::Valid),
            // Any authorization server can be asked for more.
            Kind::Wider => matches!(self.source, Source::Own(_) | Source::Issuer(_)),
            kind => issued.contains(&kind),
        };
        Kind::ALL.into_iter().filter(|kind| has(*kind)).collect()
    }

    /// A token, with these scopes besides the usual; none for the kind `none`.
    ///
    /// # Errors
    /// In words, when the authorization server gives none.
    pub async fn token(&self, kind: Kind, more: &str) -> Result<Option<String>, String> {
        match kind {
            Kind::None => return Ok(None),
            Kind::Garbage => return Ok(Some(GARBAGE.to_owned())),
            _ => {}
        }
        // Held over the request, so that no token is asked for twice.
        let mut held = self.held.lock().await;
        let key = (if kind == Kind::Tampered { Kind::Valid } else { kind }, more.to_owned());
        let token = match held.get(&key) {
            Some(token) => token.clone(),
            None => {
                let token = self.issue(key.0, more).await?;
                held.insert(key, token.clone());
                token
            }
        };
        Ok(Some(if kind == Kind::Tampered { tampered(&token) } else { token }))
    }

    async fn issue(&self, kind: Kind, more: &str) -> Result<String, String> {
        let scope = union(&self.scope, more);
        match &self.source {
            Source::Nobody => Err("there is no token for this server".to_owned()),
            Source::Given(token) => Ok(token.clone()),
            Source::Own(authority) => {
                let client = "mcp-assay".to_owned();
                let grant = Grant { resource: self.resource.clone(), scope, client, ..Grant::default() };
                authority.issue(kind, &grant).map_err(|e| e.to_string())
            }
            Source::Issuer(credentials) => credentials.ask(kind, &self.resource, &scope).await,
        }
    }
}

impl Source {
    /// The bearer token among the headers that the user gave, if there is one.
    pub fn of(headers: &[(String, String)]) -> Self {
        let field = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let token = field.and_then(|(_, value)| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        });
        token.map_or(Self::Nobody, Self::Given)
    }
}

impl ClientCredentials {
    /// Read the metadata of an issuer (RFC 8414, then OpenID Connect discovery) for its token endpoint.
    ///
    /// # Errors
    /// In words, when there is no usable document.
    pub async fn discover(
        issuer: &Url,
        client_id: &str,
        client_secret: Option<String>,
        tls: &TlsRoots,
    ) -> Result<Self, String> {
        let mut problems = Vec::new();
        let path = issuer.path().trim_end_matches('/');
        for place in [
            format!("/.well-known/oauth-authorization-server{path}"),
            format!("/.well-known/openid-configuration{path}"),
            format!("{path}/.well-known/openid-configuration"),
        ] {
            let mut url = issuer.clone();
            url.set_path(&place);
            match document(&url, tls).await {
                Ok(metadata) => {
                    let endpoint = metadata.get("token_endpoint").and_then(Value::as_str).unwrap_or_default();
                    let token_endpoint =
                        Url::parse(endpoint).map_err(|_| format!("{url} names no usable token_endpoint"))?;
                    if token_endpoint.host_str() != issuer.host_str() {
                        return Err(format!(
                            "{url} names a token endpoint on another host, to which no credentials are sent"
                        ));
                    }
                    let kinds = metadata.get(KINDS_MEMBER).and_then(Value::as_array);
                    let kinds = kinds.map_or_else(
                        || vec![Kind::Valid],
                        |kinds| kinds.iter().filter_map(Value::as_str).filter_map(Kind::of).collect(),
                    );
                    return Ok(Self {
                        token_endpoint,
                        client_id: client_id.to_owned(),
                        client_secret,
                        kinds,
                        tls: tls.clone(),
                    });
                }
                Err(problem) => problems.push(format!("{url}: {problem}")),
            }
        }
        Err(problems.join("; "))
    }

    fn form(&self, kind: Kind, resource: &str, scope: &str) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials").append_pair("client_id", &self.client_id);
        form.append_pair("resource", resource);
        if !scope.is_empty() {
            form.append_pair("scope", scope);
        }
        if let Some(secret) = &self.client_secret {
            form.append_pair("client_secret", secret);
        }
        if !matches!(kind, Kind::Valid | Kind::Wider) {
            form.append_pair(KIND_PARAMETER, kind.word());
        }
        form.finish()
    }

    async fn ask(&self, kind: Kind, resource: &str, scope: &str) -> Result<String, String> {
        let headers = [
            ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("Accept".to_owned(), "application/json".to_owned()),
        ];
        let failed = |why: String| format!("failed to get a token from {}: {why}", self.token_endpoint);
        let body = self.form(kind, resource, scope);
        let came = fetch(&self.token_endpoint, &self.tls, "POST", &headers, body.as_bytes()).await.map_err(failed)?;
        let said: Value = serde_json::from_slice(&came.body).unwrap_or_default();
        let token = said.get("access_token").and_then(Value::as_str).filter(|_| came.head.status == 200);
        let why = || {
            let error = said.get("error").and_then(Value::as_str).unwrap_or("no access token");
            failed(format!("HTTP status {}, {error}", came.head.status))
        };
        token.map(str::to_owned).ok_or_else(why)
    }
}

/// A JSON document.
///
/// # Errors
/// In words.
pub async fn document(url: &Url, tls: &TlsRoots) -> Result<Value, String> {
    let came = fetch(url, tls, "GET", &[("Accept".to_owned(), "application/json".to_owned())], &[]).await?;
    if came.head.status != 200 {
        return Err(format!("HTTP status {}", came.head.status));
    }
    let read: Value = serde_json::from_slice(&came.body).map_err(|e| format!("not JSON: {e}"))?;
    Some(read).filter(Value::is_object).ok_or_else(|| "not a JSON object".to_owned())
}

/// The token with a character in the middle of its last part changed; in the middle, because the last may carry padding.
fn tampered(token: &str) -> String {
    let last = token.rfind('.').map_or(0, |dot| dot + 1);
    let at = last + (token.len() - last) / 2;
    token
        .char_indices()
        .map(|(here, c)| match c {
            _ if here != at => c,
            'A' => 'B',
            _ => 'A',
        })
        .collect()
}

/// Scopes of both, each once, in order.
fn union(a: &str, b: &str) -> String {
    let mut all: Vec<&str> = Vec::new();
    for scope in a.split(' ').chain(b.split(' ')).filter(|scope| !scope.is_empty()) {
        if !all.contains(&scope) {
            all.push(scope);
        }
    }
    all.join(" ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::token::SigningKey;

    #[tokio::test]
    async fn a_wallet_gives_what_its_source_can_and_asks_once() {
        let given = Wallet::new(Source::Given("abc".to_owned()), "r", "");
        assert_eq!(given.kinds(), [Kind::None, Kind::Garbage, Kind::Tampered, Kind::Valid]);
        assert_eq!(given.token(Kind::Valid, "").await.unwrap().as_deref(), Some("abc"));
        assert_eq!(given.token(Kind::Tampered, "").await.unwrap().as_deref(), Some("aAc"));
        assert_eq!(given.token(Kind::None, "").await.unwrap(), None);
        let authority = Authority::new("http://127.0.0.1:1", SigningKey::generate().unwrap()).unwrap();
        let own = Wallet::new(Source::Own(Arc::new(authority)), "r", "a");
        assert_eq!(own.kinds(), Kind::ALL);
        let first = own.token(Kind::Valid, "").await.unwrap();
        assert_eq!(own.token(Kind::Valid, "").await.unwrap(), first);
        assert_ne!(own.token(Kind::Valid, "b").await.unwrap(), first);
        assert_ne!(own.token(Kind::Tampered, "").await.unwrap(), first);
    }

    #[test]
    fn scopes_are_joined() {
        assert_eq!(union("a b", "b c"), "a b c");
        assert_eq!(union("", "c"), "c");
    }
}
