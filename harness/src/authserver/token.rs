//! The token endpoint (OAuth 2.1, section 3.2).

use hyper::HeaderMap;
use serde_json::{Map, Value, json};

use super::AuthServer;
use super::answer::{Answer, Refusal, said};
use super::client::{Client, Redirects};
use super::form::Form;
use super::grants;
use super::state::Authorized;
use crate::oauth::{AuthMethod, AuthSwitch, GrantType};
use crate::token::{Grant, KIND_PARAMETER, Kind};

/// A request for a token, from a client that is known.
pub(super) struct Request<'a> {
    pub form: &'a Form,
    pub client: &'a Client,
    /// Thumbprint of the key that the client has proven to have.
    pub key: Option<String>,
}

impl AuthServer {
    /// Answer a request for a token.
    pub(super) async fn token(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        self.granted(headers, body).await.map_or_else(Refusal::answer, |token| said(200, &Value::Object(token)))
    }

    async fn granted(&self, headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
        let form = Form::read(body)?;
        let grant = form.need("grant_type")?;
        if self.settings.anyone {
            let key = self.possession(headers, &Client::public("", Redirects::Listed(Vec::new())))?;
            return grants::anyone(self, &form, key);
        }
        if grant == "password" && self.settings.has(AuthSwitch::PasswordGrant) {
            let authorized = Authorized { scope: self.scope(form.get("scope")), ..Authorized::default() };
            return self.access(authorized);
        }
        let grant = GrantType::of(grant).filter(|grant| self.settings.takes(*grant));
        let Some(grant) = grant else {
            return Err(Refusal::new("unsupported_grant_type", "the grant is none of those in the metadata"));
        };
        let client = self.asking(headers, &form, grant).await?;
        if !client.may(grant) {
            return Err(Refusal::new("unauthorized_client", "the client did not register for this grant"));
        }
        let key = self.possession(headers, &client)?;
        let request = Request { form: &form, client: &client, key };
        match grant {
            GrantType::AuthorizationCode => grants::code(self, &request),
            GrantType::RefreshToken => grants::refresh(self, &request),
            GrantType::ClientCredentials => grants::own(self, &request),
            GrantType::JwtBearer => grants::bearer(self, &request).await,
            GrantType::TokenExchange => grants::exchange(self, &request),
        }
    }

    /// Who asks. An assertion may speak for itself (RFC 7523, section 3.1).
    async fn asking(&self, headers: &HeaderMap, form: &Form, grant: GrantType) -> Result<Client, Refusal> {
        match self.authenticate(headers, form).await {
            Err(_) if grant == GrantType::JwtBearer && !shows_credentials(headers, form) => {
                let named = form.get("client_id").and_then(|id| self.client(id));
                match named.filter(|client| client.method != AuthMethod::None) {
                    Some(_) => self.authenticate(headers, form).await,
                    None => {
                        Ok(Client::public(form.get("client_id").unwrap_or_default(), Redirects::Listed(Vec::new())))
                    }
                }
            }
            Err(refused) if grant == GrantType::TokenExchange && !shows_credentials(headers, form) => {
                let careless = self.settings.has(AuthSwitch::ExchangeUnauthenticated);
                let named = form.get("client_id").filter(|_| careless).and_then(|id| self.client(id));
                named.ok_or(refused)
            }
            asking => asking,
        }
    }

    /// A token response (RFC 6749, section 5.1) with an access token.
    pub(super) fn access(&self, authorized: Authorized) -> Result<Map<String, Value>, Refusal> {
        let unbound = self.settings.has(AuthSwitch::TokenUnbound);
        let token_type = if authorized.key.is_some() { "DPoP" } else { "Bearer" };
        let grant = Grant {
            resource: authorized.resource,
            scope: authorized.scope.clone(),
            client: authorized.client,
            subject: authorized.subject,
            key: authorized.key.filter(|_| !unbound),
            lifetime: self.settings.access_token_lifetime,
        };
        let token = self.authority.issue(Kind::Valid, &grant).map_err(|_| Refusal::ours())?;
        self.told("access token", &token);
        let mut said = Map::new();
        said.insert("access_token".to_owned(), json!(token));
        said.insert("token_type".to_owned(), json!(token_type));
        said.insert("expires_in".to_owned(), json!(grant.lifetime));
        said.insert("scope".to_owned(), json!(authorized.scope));
        Ok(said)
    }
}

/// Whether a request has anything that would authenticate a client.
fn shows_credentials(headers: &HeaderMap, form: &Form) -> bool {
    headers.contains_key(hyper::header::AUTHORIZATION)
        || form.get("client_secret").is_some()
        || form.get("client_assertion").is_some()
}

/// The parameter that says which kind of token is wanted, for tests of servers.
pub(super) fn kind(form: &Form) -> Option<Kind> {
    form.get(KIND_PARAMETER).map_or(Some(Kind::Valid), Kind::of)
}
