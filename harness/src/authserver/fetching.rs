//! Documents of others that the server reads: of clients, and of the issuers that it trusts.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::Request;
use hyper::header::{ACCEPT, HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::client::is_loopback;

/// Largest document, in bytes.
const MAX_DOCUMENT: usize = 16 * 1024;
/// How long a document may take.
const FETCH: Duration = Duration::from_secs(5);
/// How long a document is kept that does not say, and at most, in seconds.
const KEPT: u64 = 300;

/// What was found at the URL of a document.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// Headers, in order.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Bytes,
}

/// How documents are fetched in place of the server's own way; an error is in words.
pub type Documents = Arc<dyn Fn(Url) -> BoxFuture<'static, Result<Fetched, String>> + Send + Sync>;

/// Whether a URL has the form that the draft asks for (section 3): no user, no fragment.
pub(super) fn is_plain(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

/// A document, and for how many seconds it can be kept. No redirect is followed.
///
/// # Errors
/// In words.
pub(super) async fn fetch(url: &Url, way: Option<&Documents>) -> Result<(Value, u64), String> {
    if !is_plain(url) {
        return Err("its URL has a user or a fragment".to_owned());
    }
    let work = async {
        match way {
            Some(way) => way(url.clone()).await,
            // The server is for tests on one machine: nobody makes it ask anyone else.
            None if url.scheme() == "http" && is_loopback(url) => get(url).await,
            None => Err("documents are fetched over http from loopback alone".to_owned()),
        }
    };
    let got = timeout(FETCH, work).await.map_err(|_| "it takes too long")??;
    let header = |name: &str| got.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    if got.status != 200 {
        return Err(format!("the status is {}", got.status));
    }
    if !header("content-type").is_some_and(|(_, kind)| kind.contains("json")) {
        return Err("it is not JSON by its content type".to_owned());
    }
    // What is no JSON has no members.
    let document = serde_json::from_slice(&got.body).unwrap_or_default();
    Ok((document, lifetime(header("cache-control").map_or("", |(_, value)| value))))
}

/// Keys from wherever they are, as nobody should take them.
pub(super) async fn get_keys_in_clear(url: &Url) -> Result<Value, String> {
    let got = timeout(FETCH, get(url)).await.map_err(|_| "it takes too long")??;
    serde_json::from_slice(&got.body).map_err(|e| format!("the keys are no JSON: {e}"))
}

async fn get(url: &Url) -> Result<Fetched, String> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.map_err(|e| e.to_string())?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
    // It ends with the request.
    tokio::spawn(connection);
    let target = &url[url::Position::BeforePath..];
    let request = Request::get(target).header(HOST, format!("{host}:{port}")).header(ACCEPT, "application/json");
    let request = request.body(Empty::<Bytes>::new()).map_err(|e| e.to_string())?;
    let response = sender.send_request(request).await.map_err(|e| e.to_string())?;
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, MAX_DOCUMENT).collect().await.map_err(|_| "it is too large or breaks off")?;
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    Ok(Fetched { status: parts.status.as_u16(), headers, body: body.to_bytes() })
}

/// For how long a document can be kept (RFC 9111).
fn lifetime(said: &str) -> u64 {
    let words = || said.split(',').map(str::trim);
    if words().any(|word| word.eq_ignore_ascii_case("no-store") || word.eq_ignore_ascii_case("no-cache")) {
        return 0;
    }
    let age = words().find_map(|word| word.to_ascii_lowercase().strip_prefix("max-age=")?.parse().ok());
    age.unwrap_or(KEPT).min(KEPT)
}
