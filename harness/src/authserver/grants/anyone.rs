//! Client credentials for whoever asks, and tokens of every kind, bound to the key of a proof where there is one: for tests of servers.

use serde_json::{Map, json};

use super::Granted;
use crate::authserver::AuthServer;
use crate::authserver::answer::Refusal;
use crate::authserver::form::Form;
use crate::authserver::token::kind;
use crate::token::Grant;

/// A token of the kind that is asked for.
pub fn anyone(server: &AuthServer, form: &Form, key: Option<String>) -> Granted {
    if form.get("grant_type") != Some("client_credentials") {
        return Err(Refusal::new("unsupported_grant_type", "only client credentials are taken"));
    }
    let client = form.get("client_id").ok_or_else(|| Refusal::new("invalid_client", "`client_id` is missing"))?;
    let grant = Grant {
        resource: server.resource(form)?,
        scope: form.get("scope").unwrap_or_default().to_owned(),
        client: client.to_owned(),
        lifetime: server.settings.access_token_lifetime,
        key,
        ..Grant::default()
    };
    let no_such = || Refusal::invalid_request("there is no such kind of token");
    let token = server.authority.issue(kind(form).ok_or_else(no_such)?, &grant).map_err(|_| no_such())?;
    server.told("access token", &token);
    let said = [
        ("access_token", json!(token)),
        ("token_type", json!(if grant.key.is_some() { "DPoP" } else { "Bearer" })),
        ("expires_in", json!(grant.lifetime)),
        ("scope", json!(grant.scope)),
    ];
    Ok(said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}
