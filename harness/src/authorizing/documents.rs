//! What a client asks of others than its server: metadata, registration, tokens.

use serde_json::Value;
use url::Url;

use super::Careless;
use super::client::Client;
use super::stop::{Stop, stop};
use crate::transport::{Fetched, fetch_by, is_loopback};

impl Client {
    /// Send one request, to nobody who could be overheard. Redirects are not followed.
    pub async fn ask(&self, url: &Url, verb: &str, headers: &[(String, String)], body: &[u8]) -> Result<Fetched, Stop> {
        if !is_secure(url) && !self.how.is(Careless::EndpointsInsecure) {
            return stop(format!("{} is neither https nor on this machine", shown(url)));
        }
        let came = fetch_by(&self.reach, url, verb, headers, body).await;
        came.map_err(|problem| Stop(format!("{}: {problem}", shown(url))))
    }

    /// A JSON object at a URL; `Err` in words where there is none.
    pub async fn document(&self, url: &Url) -> Result<Value, Stop> {
        let headers = [
            ("Accept".to_owned(), "application/json".to_owned()),
            ("MCP-Protocol-Version".to_owned(), self.how.revision.published().as_str().to_owned()),
        ];
        let came = self.ask(url, "GET", &headers, &[]).await?;
        if came.head.status != 200 {
            return stop(format!("{}: HTTP status {}", shown(url), came.head.status));
        }
        object(&came.body).ok_or_else(|| Stop(format!("{}: no JSON object", shown(url))))
    }
}

/// The JSON object of a body.
pub(super) fn object(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok().filter(Value::is_object)
}

/// Whether what is sent there cannot be overheard (OAuth 2.1, section 1.5): https, or this machine.
fn is_secure(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// A URL in words: without what may be secret in it.
pub(super) fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn secrets_go_to_https_and_this_machine() {
        for (url, secure) in [
            ("https://as.example/token", true),
            ("http://127.0.0.1:1/token", true),
            ("http://as.example/token", false),
            ("ftp://127.0.0.1/token", false),
        ] {
            assert_eq!(is_secure(&Url::parse(url).unwrap()), secure, "{url}");
        }
        assert_eq!(shown(&Url::parse("http://u:p@h:1/a?code=b#c").unwrap()), "http://h:1/a");
    }
}
