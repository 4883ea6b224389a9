//! From a refusal to the authorization server (basic/authorization; RFC 9728, RFC 8414, OpenID Connect discovery).

use serde_json::Value;
use url::Url;

use super::Careless;
use super::challenge::Refusal;
use super::client::Client;
use super::issuer::Issuer;
use super::scopes::Scopes;
use super::stop::{Stop, stop};
use crate::revision::Revision;

/// Where metadata of a resource are, before its path.
const RESOURCE: &str = "/.well-known/oauth-protected-resource";
/// Where metadata of an authorization server are.
const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";
/// Members that a client that refuses unknown ones would know.
const KNOWN: [&str; 10] = [
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "jwks_uri",
    "scopes_supported",
    "response_types_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
];

/// Who gives tokens for the server, and for what.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub issuer: Issuer,
    /// The resource that tokens are for (RFC 8707).
    pub resource: String,
    /// `scopes_supported` of the resource.
    pub offered: Scopes,
    /// Whether the resource takes or wants bound tokens (RFC 9728, section 2).
    pub bound: bool,
}

/// How a document of the resource was found, by which its `resource` is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Challenge,
    Path,
    Root,
}

impl Client {
    /// Look up who gives tokens.
    pub async fn discover(&self, refusal: &Refusal) -> Result<Found, Stop> {
        if self.how.revision <= Revision::V2025_03_26 || self.how.is(Careless::ResourceMetadataIgnored) {
            let issuer = self.issuer_at_origin().await?;
            return Ok(Found { issuer, resource: own_name(&self.server), offered: Scopes::default(), bound: false });
        }
        let (metadata, resource) = self.resource_metadata(refusal).await?;
        let servers = metadata.get("authorization_servers").and_then(Value::as_array);
        let Some(id) = servers.and_then(|servers| servers.iter().find_map(Value::as_str)) else {
            return stop("the metadata of the resource name no authorization server");
        };
        let listed = metadata.get("scopes_supported").and_then(Value::as_array).into_iter().flatten();
        Ok(Found {
            offered: Scopes::default().and(listed.filter_map(Value::as_str)),
            bound: metadata.get("dpop_bound_access_tokens_required").and_then(Value::as_bool) == Some(true)
                || metadata.get("dpop_signing_alg_values_supported").is_some_and(Value::is_array),
            issuer: self.issuer(id).await?,
            resource,
        })
    }

    /// The metadata of the resource, and its name.
    async fn resource_metadata(&self, refusal: &Refusal) -> Result<(Value, String), Stop> {
        let mut places = Vec::new();
        match refusal.metadata.as_ref().filter(|_| !self.how.is(Careless::MetadataUrlIgnored)) {
            Some(text) => {
                let url = Url::parse(text).map_err(|_| Stop("resource_metadata of the challenge is no URL".to_owned()));
                places.push((url?, By::Challenge));
            }
            None if self.how.is(Careless::WellKnownNotTried) => {}
            None => {
                let path = self.server.path();
                if path != "/" {
                    places.push((at(&self.server, &format!("{RESOURCE}{path}")), By::Path));
                }
                places.push((at(&self.server, RESOURCE), By::Root));
                if self.how.is(Careless::RootWellKnownFirst) {
                    places.reverse();
                }
            }
        }
        let mut problems = Vec::new();
        for (place, by) in places {
            match self.document(&place).await {
                Ok(metadata) => {
                    let resource = self.checked_resource(&metadata, by)?;
                    return Ok((metadata, resource));
                }
                Err(problem) => problems.push(problem.0),
            }
        }
        stop(format!("there are no metadata of the resource: {}", problems.join("; ")))
    }

    /// The name of the resource, if the document is of the server in use (RFC 9728, section 3.3).
    fn checked_resource(&self, metadata: &Value, by: By) -> Result<String, Stop> {
        let named = metadata.get("resource").and_then(Value::as_str).unwrap_or_default();
        let Some(canonical) = canonical(named) else { return stop("the metadata of the resource do not name it") };
        let own = own_name(&self.server);
        let origin = self.server.origin().ascii_serialization();
        let compared = if self.how.is(Careless::ResourceComparedAsText) { named } else { canonical.as_str() };
        let bare = |text: &str| text.strip_suffix('/').filter(|_| is_root(text)).unwrap_or(text).to_owned();
        let same = bare(compared) == bare(&own) || (by == By::Root && bare(compared) == origin);
        let prefix = own.starts_with(&canonical) && self.how.is(Careless::ResourcePrefixAccepted);
        if !same && !prefix && !self.how.is(Careless::ResourceUnchecked) {
            return stop("the metadata are those of another resource than the server in use");
        }
        Ok(if self.how.is(Careless::ResourceSentAsGiven) { named.to_owned() } else { canonical })
    }

    /// The authorization server with this identifier.
    pub async fn issuer(&self, id: &str) -> Result<Issuer, Stop> {
        let Ok(url) = Url::parse(id) else { return stop("the authorization server is not named by a URL") };
        let mut problems = Vec::new();
        for place in self.places(&url) {
            match self.document(&place).await {
                Ok(metadata) => return self.checked_issuer(&[id], metadata),
                Err(problem) => problems.push(problem.0),
            }
        }
        stop(format!("there are no metadata of the authorization server: {}", problems.join("; ")))
    }

    /// Where its metadata may be, in order.
    fn places(&self, issuer: &Url) -> Vec<Url> {
        let how = &self.how;
        let path = if how.is(Careless::IssuerPathIgnored) { "" } else { issuer.path().trim_end_matches('/') };
        let mut places = vec![format!("{OAUTH}{path}")];
        // Up to 2025-06-18 there is RFC 8414 alone.
        if how.revision > Revision::V2025_06_18 {
            places.push(format!("{OPENID}{path}"));
            if !path.is_empty() {
                places.push(format!("{path}{OPENID}"));
            }
        }
        if how.is(Careless::OpenidFirst) && places.len() > 1 {
            places.swap(0, 1);
        }
        if how.is(Careless::OpenidAppendedSecond) && places.len() > 2 {
            places.swap(1, 2);
        }
        match () {
            () if how.is(Careless::FirstPlaceOnly) => places.truncate(1),
            () if how.is(Careless::OpenidNotAppended) => places.truncate(2),
            () if how.is(Careless::OpenidOnly) => places.retain(|place| !place.contains(OAUTH)),
            () => {}
        }
        places.iter().map(|place| at(issuer, place)).collect()
    }

    /// The document, if it is of the issuer that was asked for (RFC 8414, section 3.3).
    fn checked_issuer(&self, ids: &[&str], metadata: Value) -> Result<Issuer, Stop> {
        let named = metadata.get("issuer").and_then(Value::as_str).unwrap_or_default().to_owned();
        let slack = |text: &str| text.trim_end_matches('/').to_owned();
        let same = ids.contains(&named.as_str())
            || self.how.is(Careless::IssuerUnchecked)
            || (self.how.is(Careless::IssuerSlashIgnored) && ids.iter().any(|id| slack(id) == slack(&named)));
        if !same {
            return stop("the metadata of the authorization server are those of another issuer");
        }
        if self.how.is(Careless::UnknownMembersRefused)
            && metadata.as_object().is_some_and(|members| members.keys().any(|name| !KNOWN.contains(&name.as_str())))
        {
            return stop("the metadata of the authorization server have unknown members");
        }
        Ok(Issuer { id: named, metadata })
    }

    /// The authorization server at the origin of the server itself (2025-03-26).
    async fn issuer_at_origin(&self) -> Result<Issuer, Stop> {
        let origin = self.server.origin().ascii_serialization();
        if self.how.is(Careless::DefaultEndpointsFirst) {
            return Ok(Issuer::at_defaults(&origin));
        }
        let path = if self.how.is(Careless::BaseUrlKeepsPath) { self.server.path() } else { "" };
        match self.document(&at(&self.server, &format!("{path}{OAUTH}"))).await {
            // The base URL can be written with and without the slash.
            Ok(metadata) => self.checked_issuer(&[&origin, &format!("{origin}/")], metadata),
            Err(problem) if self.how.is(Careless::DefaultEndpointsUnknown) => Err(problem),
            Err(_) => Ok(Issuer::at_defaults(&origin)),
        }
    }
}

/// The URL with another path.
fn at(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(path);
    url
}

/// The canonical name of the resource that a server's URL stands for (basic/authorization, "Canonical Server URI").
pub(super) fn own_name(server: &Url) -> String {
    let mut url = server.clone();
    url.set_query(None);
    url.set_fragment(None);
    let text = url.to_string();
    if url.path() == "/" { text.trim_end_matches('/').to_owned() } else { text }
}

/// A resource's name with scheme and host in lower case, and a slash at its end only where it has one; none for what is
/// no absolute URI without fragment.
fn canonical(named: &str) -> Option<String> {
    let url = Url::parse(named).ok().filter(|url| url.has_host() && url.fragment().is_none())?;
    let text = url.to_string();
    let keeps = named.ends_with('/') || !is_root(&text);
    Some(if keeps { text } else { text.trim_end_matches('/').to_owned() })
}

/// Whether a URL has no path but a slash.
fn is_root(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| rest.find('/').is_none_or(|at| at + 1 == rest.len()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn names_of_resources_are_canonical() {
        for (named, name) in [
            ("HTTP://Host.Example/Mcp", Some("http://host.example/Mcp")),
            ("http://h:1", Some("http://h:1")),
            ("http://h:1/", Some("http://h:1/")),
            ("http://h:1/mcp/", Some("http://h:1/mcp/")),
            ("http://h:1/mcp#a", None),
            ("h/mcp", None),
            ("", None),
        ] {
            assert_eq!(canonical(named).as_deref(), name, "{named}");
        }
        assert_eq!(own_name(&Url::parse("http://h:1/?a=b#c").unwrap()), "http://h:1");
        assert_eq!(own_name(&Url::parse("http://h:1/mcp?a=b").unwrap()), "http://h:1/mcp");
    }
}
