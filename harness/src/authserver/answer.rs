//! What is asked and what is said.

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, PRAGMA, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Method, Response, StatusCode};
use serde_json::{Value, json};

/// A request, whole.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: String,
    /// What stands after the question mark.
    pub query: String,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A response, whole.
pub type Answer = Response<Bytes>;

/// A refusal by the token or the registration endpoint (RFC 6749, section 5.2; RFC 7591, section 3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    pub error: &'static str,
    pub description: String,
    /// A nonce for the next proof (RFC 9449, section 8).
    pub nonce: Option<String>,
}

impl Refusal {
    pub fn new(error: &'static str, description: impl Into<String>) -> Self {
        let status = if error == "invalid_client" { 401 } else { 400 };
        Self { status, error, description: description.into(), nonce: None }
    }

    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    pub fn invalid_grant(description: impl Into<String>) -> Self {
        Self::new("invalid_grant", description)
    }

    /// When the system is in the way.
    pub fn ours() -> Self {
        Self { status: 500, ..Self::new("server_error", "the system gives no random bytes") }
    }

    pub fn answer(self) -> Answer {
        let mut answer = said(self.status, &json!({ "error": self.error, "error_description": self.description }));
        let headers = answer.headers_mut();
        if self.status == 401 {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"mcp-assay\""));
        }
        if let Some(nonce) = self.nonce.and_then(|nonce| HeaderValue::from_str(&nonce).ok()) {
            headers.insert(HeaderName::from_static("dpop-nonce"), nonce);
        }
        answer
    }
}

/// A JSON response that nobody keeps.
pub(super) fn said(status: u16, body: &Value) -> Answer {
    let mut answer = with(status, "application/json", body.to_string());
    answer.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}

/// A page for the user, where nobody may be redirected.
pub(super) fn page(status: u16, text: &str) -> Answer {
    with(status, "text/plain; charset=utf-8", format!("{text}\n"))
}

/// A redirect of the user's browser.
pub(super) fn redirect(to: &str) -> Answer {
    let Ok(location) = HeaderValue::from_str(to) else { return page(400, "the redirect URI is no URI") };
    let mut answer = with(302, "text/plain; charset=utf-8", String::new());
    answer.headers_mut().insert(LOCATION, location);
    answer
}

fn with(status: u16, kind: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
