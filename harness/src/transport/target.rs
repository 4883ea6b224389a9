//! Where a server is over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use url::{Origin, Url};

use super::TlsRoots;
use super::wallet::{Source, Wallet};

/// Why a URL cannot be a target.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Not http or https with a host.
    #[error("failed to use '{url}' as a target: {problem}; write http://host:port/path or https://...")]
    Url {
        /// As given.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// A header option.
    #[error("failed to use the header '{0}': write 'Name: value'")]
    Header(String),
    /// TLS.
    #[error("failed to prepare TLS: {0}")]
    Tls(String),
}

/// A server reached by a URL, with the headers the user wants on every request.
#[derive(Clone, Debug)]
pub struct HttpTarget {
    /// Where it is; query string included.
    pub url: Url,
    /// Headers for every request, raw ones included.
    pub headers: Vec<(String, String)>,
    /// Whether it wants to see tokens.
    pub protected: bool,
    /// The tokens there are for it.
    pub wallet: Arc<Wallet>,
    tls: TlsRoots,
    /// What it calls itself, where it is reached through something of ours under another name.
    own: Vec<Origin>,
}

impl HttpTarget {
    /// Check a URL and headers.
    ///
    /// # Errors
    /// [`TargetError`] says which is wrong and how to write it.
    pub fn new(url: &str, headers: &[String], tls: TlsRoots) -> Result<Self, TargetError> {
        let bad = |problem: String| TargetError::Url { url: url.to_owned(), problem };
        let parsed = Url::parse(url).map_err(|e| bad(e.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(bad(format!("the scheme is '{}'", parsed.scheme())));
        }
        if parsed.host_str().is_none() {
            return Err(bad("it has no host".to_owned()));
        }
        let headers = headers.iter().map(|text| split_header(text)).collect::<Result<Vec<_>, _>>()?;
        let wallet = Arc::new(Wallet::new(Source::of(&headers), "", ""));
        Ok(Self { url: parsed, headers, protected: false, wallet, tls, own: Vec::new() })
    }

    /// The same, reached without TLS at an address of ours that stands for servers of these origins; nothing where that
    /// makes no URL.
    #[must_use]
    pub fn through(&self, address: SocketAddr, own: Vec<Origin>) -> Option<Self> {
        let mut target = Self { own, ..self.clone() };
        target.url.set_scheme("http").ok()?;
        target.url.set_ip_host(address.ip()).ok()?;
        target.url.set_port(Some(address.port())).ok()?;
        Some(target)
    }

    /// Whether a URL that the server names is one of its own, so that it may be asked there.
    pub fn is_at(&self, url: &Url) -> bool {
        url.origin() == self.url.origin() || self.own.contains(&url.origin())
    }

    /// The same, as a protected resource for which there are these tokens.
    #[must_use]
    pub fn with_wallet(self, wallet: Arc<Wallet>) -> Self {
        Self { protected: true, wallet, ..self }
    }

    /// The certificate authorities it is checked against.
    pub fn tls(&self) -> &TlsRoots {
        &self.tls
    }

    /// The identifier of the resource (RFC 8707): the URL without query, fragment and user.
    pub fn resource(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        // Both fail only for URLs without a host, which `new` refuses.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let text = url.to_string();
        if url.path() == "/" { text.trim_end_matches('/').to_owned() } else { text }
    }

    /// The `Host` value: host, and the port where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Path and query as they stand in a request line.
    pub fn request_target(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// The URL for a report: no user, password or query values.
    pub fn shown(&self) -> String {
        let mut url = self.url.clone();
        let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        url.set_query(None);
        if !names.is_empty() {
            url.query_pairs_mut().extend_pairs(names.iter().map(|name| (name, "...")));
        }
        // Both fail only for URLs without a host, which `new` refuses.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.to_string()
    }
}

fn split_header(text: &str) -> Result<(String, String), TargetError> {
    let bad = || TargetError::Header(text.split(':').next().unwrap_or_default().to_owned());
    let (name, value) = text.split_once(':').ok_or_else(bad)?;
    let name = name.trim();
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) || value.contains(['\r', '\n', '\0']) {
        return Err(bad());
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn urls_and_headers_are_checked_and_shown_without_secrets() {
        let tls = TlsRoots::new(None).unwrap();
        let headers = ["X-Tenant: a:b".to_owned()];
        let target = HttpTarget::new("http://user:pw@localhost:80/mcp?key=secret", &headers, tls.clone()).unwrap();
        assert_eq!(target.headers, [("X-Tenant".to_owned(), "a:b".to_owned())]);
        assert_eq!(target.authority(), "localhost");
        assert_eq!(target.request_target(), "/mcp?key=secret");
        assert!(!target.shown().contains("secret") && !target.shown().contains("pw"), "{}", target.shown());
        for url in ["localhost:8080", "ftp://x/y", "not a url", ""] {
            assert!(HttpTarget::new(url, &[], tls.clone()).is_err(), "{url}");
        }
        for header in ["no colon", ": empty", "a b: c", "a: b\nc: d"] {
            assert!(HttpTarget::new("http://x/", &[header.to_owned()], tls.clone()).is_err(), "{header}");
        }
    }
}
