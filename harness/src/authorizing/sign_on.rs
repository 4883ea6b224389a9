//! Signing on at the identity provider of an enterprise (OpenID Connect Core, section 3.1), for its ID token.

use super::Careless;
use super::browser::Asked;
use super::client::Client;
use super::identity::Identity;
use super::issuer::Issuer;
use super::stop::{Stop, stop};
use super::token_request::{Endpoint, Form};
use crate::oauth::GrantType;
use crate::token::{Jwt, random_name};

impl Client {
    /// Let the user sign on, and get the ID token. It comes from the provider itself, so that its signature need not be
    /// looked at (section 3.1.3.7).
    pub async fn sign_on(&self, provider: &Issuer, identity: &Identity) -> Result<String, Stop> {
        let nonce = random_name()?;
        let asked = Asked { issuer: provider, resource: None, scope: "openid".to_owned(), nonce: Some(&nonce) };
        let code = self.send_user(&asked, identity).await?;
        let mut form: Form = vec![
            ("grant_type", GrantType::AuthorizationCode.name().to_owned()),
            ("code", code.code),
            ("redirect_uri", self.redirect.clone()),
        ];
        form.extend(code.verifier.map(|verifier| ("code_verifier", verifier)));
        let endpoint = Endpoint { url: provider.endpoint("token_endpoint")?, issuer: &provider.id, bound: false };
        let tokens = self.request_tokens(&endpoint, Some(identity), form).await?;
        if let Some(doubt) = code.doubt {
            return Err(doubt);
        }
        let Some(text) = tokens.id_token else { return stop(format!("{} issued no ID token", provider.id)) };
        let unfit = |why: &str| Stop(format!("the ID token of {} is of no use: {why}", provider.id));
        let read = Jwt::read(&text).map_err(|e| unfit(&e.to_string()))?;
        if read.claim("iss") != provider.id || !read.is_for(&[&identity.id]) {
            return Err(unfit("it was not issued there for this client"));
        }
        if read.claim("nonce") != nonce && !self.how.is(Careless::NonceOfSignOnUnchecked) {
            return Err(unfit("it answers another sign-on"));
        }
        Ok(text)
    }
}
