//! Asking for documents: bounded in number, size, time and redirects, and of no host that the user did not name.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::found::{Document, Outcome};
use crate::transport::{Fetched, Reach, fetch_by};

/// Headers that are worth showing.
const SHOWN: [&str; 5] =
    ["access-control-allow-origin", "access-control-expose-headers", "cache-control", "etag", "expires"];
/// Most redirects from one place to the next.
const MAX_REDIRECTS: usize = 3;
/// So many first requests without any answer mean that nobody is there.
const HOPELESS: usize = 2;

/// How much is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For everything together.
    pub within: Duration,
    /// Most requests.
    pub requests: usize,
}

/// Nobody answers.
#[derive(Debug, thiserror::Error)]
#[error(
    "failed to ask {host}: {why}; look at the name and the port, and give an http:// URL where the host has no TLS"
)]
pub struct Unreachable {
    /// Who was asked.
    pub host: String,
    /// What happened.
    pub why: String,
}

/// Who asks.
#[derive(Debug)]
pub(super) struct Asker {
    reach: Reach,
    home: Url,
    elsewhere: bool,
    until: Instant,
    left: usize,
    answered: usize,
    failed: usize,
}

impl Asker {
    /// One that asks the host of `home`, and others only if `elsewhere`.
    pub fn new(reach: Reach, home: Url, elsewhere: bool, limits: Limits) -> Self {
        let until = Instant::now() + limits.within;
        Self { reach, home, elsewhere, until, left: limits.requests, answered: 0, failed: 0 }
    }

    /// Whether this URL is at the host that the user named. The same host over https is.
    pub fn is_home(&self, url: &Url) -> bool {
        let upgraded = url.scheme() == "https" && url.host() == self.home.host() && url.port().is_none();
        url.origin() == self.home.origin() || upgraded
    }

    /// A document about the host, by what comes behind its origin.
    pub async fn at_home(&mut self, path: &str, accept: &str) -> Result<Document, Unreachable> {
        let url = self.home.join(path).unwrap_or_else(|_| self.home.clone());
        self.get(&url, accept).await
    }

    /// A JSON document.
    ///
    /// # Errors
    /// When nobody has answered so far, and it seems that nobody will.
    pub async fn get(&mut self, url: &Url, accept: &str) -> Result<Document, Unreachable> {
        let mut url = url.clone();
        url.set_fragment(None);
        for _ in 0..=MAX_REDIRECTS {
            let outcome = match self.once(&url, accept).await {
                Ok(fetched) => match led_on(&fetched, &url) {
                    Some(next) if self.is_home(&next) || self.elsewhere => {
                        url = next;
                        continue;
                    }
                    Some(next) => {
                        let what = format!("it leads on to {}, another host", next.origin().ascii_serialization());
                        Outcome::Other { status: fetched.head.status, what }
                    }
                    None => outcome(&fetched),
                },
                Err(outcome) => outcome,
            };
            let hopeless = self.failed >= HOPELESS || Instant::now() >= self.until;
            if let (Outcome::Failed { why }, 0, true) = (&outcome, self.answered, hopeless) {
                let host = self.home.origin().ascii_serialization();
                return Err(Unreachable { host, why: why.clone() });
            }
            return Ok(Document { url: url.to_string(), outcome });
        }
        let why = format!("more than {MAX_REDIRECTS} redirects");
        Ok(Document { url: url.to_string(), outcome: Outcome::Failed { why } })
    }

    async fn once(&mut self, url: &Url, accept: &str) -> Result<Fetched, Outcome> {
        if let Some(why) = self.leaves_alone(url) {
            return Err(Outcome::LeftAlone { why: why.to_owned() });
        }
        self.left -= 1;
        let agent = format!("mcp-assay/{}", env!("CARGO_PKG_VERSION"));
        let headers = [("User-Agent".to_owned(), agent), ("Accept".to_owned(), accept.to_owned())];
        let fetched = timeout_at(self.until, fetch_by(&self.reach, url, "GET", &headers, &[])).await;
        match fetched.unwrap_or_else(|_| Err("the time is over".to_owned())) {
            Ok(fetched) => {
                self.answered += 1;
                Ok(fetched)
            }
            Err(why) => {
                self.failed += 1;
                Err(Outcome::Failed { why })
            }
        }
    }

    /// Why a URL is not asked, if it is not.
    fn leaves_alone(&self, url: &Url) -> Option<&'static str> {
        let public = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        if !public {
            Some("the URL is not one for the public")
        } else if !self.is_home(url) && !self.elsewhere {
            Some("it is on another host")
        } else if self.left == 0 {
            Some("enough was asked for")
        } else if Instant::now() >= self.until {
            Some("the time is over")
        } else {
            None
        }
    }
}

/// Where a redirect leads.
fn led_on(fetched: &Fetched, from: &Url) -> Option<Url> {
    let redirects = matches!(fetched.head.status, 301 | 302 | 303 | 307 | 308);
    let location = fetched.head.header("location").filter(|_| redirects)?;
    from.join(location).ok()
}

/// What an answer is.
fn outcome(fetched: &Fetched) -> Outcome {
    let status = fetched.head.status;
    let content_type = fetched.head.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match status {
        200 => {}
        401 | 403 => return Outcome::Guarded { status },
        400 | 404 | 405 | 406 | 410 => return Outcome::Absent { status },
        _ => return Outcome::Other { status, what: format!("HTTP status {status}") },
    }
    let document = match serde_json::from_slice::<Value>(&fetched.body) {
        Ok(document) if document.is_object() && document.get("jsonrpc").is_none() => document,
        Ok(document) if document.is_object() => {
            return Outcome::Other { status, what: "a JSON-RPC message".to_owned() };
        }
        Ok(_) => return Outcome::Other { status, what: "JSON, but no object".to_owned() },
        // Many hosts answer every path with a page for people.
        Err(_) if media_type == "text/html" => {
            return Outcome::Other { status, what: "a page for people (text/html)".to_owned() };
        }
        Err(error) => return Outcome::Other { status, what: format!("no JSON: {error}") },
    };
    let headers: BTreeMap<String, String> =
        SHOWN.iter().filter_map(|name| Some(((*name).to_owned(), fetched.head.header(name)?.to_owned()))).collect();
    let media_type = (!media_type.is_empty()).then_some(media_type);
    Outcome::Found { media_type, bytes: fetched.body.len(), headers, document }
}
