//! Where metadata about protection are: RFC 9728 for the server, RFC 8414 and OpenID Connect Discovery for whoever issues
//! tokens for it.

use url::Url;

/// Metadata of a protected resource, before its path (RFC 9728, section 3.1).
pub(super) const RESOURCE: &str = "/.well-known/oauth-protected-resource";
/// Metadata of an authorization server (RFC 8414, section 3).
const OAUTH: &str = "/.well-known/oauth-authorization-server";
/// The same by OpenID Connect Discovery 1.0.
const OPENID: &str = "/.well-known/openid-configuration";

/// The places of the metadata of a resource, that of its path first.
pub(super) fn of_resource(endpoint: &Url) -> Vec<String> {
    match endpoint.path().trim_end_matches('/') {
        "" => vec![RESOURCE.to_owned()],
        path => vec![format!("{RESOURCE}{path}"), RESOURCE.to_owned()],
    }
}

/// The permitted places of the metadata of an authorization server, in the order in which clients look.
pub(super) fn of_issuer(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let places = match path {
        "" => vec![OAUTH.to_owned(), OPENID.to_owned()],
        _ => vec![format!("{OAUTH}{path}"), format!("{OPENID}{path}"), format!("{path}{OPENID}")],
    };
    places.iter().filter_map(|place| issuer.join(place).ok()).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_permitted_place_is_looked_at_in_order() {
        let at = |url: &str| {
            of_issuer(&Url::parse(url).unwrap()).iter().map(|one| one.path().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(at("https://id.example"), [OAUTH, OPENID]);
        let (oauth, openid) = (format!("{OAUTH}/a/b"), format!("{OPENID}/a/b"));
        assert_eq!(at("https://id.example/a/b/"), [oauth, openid, format!("/a/b{OPENID}")]);
        assert_eq!(of_resource(&Url::parse("https://x.example/").unwrap()), [RESOURCE]);
        assert_eq!(of_resource(&Url::parse("https://x.example/mcp").unwrap()).len(), 2);
    }
}
