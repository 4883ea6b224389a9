//! Tokens for client credentials (RFC 6749, section 4.4), right or wrong.

use serde_json::Value;
use url::Url;

use super::{TlsRoots, fetch};
use crate::token::{KIND_PARAMETER, KINDS_MEMBER, KeyError, Kind, Proven, SigningKey};

/// The algorithm of our proofs (RFC 7518, section 3.1).
pub const PROOF_ALGORITHM: &str = "ES256";

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
                    let usual = || {
                        let bound = lists_algorithm(&metadata).then_some(Kind::Bound);
                        [Kind::Valid].into_iter().chain(bound).collect()
                    };
                    let kinds = kinds.map_or_else(usual, |kinds| {
                        kinds.iter().filter_map(Value::as_str).filter_map(Kind::of).collect()
                    });
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
        if !matches!(kind, Kind::Valid | Kind::Wider | Kind::Bound) {
            form.append_pair(KIND_PARAMETER, kind.word());
        }
        form.finish()
    }

    pub(super) async fn ask(&self, kind: Kind, resource: &str, scope: &str) -> Result<String, String> {
        let said = self.answer(self.form(kind, resource, scope), None).await?;
        said.token.ok_or_else(|| self.failed(said.problem))
    }

    /// A token that is bound to this key (RFC 9449, section 5); asked for once more with a nonce, where one is demanded (section 8).
    pub(super) async fn ask_bound(
        &self,
        kind: Kind,
        resource: &str,
        scope: &str,
        key: &SigningKey,
    ) -> Result<String, String> {
        let mut nonce = None;
        loop {
            let proof = self.proof(key, nonce.as_deref()).map_err(|e| e.to_string())?;
            let said = self.answer(self.form(kind, resource, scope), Some(proof)).await?;
            match (said.token, said.nonce) {
                (Some(token), _) if said.bound => return Ok(token),
                (Some(_), _) => {
                    return Err(self.failed("it is bound to no key: its `token_type` is not DPoP".to_owned()));
                }
                (None, given @ Some(_)) if nonce.is_none() => nonce = given,
                (None, _) => return Err(self.failed(said.problem)),
            }
        }
    }

    fn proof(&self, key: &SigningKey, nonce: Option<&str>) -> Result<String, KeyError> {
        let mut url = self.token_endpoint.clone();
        url.set_query(None);
        key.prove(&Value::Object(Proven { verb: "POST", url: url.as_str(), token: None, nonce }.claims()?))
    }

    fn failed(&self, why: String) -> String {
        format!("failed to get a token from {}: {why}", self.token_endpoint)
    }

    async fn answer(&self, form: String, proof: Option<String>) -> Result<Said, String> {
        let mut headers = vec![
            ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("Accept".to_owned(), "application/json".to_owned()),
        ];
        headers.extend(proof.map(|proof| ("DPoP".to_owned(), proof)));
        let came = fetch(&self.token_endpoint, &self.tls, "POST", &headers, form.as_bytes()).await;
        let came = came.map_err(|why| self.failed(why))?;
        let said: Value = serde_json::from_slice(&came.body).unwrap_or_default();
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        let nonce = came.head.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("dpop-nonce"));
        Ok(Said {
            token: text("access_token").filter(|_| came.head.status == 200).map(str::to_owned),
            bound: text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("dpop")),
            nonce: nonce.map(|(_, nonce)| nonce.clone()),
            problem: format!("HTTP status {}, {}", came.head.status, text("error").unwrap_or("no access token")),
        })
    }
}

/// What a token endpoint answered.
struct Said {
    token: Option<String>,
    /// The token is bound to the key of the proof.
    bound: bool,
    /// A nonce for further proofs.
    nonce: Option<String>,
    /// What came in place of a token.
    problem: String,
}

/// Whether metadata list the algorithm of our proofs.
pub(super) fn lists_algorithm(metadata: &Value) -> bool {
    let listed = metadata.get("dpop_signing_alg_values_supported").and_then(Value::as_array);
    listed.is_some_and(|listed| listed.iter().any(|name| name == PROOF_ALGORITHM))
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
