//! How a server is protected: what it tells a stranger before any test.

use serde_json::Value;
use url::Url;

use super::credentials::{PROOF_ALGORITHM, lists_algorithm};
use super::{Bound, HttpTarget, document, fetch};
use crate::wire::challenge;

/// Where metadata is (RFC 9728, section 3.1).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// The first request of any client of 2025-03-26 and later; what comes back besides its status does not matter.
const FIRST: &str = concat!(
    r#"{"jsonrpc":"2.0","id":"look","method":"initialize","params":{"protocolVersion":"2025-11-25","#,
    r#""capabilities":{},"clientInfo":{"name":"mcp-assay","version":"0"}}}"#
);

/// What a stranger is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Whether a request without a token gets 401.
    pub protected: bool,
    /// The resource that tokens are to be for.
    pub resource: String,
    /// The scopes that the challenge names, else those of the metadata; by spaces.
    pub scope: String,
    /// Whether it takes tokens that are bound to a key, with proofs of ours.
    pub bound: Bound,
}

/// Ask without a token, and read the metadata that the server points to, or has in its usual places. Nothing is asked of
/// another origin.
///
/// # Errors
/// In words, when the server cannot be reached.
pub async fn look(target: &HttpTarget) -> Result<Guard, String> {
    let own = target.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
    let mut headers: Vec<(String, String)> = own.cloned().collect();
    headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    headers.push(("Accept".to_owned(), "application/json, text/event-stream".to_owned()));
    let came = fetch(&target.url, target.tls(), "POST", &headers, FIRST.as_bytes()).await?;
    let mut guard = Guard { protected: came.head.status == 401, resource: target.resource(), ..Guard::default() };
    if !guard.protected {
        return Ok(guard);
    }
    let fields = came.head.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"));
    let field = fields.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ");
    let challenges = challenge::read(&field).unwrap_or_default();
    let of = |scheme: &str| challenges.iter().find(|challenge| challenge.scheme == scheme);
    let (bearer, dpop) = (of("bearer"), of("dpop"));
    let told = |name: &str| bearer.into_iter().chain(dpop).find_map(|challenge| challenge.get(name));
    let algorithms = dpop.and_then(|dpop| dpop.get("algs"));
    let takes_ours = algorithms.is_none_or(|names| names.split(' ').any(|name| name == PROOF_ALGORITHM));
    if dpop.is_some() && takes_ours {
        guard.bound = if bearer.is_none() { Bound::Required } else { Bound::Taken };
    }
    let mut places: Vec<Url> = told("resource_metadata").and_then(|url| Url::parse(url).ok()).into_iter().collect();
    for path in [format!("{WELL_KNOWN}{}", target.url.path().trim_end_matches('/')), WELL_KNOWN.to_owned()] {
        let mut url = target.url.clone();
        url.set_query(None);
        url.set_path(&path);
        places.push(url);
    }
    places.retain(|url| url.origin() == target.url.origin());
    let mut scopes = Vec::new();
    for place in places {
        let Ok(metadata) = document(&place, target.tls()).await else { continue };
        if let Some(resource) = metadata.get("resource").and_then(Value::as_str) {
            resource.clone_into(&mut guard.resource);
        }
        if metadata.get("dpop_bound_access_tokens_required") == Some(&Value::Bool(true)) && takes_ours {
            guard.bound = Bound::Required;
        } else if lists_algorithm(&metadata) {
            guard.bound = guard.bound.max(Bound::Taken);
        }
        let listed = metadata.get("scopes_supported").and_then(Value::as_array).into_iter().flatten();
        scopes = listed.filter_map(Value::as_str).map(str::to_owned).collect();
        break;
    }
    guard.scope = told("scope").map_or_else(|| scopes.join(" "), str::to_owned);
    Ok(guard)
}
