//! Who asks: a client and where it may be redirected to.

use serde_json::Value;
use url::{Host, Url};

use crate::oauth::{AuthMethod, GrantType, PreregisteredClient};

/// Schemes that no browser may be sent to.
const DANGEROUS: [&str; 7] = ["about", "blob", "data", "file", "filesystem", "javascript", "vbscript"];

/// Where a client may be redirected to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Redirects {
    /// To these.
    Listed(Vec<String>),
    /// To loopback, and to this host where there is one.
    Near(Option<String>),
}

/// A client that is known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Client {
    pub id: String,
    pub method: AuthMethod,
    pub secret: Option<String>,
    /// When the secret ceases to work, in seconds.
    pub secret_end: Option<u64>,
    /// Its public keys.
    pub jwks: Option<Value>,
    pub redirects: Redirects,
    /// The grants it may use; all where it is empty.
    pub grants: Vec<GrantType>,
    pub id_elsewhere: Option<String>,
    /// It gets only tokens that are bound to a key.
    pub bound_only: bool,
    /// When what is known of it has to be looked up again, in seconds.
    pub stale: Option<u64>,
}

impl Client {
    /// A public client without anything particular.
    pub fn public(id: &str, redirects: Redirects) -> Self {
        Self {
            id: id.to_owned(),
            method: AuthMethod::None,
            secret: None,
            secret_end: None,
            jwks: None,
            redirects,
            grants: Vec::new(),
            id_elsewhere: None,
            bound_only: false,
            stale: None,
        }
    }

    /// A client that the settings name, with its secret and its keys.
    pub fn preregistered(settings: &PreregisteredClient, secret: Option<String>, jwks: Option<Value>) -> Self {
        let redirects = match settings.redirect_uris.as_slice() {
            [] => Redirects::Near(None),
            listed => Redirects::Listed(listed.to_vec()),
        };
        Self {
            method: settings.auth_method,
            secret,
            jwks,
            grants: settings.grant_types.clone(),
            id_elsewhere: settings.id_elsewhere.clone(),
            bound_only: settings.dpop_bound_access_tokens,
            ..Self::public(&settings.id, redirects)
        }
    }

    /// Whether it may use a grant.
    pub fn may(&self, grant: GrantType) -> bool {
        self.grants.is_empty() || self.grants.contains(&grant)
    }

    /// Whether it may be redirected there.
    pub fn redirects_to(&self, uri: &str) -> bool {
        match &self.redirects {
            Redirects::Listed(listed) => listed.iter().any(|one| same_redirect(one, uri)),
            Redirects::Near(own) => Url::parse(uri).is_ok_and(|url| {
                is_redirect_uri(uri) && (is_loopback(&url) || (own.is_some() && url.host_str() == own.as_deref()))
            }),
        }
    }

    /// Its redirect URI, if it has one alone.
    pub fn only_redirect(&self) -> Option<&str> {
        match &self.redirects {
            Redirects::Listed(listed) => match listed.as_slice() {
                [one] => Some(one),
                _ => None,
            },
            Redirects::Near(_) => None,
        }
    }
}

/// Whether a URL is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The same, character by character, but for the port on loopback (RFC 8252, section 7.3; OAuth 2.1, section 8.4.2).
fn same_redirect(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    let without_port = |uri: &str| {
        let url = Url::parse(uri).ok().filter(|url| url.scheme() == "http" && is_loopback(url))?;
        let host = url.host_str()?;
        let rest = uri.strip_prefix("http://")?.strip_prefix(host)?;
        let digits = rest.strip_prefix(':').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        Some(format!("http://{host}{}", digits.unwrap_or(rest)))
    };
    without_port(registered).is_some_and(|registered| Some(registered) == without_port(asked))
}

/// Whether it can be registered: absolute, without fragment, and safe: https, http on loopback, or a scheme of an app.
pub(super) fn is_redirect_uri(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    if uri.contains('#') || uri.chars().any(|c| c.is_control() || c == ' ') {
        return false;
    }
    match url.scheme() {
        "https" => url.host_str().is_some_and(|host| !host.is_empty()),
        "http" => is_loopback(&url),
        scheme => !DANGEROUS.contains(&scheme),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_on_loopback_may_differ() {
        let listed = vec!["http://127.0.0.1:1/cb?a=b".to_owned(), "https://c.example:8/cb".to_owned()];
        let client = Client::public("c", Redirects::Listed(listed));
        for good in ["http://127.0.0.1:1/cb?a=b", "http://127.0.0.1:2/cb?a=b", "http://127.0.0.1/cb?a=b"] {
            assert!(client.redirects_to(good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:1/cb",
            "http://127.0.0.1:1/cb/?a=b",
            "http://127.0.0.1:1/CB?a=b",
            "http://127.0.0.1:1/cb?a=b&c=d",
            "http://127.0.0.1:1@evil.example/cb?a=b",
            "http://localhost:1/cb?a=b",
            "https://c.example:9/cb",
            "https://c.example:8/cb#",
        ] {
            assert!(!client.redirects_to(bad), "{bad}");
        }
    }

    #[test]
    fn redirects_stay_near() {
        let client = Client::public("https://c.example/id", Redirects::Near(Some("c.example".to_owned())));
        for (uri, good) in [
            ("http://localhost:1/cb", true),
            ("http://[::1]:1/cb", true),
            ("https://c.example/cb", true),
            ("http://c.example/cb", false),
            ("https://d.example/cb", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(client.redirects_to(uri), good, "{uri}");
        }
        assert!(is_redirect_uri("com.example.app:/cb") && !is_redirect_uri("/cb"));
    }
}
