//! ID tokens for identity assertions (RFC 8693): what an enterprise's identity provider does.

use serde_json::{Map, json};

use super::Granted;
use crate::authserver::AuthServer;
use crate::authserver::answer::Refusal;
use crate::authserver::assertion::{Assertion, ID_JAG, LIFETIME};
use crate::authserver::authenticate::LEEWAY;
use crate::authserver::token::Request;
use crate::oauth::AuthSwitch;
use crate::token::{Jwt, now};

/// Type of an ID token (RFC 8693, section 3).
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// Type of an identity assertion.
const ASSERTION: &str = "urn:ietf:params:oauth:token-type:id-jag";

/// The identity assertion for an ID token.
pub fn exchange(server: &AuthServer, request: &Request) -> Granted {
    let form = request.form;
    if form.need("requested_token_type")? != ASSERTION {
        return Err(Refusal::invalid_request(format!("`requested_token_type` has to be `{ASSERTION}`")));
    }
    if form.need("subject_token_type")? != ID_TOKEN {
        return Err(Refusal::invalid_request(format!("`subject_token_type` has to be `{ID_TOKEN}`")));
    }
    let unfit = |why: &str| Refusal::invalid_request(format!("the subject token is not accepted: {why}"));
    let text = form.need("subject_token")?;
    let jwt = match server.settings.has(AuthSwitch::SubjectTokenUnchecked) {
        true => Jwt::read(text).map_err(|e| unfit(&e.to_string()))?,
        false => {
            let jwt = Jwt::verified(text, &server.keys()).map_err(|e| unfit(&e.to_string()))?;
            if jwt.claim("iss") != server.issuer() || !jwt.is_for(&[&request.client.id]) {
                return Err(unfit("it was not issued here for this client"));
            }
            jwt.timely(now(), LEEWAY).map_err(|e| unfit(&e.to_string()))?;
            jwt
        }
    };
    let audience = form.need("audience")?;
    let denied = server.settings.denied_audiences.iter().any(|denied| denied == audience);
    if denied && !server.settings.has(AuthSwitch::PolicyIgnored) {
        return Err(Refusal::new("access_denied", "the policy gives nobody an assertion for this audience"));
    }
    pair(server, audience, form.get("resource"))?;
    let id_elsewhere = request.client.id_elsewhere.as_ref().unwrap_or(&request.client.id);
    let scope = form.get("scope").map(|asked| server.scope(Some(asked)));
    let mut claims = Map::from_iter([("client_id".to_owned(), json!(id_elsewhere))]);
    if let Some(resource) = form.get("resource") {
        claims.insert("resource".to_owned(), json!(resource));
    }
    if let Some(scope) = &scope {
        claims.insert("scope".to_owned(), json!(scope));
    }
    let assertion = Assertion {
        typ: ID_JAG,
        name: "identity assertion",
        subject: jwt.claim("sub").to_owned(),
        audience: audience.to_owned(),
        lifetime: LIFETIME as i64,
        claims,
    };
    let text = server.assert(&assertion).map_err(|_| Refusal::ours())?;
    let mut said = Map::from_iter([
        ("issued_token_type".to_owned(), json!(ASSERTION)),
        ("access_token".to_owned(), json!(text)),
        ("token_type".to_owned(), json!("N_A")),
        ("expires_in".to_owned(), json!(LIFETIME)),
    ]);
    if let Some(scope) = scope {
        said.insert("scope".to_owned(), json!(scope));
    }
    Ok(said)
}

/// That the audience is known, and the resource its own.
fn pair(server: &AuthServer, audience: &str, resource: Option<&str>) -> Result<(), Refusal> {
    let all = &server.settings.audiences;
    let unfit = |why: &str| Err(Refusal::new("invalid_target", why));
    match all.iter().find(|known| known.issuer == audience) {
        _ if all.is_empty() => Ok(()),
        None => unfit("`audience` is no server of this enterprise"),
        Some(known) => match resource {
            Some(resource)
                if !known.resources.iter().any(|one| one == resource)
                    && !server.settings.has(AuthSwitch::AudiencePairUnchecked) =>
            {
                unfit("`resource` is none of the server that `audience` names")
            }
            _ => Ok(()),
        },
    }
}
