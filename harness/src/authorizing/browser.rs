//! The authorization request, and the browser of a user who consents to everything (OAuth 2.1, section 4.1).

use serde_json::Value;
use url::Url;

use super::Careless;
use super::client::Client;
use super::discovery::Found;
use super::documents::shown;
use super::identity::Identity;
use super::issuer::Issuer;
use super::response::{self, Expected};
use super::scopes::Scopes;
use super::stop::{Stop, stop};
use crate::oauth::s256;
use crate::revision::Revision;
use crate::token::random_name;

/// Most pages that the browser goes through.
const MAX_PAGES: usize = 8;
/// Most scopes that a careless client makes up.
const INVENTED: &str = "mcp-assay:everything";

/// An authorization code, and what goes with it.
pub(super) struct Code {
    pub code: String,
    /// The verifier of PKCE, where there was a challenge.
    pub verifier: Option<String>,
    /// Set when the answer was not looked at before the code is used: why it should not have been.
    pub doubt: Option<Stop>,
}

/// What is asked of an authorization endpoint.
pub(super) struct Asked<'a> {
    pub issuer: &'a Issuer,
    /// None where it is for nothing but to sign on.
    pub resource: Option<&'a str>,
    pub scope: String,
    /// That of the ID token (OpenID Connect Core, section 3.1.2.1).
    pub nonce: Option<&'a str>,
}

impl Client {
    /// Ask the user for leave to use the resource.
    pub async fn authorize(&self, found: &Found, identity: &Identity, scopes: &Scopes) -> Result<Code, Stop> {
        let scope = self.asked_scope(&found.issuer, found, scopes);
        let asked = Asked { issuer: &found.issuer, resource: Some(&found.resource), scope, nonce: None };
        self.send_user(&asked, identity).await
    }

    /// Send the user to the authorization endpoint and take the answer.
    pub async fn send_user(&self, asked: &Asked<'_>, identity: &Identity) -> Result<Code, Stop> {
        let how = &self.how;
        let issuer = asked.issuer;
        self.check_pkce(issuer)?;
        let verifier = if how.is(Careless::PkceLeftOut) { None } else { Some(self.verifier()?) };
        let state = random_name()?;
        let mut url = issuer.endpoint("authorization_endpoint")?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("response_type", "code").append_pair("client_id", &identity.id);
            query.append_pair("redirect_uri", &self.redirect).append_pair("state", &state);
            if let Some(resource) = asked.resource {
                query.append_pair("resource", resource);
            }
            if !asked.scope.is_empty() {
                query.append_pair("scope", &asked.scope);
            }
            if let Some(nonce) = asked.nonce {
                query.append_pair("nonce", nonce);
            }
            match &verifier {
                Some(verifier) if how.is(Careless::PkcePlain) => {
                    query.append_pair("code_challenge", verifier).append_pair("code_challenge_method", "plain");
                }
                Some(verifier) => {
                    query.append_pair("code_challenge", &s256(verifier)).append_pair("code_challenge_method", "S256");
                }
                None => {}
            }
        }
        let answer = self.browse(url).await?;
        // What was recorded before the browser was opened, unless the client reads the issuer only now.
        let late =
            if how.is(Careless::IssuerRecordedLate) { self.discover(&self.last_refusal()).await.ok() } else { None };
        let recorded = late.as_ref().map_or(issuer, |late| &late.issuer);
        let first = self.first_issuer.get_or_init(|| recorded.id.clone());
        let expected = Expected {
            state: &state,
            issuer: if how.is(Careless::IssuerRecordedOnce) { first } else { &recorded.id },
            iss_announced: recorded.says("authorization_response_iss_parameter_supported"),
        };
        if how.is(Careless::IssErrorBelieved)
            && let Some((_, page)) = answer.query_pairs().find(|(name, _)| name == "error_uri")
            && let Ok(page) = Url::parse(&page)
        {
            // Shown to the user, whoever it is of.
            let _ = self.ask(&page, "GET", &[], &[]).await;
        }
        let (code, doubt) = response::read(how, &answer, &expected)?;
        Ok(Code { code, verifier, doubt })
    }

    /// A server that does not say that it knows PKCE is not used (from 2025-11-25).
    fn check_pkce(&self, issuer: &Issuer) -> Result<(), Stop> {
        let needed = self.how.revision >= Revision::V2025_11_25 && !self.how.is(Careless::PkceUnchecked);
        if needed && !issuer.lists("code_challenge_methods_supported", "S256") {
            return stop(format!("{} does not say that it supports PKCE with S256", issuer.id));
        }
        Ok(())
    }

    fn verifier(&self) -> Result<String, Stop> {
        if self.how.is(Careless::VerifierShort) {
            return Ok(random_name()?);
        }
        let fresh = format!("{}{}", random_name()?, random_name()?);
        if !self.how.is(Careless::VerifierReused) {
            return Ok(fresh);
        }
        Ok(self.first_verifier.get_or_init(|| fresh).clone())
    }

    /// The scopes of the request: those that are needed, and leave to refresh where the server offers that.
    fn asked_scope(&self, issuer: &Issuer, found: &Found, scopes: &Scopes) -> String {
        let how = &self.how;
        let mut scopes = match () {
            () if how.is(Careless::ScopeListIgnored) && *scopes == found.offered => Scopes::default(),
            () if how.is(Careless::ScopeInvented) => scopes.and([INVENTED]),
            () => scopes.clone(),
        };
        if how.revision >= Revision::V2026_07_28 && issuer.lists("scopes_supported", "offline_access") {
            scopes = scopes.and(["offline_access"]);
        }
        scopes.text()
    }

    /// Open a page, and go where it leads, up to the redirect URI, which is not opened.
    async fn browse(&self, first: Url) -> Result<Url, Stop> {
        let mut page = first;
        for _ in 0..MAX_PAGES {
            let headers = [("Accept".to_owned(), "text/html".to_owned())];
            let came = self.ask(&page, "GET", &headers, &[]).await?;
            let next = came.head.header("location").filter(|_| (300..400).contains(&came.head.status));
            let Some(next) = next else {
                return stop(format!("{} did not lead back: HTTP status {}", shown(&page), came.head.status));
            };
            page = page.join(next).map_err(|_| Stop(format!("{} led to what is no URL", shown(&page))))?;
            if is_at(&page, &self.redirect) {
                return Ok(page);
            }
        }
        stop(format!("the browser did not come back after {MAX_PAGES} pages"))
    }
}

/// Whether a URL is the redirect URI, but for its query.
fn is_at(url: &Url, redirect: &str) -> bool {
    Url::parse(redirect).is_ok_and(|redirect| redirect.origin() == url.origin() && redirect.path() == url.path())
}

/// A text that the authorization server sent, cut to a length that can be shown.
pub(super) fn cut(text: &Value) -> String {
    text.as_str().unwrap_or_default().chars().filter(|c| !c.is_control()).take(100).collect()
}
