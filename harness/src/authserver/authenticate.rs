//! Who asks the token endpoint (RFC 6749, section 2.3; RFC 7523, section 3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use super::AuthServer;
use super::answer::Refusal;
use super::client::Client;
use super::form::Form;
use crate::oauth::{AuthMethod, AuthSwitch};
use crate::token::{Jwt, now};

/// What a client assertion is called.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far the clocks of the two sides may be apart, in seconds.
pub(super) const LEEWAY: u64 = 5;

/// How a client shows who it is.
#[derive(Debug)]
enum Shown {
    Nothing(String),
    Secret { id: String, secret: String, method: AuthMethod },
    Assertion(String),
}

impl AuthServer {
    /// The client that asks.
    pub(super) async fn authenticate(&self, headers: &HeaderMap, form: &Form) -> Result<Client, Refusal> {
        let unknown = |why: &str| Refusal::new("invalid_client", why);
        let shown = shown(headers, form)?;
        let (id, method) = match &shown {
            Shown::Nothing(id) => (id.clone(), AuthMethod::None),
            Shown::Secret { id, method, .. } => (id.clone(), *method),
            Shown::Assertion(text) => {
                let read = Jwt::read(text).map_err(|e| unknown(&format!("the assertion is of no use: {e}")))?;
                (read.claim("sub").to_owned(), AuthMethod::PrivateKeyJwt)
            }
        };
        if form.get("client_id").is_some_and(|named| named != id) {
            return Err(unknown("`client_id` names another client than the one that authenticates"));
        }
        let client = self.find_client(&id).await.map_err(|why| unknown(&why))?;
        // Servers that take both ways for a secret rarely insist on the one that was registered.
        let both = method.is_secret() && client.method.is_secret() && self.settings.auth_methods.contains(&method);
        if method != client.method && !both {
            return Err(unknown(&format!("the client has to authenticate by {}", client.method.name())));
        }
        match shown {
            Shown::Nothing(_) => {}
            Shown::Secret { secret, .. } => {
                let right = client.secret.as_deref() == Some(secret.as_str());
                if !right && !self.settings.has(AuthSwitch::SecretUnchecked) {
                    return Err(unknown("the secret is wrong"));
                }
                if client.secret_end.is_some_and(|end| end <= now()) {
                    return Err(unknown("the secret has expired"));
                }
            }
            Shown::Assertion(text) => self.verify_assertion(&client, &text)?,
        }
        Ok(client)
    }

    fn verify_assertion(&self, client: &Client, text: &str) -> Result<(), Refusal> {
        let unfit = |why: &str| Refusal::new("invalid_client", format!("the assertion is not accepted: {why}"));
        let keys = client.jwks.clone().unwrap_or_default();
        let read = match Jwt::verified(text, &keys) {
            Err(_) if self.settings.has(AuthSwitch::AssertionUnsigned) => Jwt::read(text),
            read => read,
        };
        let jwt = read.map_err(|e| unfit(&e.to_string()))?;
        if jwt.claim("iss") != client.id || jwt.claim("sub") != client.id {
            return Err(unfit("`iss` and `sub` have to be the client id"));
        }
        let ours = [self.issuer(), &self.token_url()];
        if !jwt.is_for(&ours) && !self.settings.has(AuthSwitch::AssertionAudienceUnchecked) {
            return Err(unfit("`aud` is neither the issuer nor the token endpoint"));
        }
        let timely = jwt.timely(now(), LEEWAY);
        if !self.settings.has(AuthSwitch::AssertionNeverExpires) {
            timely.map_err(|e| unfit(&e.to_string()))?;
        }
        let id = jwt.claim("jti");
        if !id.is_empty() && !self.state().first(format!("assertion {} {id}", client.id)) {
            return Err(unfit("it was used before"));
        }
        Ok(())
    }
}

/// What was shown; exactly one means (RFC 6749, section 2.3).
fn shown(headers: &HeaderMap, form: &Form) -> Result<Shown, Refusal> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = header.and_then(|value| {
        let (scheme, credentials) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("basic").then_some(credentials)
    });
    let assertion = form.get("client_assertion");
    let secret = form.get("client_secret");
    if [basic.is_some(), assertion.is_some(), secret.is_some()].into_iter().filter(|shown| *shown).count() > 1 {
        return Err(Refusal::invalid_request("the client authenticates in more than one way"));
    }
    if let Some(credentials) = basic {
        let unreadable = || Refusal::new("invalid_client", "the credentials in the header cannot be read");
        let bytes = STANDARD.decode(credentials.trim()).map_err(|_| unreadable())?;
        let text = String::from_utf8(bytes).map_err(|_| unreadable())?;
        let (id, secret) = text.split_once(':').ok_or_else(unreadable)?;
        return Ok(Shown::Secret { id: decoded(id), secret: decoded(secret), method: AuthMethod::ClientSecretBasic });
    }
    if let Some(assertion) = assertion {
        if form.get("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(Refusal::invalid_request(format!("`client_assertion_type` has to be `{ASSERTION_TYPE}`")));
        }
        return Ok(Shown::Assertion(assertion.to_owned()));
    }
    let id = form.get("client_id").ok_or_else(|| Refusal::new("invalid_client", "nothing says which client asks"))?;
    Ok(match secret {
        Some(secret) => {
            Shown::Secret { id: id.to_owned(), secret: secret.to_owned(), method: AuthMethod::ClientSecretPost }
        }
        None => Shown::Nothing(id.to_owned()),
    })
}

/// An identifier or a secret as it was before it was put into a header (RFC 6749, section 2.3.1).
fn decoded(text: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(text.as_bytes());
    match (pairs.next(), pairs.next()) {
        (Some((name, value)), None) if value.is_empty() && !text.contains('=') => name.into_owned(),
        // It was not encoded, though it should have been.
        _ => text.to_owned(),
    }
}
