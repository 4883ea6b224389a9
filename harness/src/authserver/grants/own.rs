//! Client credentials (OAuth 2.1, section 4.2).

use super::Granted;
use crate::authserver::AuthServer;
use crate::authserver::answer::Refusal;
use crate::authserver::state::Authorized;
use crate::authserver::token::Request;
use crate::oauth::AuthMethod;

/// A token for the client itself.
pub fn own(server: &AuthServer, request: &Request) -> Granted {
    if request.client.method == AuthMethod::None {
        return Err(Refusal::new("unauthorized_client", "a client that does not authenticate has no credentials"));
    }
    server.access(Authorized {
        client: request.client.id.clone(),
        scope: server.scope(request.form.get("scope")),
        resource: server.resource(request.form)?,
        subject: Some(request.client.id.clone()),
        key: request.key.clone(),
        family: 0,
    })
}
