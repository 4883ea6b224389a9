//! The authorization endpoint (OAuth 2.1, section 4.1.1; RFC 7636, RFC 8707, RFC 9207). There is no user to ask: the
//! settings say what it would answer.

use url::Url;

use super::AuthServer;
use super::answer::{Answer, Refusal, page, redirect};
use super::client::Client;
use super::form::Form;
use super::state::{Authorized, Code};
use crate::oauth::{AuthSwitch, Consent, GrantType, is_verifier};
use crate::token::now;

impl AuthServer {
    /// Answer a request that a browser brought.
    pub(super) async fn authorize(&self, parameters: &[u8]) -> Answer {
        let form = match Form::read(parameters) {
            Ok(form) => form,
            Err(refusal) => return page(400, &refusal.description),
        };
        // No redirect until it is certain that the client is known and where it may be redirected to.
        let Some(id) = form.get("client_id") else { return page(400, "`client_id` is missing") };
        let client = match self.find_client(id).await {
            Ok(client) => client,
            Err(why) => return page(400, &why),
        };
        let to = match (form.get("redirect_uri"), client.only_redirect()) {
            (Some(uri), _) if client.redirects_to(uri) || self.settings.has(AuthSwitch::RedirectUnchecked) => uri,
            (Some(_), _) => return page(400, "the redirect URI is not registered for the client"),
            (None, Some(only)) => only,
            (None, None) => return page(400, "`redirect_uri` is missing"),
        };
        let Ok(mut location) = Url::parse(to) else { return page(400, "the redirect URI is no URI") };
        let outcome = self.code(&form, &client, to);
        {
            let mut query = location.query_pairs_mut();
            match &outcome {
                Ok(code) => query.append_pair("code", code),
                Err(refusal) => {
                    query.append_pair("error", refusal.error).append_pair("error_description", &refusal.description)
                }
            };
            if let Some(state) = form.get("state") {
                query.append_pair("state", state);
            }
            if self.settings.iss {
                query.append_pair("iss", self.issuer());
            }
        }
        redirect(location.as_str())
    }

    fn code(&self, form: &Form, client: &Client, redirect_uri: &str) -> Result<String, Refusal> {
        match form.need("response_type")? {
            "code" => {}
            _ => return Err(Refusal::new("unsupported_response_type", "only `code` is supported")),
        }
        if !self.settings.takes(GrantType::AuthorizationCode) || !client.may(GrantType::AuthorizationCode) {
            return Err(Refusal::new("unauthorized_client", "the client did not register for codes"));
        }
        if form.get("request").is_some() || form.get("request_uri").is_some() {
            return Err(Refusal::new("request_not_supported", "request objects are not supported"));
        }
        let challenge = match form.get("code_challenge") {
            None if self.settings.has(AuthSwitch::ChallengeOptional) => None,
            None => return Err(Refusal::invalid_request("`code_challenge` is missing")),
            Some(_) if form.get("code_challenge_method") != Some("S256") => {
                return Err(Refusal::invalid_request("`code_challenge_method` has to be `S256`"));
            }
            Some(challenge) if !is_verifier(challenge) => {
                return Err(Refusal::invalid_request("`code_challenge` is no hash"));
            }
            Some(challenge) => Some(challenge.to_owned()),
        };
        let resource = self.resource(form)?;
        if self.settings.consent == Consent::Denied {
            return Err(Refusal::new("access_denied", "the user said no"));
        }
        let text = self.secret("authorization code").map_err(|_| Refusal::ours())?;
        let mut state = self.state();
        let authorized = Authorized {
            client: client.id.clone(),
            scope: self.scope(form.get("scope")),
            resource,
            subject: None,
            key: form.get("dpop_jkt").map(str::to_owned),
            family: state.family(),
        };
        let code = Code {
            authorized,
            redirect_uri: redirect_uri.to_owned(),
            challenge,
            nonce: form.get("nonce").map(str::to_owned),
            end: now() + self.settings.code_lifetime,
            redeemed: false,
        };
        state.keep_code(text.clone(), code);
        Ok(text)
    }

    /// The scope that is granted where this one is asked for (RFC 6749, section 3.3).
    pub(super) fn scope(&self, asked: Option<&str>) -> String {
        match &self.settings.granted_scope {
            Some(granted) => granted.clone(),
            None => asked.unwrap_or(&self.settings.default_scope).to_owned(),
        }
    }

    /// The resources that are asked for, by spaces; without any, the one by default.
    pub(super) fn resource(&self, form: &Form) -> Result<String, Refusal> {
        let asked = form.all("resource");
        let absolute = |uri: &String| Url::parse(uri).is_ok_and(|url| url.fragment().is_none()) && !uri.contains(' ');
        if !asked.iter().all(absolute) {
            return Err(Refusal::new("invalid_target", "`resource` has to be an absolute URI without fragment"));
        }
        match asked {
            [] => self
                .default_resource()
                .ok_or_else(|| Refusal::new("invalid_target", "`resource` is missing, and there is none by default")),
            some => Ok(some.join(" ")),
        }
    }
}
