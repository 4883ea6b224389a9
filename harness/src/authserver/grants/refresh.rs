//! Refresh tokens (OAuth 2.1, section 4.3).

use super::Granted;
use super::code::{narrow, refresh_token};
use crate::authserver::AuthServer;
use crate::authserver::answer::Refusal;
use crate::authserver::token::Request;
use crate::oauth::{AuthMethod, AuthSwitch};

/// The tokens of a refresh token.
pub fn refresh(server: &AuthServer, request: &Request) -> Granted {
    let has = |switch| server.settings.has(switch);
    let text = request.form.need("refresh_token")?;
    let found = server.state().refreshes.get(text).cloned();
    let found = found.ok_or_else(|| Refusal::invalid_grant("there is no such refresh token, or it was revoked"))?;
    let kept = found.authorized.clone();
    if kept.client != request.client.id && !has(AuthSwitch::RefreshOfAnyClient) {
        return Err(Refusal::invalid_grant("the refresh token was issued to another client"));
    }
    if (found.replaced && !has(AuthSwitch::RefreshReusable)) || server.state().is_revoked(kept.family) {
        // Who shows it stole it, or was stolen from: neither is served any more (OAuth 2.1, section 4.3.1).
        server.state().revoke(kept.family);
        return Err(Refusal::invalid_grant("the refresh token was replaced before; all of its family are revoked"));
    }
    if kept.key.is_some() && kept.key != request.key {
        return Err(Refusal::invalid_grant("the refresh token is bound to another key"));
    }
    let mut authorized = kept.clone();
    narrow(request, &mut authorized)?;
    if let Some(asked) = request.form.get("scope") {
        let wider = asked.split(' ').any(|scope| !kept.scope.split(' ').any(|one| one == scope));
        if wider {
            return Err(Refusal::new("invalid_scope", "a refresh cannot ask for more than was granted"));
        }
        authorized.scope = asked.to_owned();
    }
    authorized.key.clone_from(&request.key);
    let mut said = server.access(authorized)?;
    let public = request.client.method == AuthMethod::None;
    let rotated = if public { !has(AuthSwitch::RefreshKept) } else { server.settings.rotation };
    if rotated {
        if let Some(refresh) = server.state().refreshes.get_mut(text) {
            refresh.replaced = true;
        }
        let fresh =
            refresh_token(server, request, crate::authserver::state::Authorized { key: request.key.clone(), ..kept })?;
        said.insert("refresh_token".to_owned(), fresh);
    }
    Ok(said)
}
