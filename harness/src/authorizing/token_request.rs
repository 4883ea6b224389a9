//! Requests to token endpoints (OAuth 2.1, section 3.2).

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::Careless;
use super::browser::cut;
use super::client::Client;
use super::documents::object;
use super::identity::Identity;
use super::proofs::Proven;
use super::stop::{Stop, stop};
use crate::oauth::AuthMethod;
use crate::token::{SigningKey, now, random_name};
use crate::transport::fetch_by;

/// How often a request is made again because a server wants its nonce seen.
pub(super) const NONCE_RETRIES: usize = 2;
/// The same, by a client that never learns.
pub(super) const OBSTINATE: usize = 12;
/// How long an assertion is valid, in seconds.
const ASSERTION: u64 = 300;
/// A server that is not asked, as the audience of a wrong assertion.
const ELSEWHERE: &str = "https://other.example";
/// Type of a client assertion (RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The form of a request, in order.
pub(super) type Form = Vec<(&'static str, String)>;

/// An access token, and what came with it.
#[derive(Clone)]
pub(super) struct Tokens {
    pub access: String,
    /// Whether it is bound to the client's key (RFC 9449).
    pub bound: bool,
    pub refresh: Option<String>,
    pub expires: Option<Instant>,
    /// Who signed on (OpenID Connect Core, section 3.1.3.3).
    pub id_token: Option<String>,
    /// Type of what was issued in an exchange (RFC 8693, section 2.2.1).
    pub issued: Option<String>,
}

/// A token endpoint and the server it belongs to.
pub(super) struct Endpoint<'a> {
    pub url: Url,
    /// Identifier of the server: the audience of assertions.
    pub issuer: &'a str,
    /// Whether a bound token is wanted.
    pub bound: bool,
}

impl Client {
    /// Ask for tokens. `Err` says what the server answered instead.
    pub async fn request_tokens(
        &self,
        endpoint: &Endpoint<'_>,
        identity: Option<&Identity>,
        mut form: Form,
    ) -> Result<Tokens, Stop> {
        let how = &self.how;
        let mut headers = vec![
            ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("Accept".to_owned(), "application/json".to_owned()),
        ];
        let mut url = endpoint.url.clone();
        if let Some(identity) = identity {
            self.authenticate(identity, endpoint.issuer, &mut form, &mut headers)?;
            if let Some(secret) = identity.secret.as_ref().filter(|_| how.is(Careless::SecretInQuery)) {
                url.query_pairs_mut().append_pair("client_secret", secret);
            }
        }
        if how.is(Careless::AssertionInQuery) {
            let assertion = form.iter().find(|(name, _)| *name == "assertion" || *name == "client_assertion");
            if let Some((name, assertion)) = assertion {
                url.query_pairs_mut().append_pair(name, assertion);
            }
        }
        let body = Serializer::new(String::new()).extend_pairs(&form).finish();
        let refreshes = form.iter().any(|(name, value)| *name == "grant_type" && value == "refresh_token");
        let most = if how.is(Careless::NonceEndless) { OBSTINATE } else { NONCE_RETRIES };
        let mut tries = 0;
        let came = loop {
            let mut headers = headers.clone();
            if endpoint.bound && !how.is(Careless::ProofLeftOut) {
                let proven = Proven { verb: "POST", url: &url, token: None, refreshes };
                headers.push(("DPoP".to_owned(), self.proofs.proof(how, &proven)?));
            }
            let came = if how.is(Careless::TokenRequestByGet) {
                let mut url = url.clone();
                url.query_pairs_mut().extend_pairs(&form);
                self.ask(&url, "GET", &headers, &[]).await?
            } else {
                self.ask(&url, "POST", &headers, body.as_bytes()).await?
            };
            let came = match came.head.header("location").map(Url::parse) {
                Some(Ok(there)) if how.is(Careless::TokenRedirectFollowed) && came.head.status == 307 => {
                    fetch_by(&self.reach, &there, "POST", &headers, body.as_bytes()).await.map_err(Stop)?
                }
                _ => came,
            };
            let has_nonce = self.proofs.note(how, &url, &came.head);
            let wanted = object(&came.body).is_some_and(|said| said.get("error") == Some(&json!("use_dpop_nonce")));
            tries += 1;
            if !(endpoint.bound && wanted && has_nonce) || tries > most || how.is(Careless::NonceIgnored) {
                break came;
            }
        };
        let said = object(&came.body).unwrap_or_default();
        if came.head.status != 200 {
            let error = said.get("error").map_or_else(|| "no error named".to_owned(), cut);
            return stop(format!("{} refused: HTTP status {}, {error}", endpoint.issuer, came.head.status));
        }
        self.read_tokens(&said, endpoint)
    }

    fn read_tokens(&self, said: &Value, endpoint: &Endpoint<'_>) -> Result<Tokens, Stop> {
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        let fits = |token: &&str| !token.is_empty() && token.chars().all(|c| c.is_ascii_graphic());
        let Some(access) = text("access_token").filter(fits) else {
            return stop(format!("{} issued no access token", endpoint.issuer));
        };
        let kind = text("token_type").unwrap_or_default().to_ascii_lowercase();
        let bound = match kind.as_str() {
            "dpop" if endpoint.bound => true,
            "bearer" => endpoint.bound && self.how.is(Careless::BearerTakenAsBound),
            // What an exchange gives is no access token (RFC 8693, section 2.2.1).
            "n_a" if text("issued_token_type").is_some() => false,
            _ => return stop(format!("{} issued a token of a type that the client does not know", endpoint.issuer)),
        };
        let lifetime = said.get("expires_in").and_then(Value::as_u64);
        Ok(Tokens {
            access: access.to_owned(),
            bound,
            refresh: text("refresh_token").map(str::to_owned),
            expires: lifetime.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds))),
            id_token: text("id_token").map(str::to_owned),
            issued: text("issued_token_type").map(str::to_owned),
        })
    }

    /// Say who asks, in the client's way.
    fn authenticate(
        &self,
        identity: &Identity,
        issuer: &str,
        form: &mut Form,
        headers: &mut Vec<(String, String)>,
    ) -> Result<(), Stop> {
        let secret = identity.secret.clone().unwrap_or_default();
        match identity.method {
            AuthMethod::None => form.push(("client_id", identity.id.clone())),
            AuthMethod::ClientSecretPost => {
                form.push(("client_id", identity.id.clone()));
                form.push(("client_secret", secret));
            }
            AuthMethod::ClientSecretBasic => {
                // Both encoded as in a form before they are joined (RFC 6749, section 2.3.1).
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = STANDARD.encode(format!("{}:{}", encoded(&identity.id), encoded(&secret)));
                headers.push(("Authorization".to_owned(), format!("Basic {pair}")));
            }
            AuthMethod::PrivateKeyJwt => {
                form.push(("client_id", identity.id.clone()));
                form.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
                form.push(("client_assertion", self.assertion(&identity.id, issuer)?));
                if self.how.is(Careless::SecretBesideAssertion) {
                    form.push(("client_secret", secret));
                }
            }
        }
        Ok(())
    }

    /// A client assertion (RFC 7523, section 3).
    pub fn assertion(&self, id: &str, issuer: &str) -> Result<String, Stop> {
        let how = &self.how;
        let algorithm = how.told("signing_algorithm").unwrap_or("ES256");
        if algorithm != "ES256" {
            return stop(format!("this client signs with ES256 only, not with {algorithm}"));
        }
        let key = SigningKey::from_pem(how.told("private_key_pem").unwrap_or_default())?;
        let key = if how.is(Careless::AssertionByOtherKey) { SigningKey::generate()? } else { key };
        let now = now();
        let expired = how.is(Careless::AssertionExpired);
        let claims = json!({
            "iss": id,
            "sub": if how.is(Careless::AssertionOfOtherSubject) { "mcp-assay-other" } else { id },
            "aud": if how.is(Careless::AssertionForOtherAudience) { ELSEWHERE } else { issuer },
            "iat": now,
            "exp": if expired { now - ASSERTION } else { now + ASSERTION },
            "jti": random_name()?,
        });
        Ok(key.sign_with(&json!({ "typ": "JWT", "alg": "ES256" }), &claims)?)
    }
}
