//! The authorization servers of a scenario, and what the client and the MCP server know of them.

use std::sync::Arc;

use super::ledger::Ledger;
use super::places::Places;
use crate::authserver::{Assertion, AuthServer};
use crate::oauth::{Settings, TrustedIssuer};
use crate::reference::Protection;
use crate::token::SigningKey;

/// An authorization server among those that we play; further ones have a number after it.
pub(super) const AUTHORIZATION: &str = "authorization";
/// Since when a token of a workload that is too old has been so, in seconds.
const EXPIRED: i64 = -3600;
/// Whom a token of a workload is for that is for somebody else.
const SOMEBODY_ELSE: &str = "https://somebody-else.example";

/// The name of the authorization server at that place.
pub(super) fn name(at: usize) -> String {
    if at == 0 { AUTHORIZATION.to_owned() } else { format!("{AUTHORIZATION}{}", at + 1) }
}

/// Set the servers up at these issuers, trusting one another.
pub(super) fn servers(
    all: &[Settings],
    issuers: &[String],
    resource: &str,
    ledger: &Arc<Ledger>,
) -> Result<Vec<Arc<AuthServer>>, String> {
    let mut servers: Vec<Arc<AuthServer>> = Vec::new();
    for (at, (settings, issuer)) in all.iter().zip(issuers).enumerate() {
        let (book, of) = (ledger.clone(), if at == 0 { String::new() } else { format!(" of {}", name(at)) });
        let issued = Arc::new(move |secret: &str, name: &str| book.learn(secret, &format!("{name}{of}")));
        let key = SigningKey::generate().map_err(|e| e.to_string())?;
        let server = AuthServer::new(issuer, settings.clone(), key, issued).map_err(|e| e.to_string())?;
        server.set_default_resource(resource);
        servers.push(Arc::new(server));
    }
    for server in &servers {
        for other in servers.iter().filter(|other| !Arc::ptr_eq(server, other)) {
            let (issuer, jwks) = (other.issuer().to_owned(), other.authority().jwks());
            server.trust(TrustedIssuer { issuer, jwks, subjects: Vec::new() });
        }
    }
    Ok(servers)
}

/// The MCP server as a resource of theirs; none where there are none.
pub(super) fn protection(servers: &[Arc<AuthServer>], resource: &str) -> Option<Protection> {
    let (first, others) = servers.split_first()?;
    let others = others.iter().map(|other| (other.issuer().to_owned(), other.authority().jwks())).collect();
    Some(Protection { others, dpop: first.settings().dpop, ..Protection::by(first.authority(), resource) })
}

/// What a client may be told of them: its secret and key, and assertions about it, as far as there are any.
pub(super) fn credentials(servers: &[Arc<AuthServer>], places: &mut Places) -> Result<(), String> {
    let audience = servers.first().map(|server| server.issuer().to_owned()).unwrap_or_default();
    for (at, server) in servers.iter().enumerate() {
        let name = name(at);
        let known = server.settings().clients.first().and_then(|client| server.credentials(&client.id));
        let Some(known) = known else { continue };
        let mut add = |what: &str, text: &str| places.add(&format!("{name}.{what}"), text);
        known.secret.iter().for_each(|secret| add("client_secret", secret));
        known.private_key_pem().iter().for_each(|pem| add("private_key_pem", pem));
        let workload = |audience: &str| Assertion::workload(&known.id, audience);
        for (what, assertion) in [
            ("id_token", Assertion::id_token(&known.id)),
            ("workload_token", workload(&audience)),
            ("workload_token_for_another", workload(SOMEBODY_ELSE)),
            ("workload_token_expired", Assertion { lifetime: EXPIRED, ..workload(&audience) }),
        ] {
            add(what, &server.assert(&assertion).map_err(|e| e.to_string())?);
        }
    }
    Ok(())
}
