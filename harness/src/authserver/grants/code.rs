//! Authorization codes (OAuth 2.1, section 4.1.3).

use serde_json::{Map, Value, json};

use super::Granted;
use crate::authserver::AuthServer;
use crate::authserver::answer::Refusal;
use crate::authserver::assertion::Assertion;
use crate::authserver::state::{Authorized, Code, Refresh};
use crate::authserver::token::Request;
use crate::oauth::{AuthMethod, AuthSwitch, GrantType, RefreshTokens, fits_challenge};
use crate::token::now;

/// The scope of those who want an ID token.
const OPENID: &str = "openid";
/// The scope of those who want a refresh token.
const OFFLINE: &str = "offline_access";

/// The tokens of a code.
pub fn code(server: &AuthServer, request: &Request) -> Granted {
    let text = request.form.need("code")?;
    let code = server.state().codes.get(text).cloned();
    let code = code.ok_or_else(|| Refusal::invalid_grant("there is no such code"))?;
    check(server, request, &code)?;
    let mut authorized = code.authorized;
    narrow(request, &mut authorized)?;
    if authorized.key.is_some() && authorized.key != request.key {
        return Err(Refusal::invalid_grant("the code is bound to another key"));
    }
    authorized.key.clone_from(&request.key);
    if let Some(code) = server.state().codes.get_mut(text) {
        code.redeemed = true;
    }
    let has = |scope: &str| authorized.scope.split(' ').any(|one| one == scope);
    let id_token = if has(OPENID) {
        let claims = code.nonce.map(|nonce| Map::from_iter([("nonce".to_owned(), json!(nonce))])).unwrap_or_default();
        let assertion = Assertion { claims, ..Assertion::id_token(&request.client.id) };
        Some(server.assert(&assertion).map_err(|_| Refusal::ours())?)
    } else {
        None
    };
    let wanted = match server.settings.refresh_tokens {
        RefreshTokens::Never => false,
        RefreshTokens::Always => true,
        RefreshTokens::OfflineAccess => has(OFFLINE),
    };
    let refresh =
        wanted && server.settings.takes(GrantType::RefreshToken) && request.client.may(GrantType::RefreshToken);
    let mut said = server.access(authorized.clone())?;
    if refresh {
        said.insert("refresh_token".to_owned(), refresh_token(server, request, authorized)?);
    }
    if let Some(id_token) = id_token {
        said.insert("id_token".to_owned(), json!(id_token));
    }
    Ok(said)
}

fn check(server: &AuthServer, request: &Request, code: &Code) -> Result<(), Refusal> {
    let has = |switch| server.settings.has(switch);
    if code.authorized.client != request.client.id && !has(AuthSwitch::CodeOfAnyClient) {
        return Err(Refusal::invalid_grant("the code was issued to another client"));
    }
    if code.redeemed && !has(AuthSwitch::CodeReusable) {
        server.state().revoke(code.authorized.family);
        return Err(Refusal::invalid_grant("the code was redeemed before; what came of it is revoked"));
    }
    if code.end <= now() {
        return Err(Refusal::invalid_grant("the code has expired"));
    }
    // OAuth 2.1 no longer asks for it, clients of OAuth 2.0 send it.
    if request.form.get("redirect_uri").is_some_and(|uri| uri != code.redirect_uri) {
        return Err(Refusal::invalid_grant("`redirect_uri` is not the one of the authorization request"));
    }
    match (request.form.get("code_verifier"), &code.challenge) {
        (None, Some(_)) if has(AuthSwitch::VerifierOptional) => Ok(()),
        (None, Some(_)) => Err(Refusal::invalid_grant("`code_verifier` is missing")),
        (Some(verifier), Some(challenge))
            if !fits_challenge(verifier, challenge) && !has(AuthSwitch::VerifierUnchecked) =>
        {
            Err(Refusal::invalid_grant("`code_verifier` does not fit the challenge"))
        }
        (Some(_), None) => Err(Refusal::invalid_grant("there was no challenge for this `code_verifier`")),
        _ => Ok(()),
    }
}

/// Restrict what was authorized to the resources that are asked for now (RFC 8707, section 2.2).
pub(super) fn narrow(request: &Request, authorized: &mut Authorized) -> Result<(), Refusal> {
    let asked = request.form.all("resource");
    if asked.is_empty() {
        return Ok(());
    }
    if !asked.iter().all(|uri| authorized.resource.split(' ').any(|one| one == uri)) {
        return Err(Refusal::new("invalid_target", "`resource` was not part of the authorization request"));
    }
    authorized.resource = asked.join(" ");
    Ok(())
}

/// A refresh token for what was authorized. That of a public client is bound to its key (RFC 9449, section 5).
pub(super) fn refresh_token(
    server: &AuthServer,
    request: &Request,
    mut authorized: Authorized,
) -> Result<Value, Refusal> {
    if request.client.method != AuthMethod::None || server.settings.has(AuthSwitch::RefreshUnbound) {
        authorized.key = None;
    }
    let text = server.secret("refresh token").map_err(|_| Refusal::ours())?;
    server.state().keep_refresh(text.clone(), Refresh { authorized, replaced: false });
    Ok(json!(text))
}
