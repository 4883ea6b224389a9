//! Client ID Metadata Documents: clients whose identifier is the URL of what they say about themselves.

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

use super::AuthServer;
use super::client::{Client, Redirects, is_loopback};
use crate::oauth::{AuthMethod, AuthSwitch, ClientIdDocuments, Settings};
use crate::token::now;

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

impl AuthServer {
    /// Fetch documents in this way. The first stays.
    pub fn fetch_documents_by(&self, way: Documents) {
        let _ = self.documents.set(way);
    }

    /// Ask an issuer about itself, whatever it answers.
    pub(super) async fn ask_issuer(&self, issuer: &str) {
        if let Ok(url) = Url::parse(&format!("{issuer}/.well-known/openid-configuration")) {
            let _ = fetch(&url, self.documents.get()).await;
        }
    }

    /// The client of this identifier, whose document is read where it has one.
    ///
    /// # Errors
    /// In words for the user.
    pub(super) async fn find_client(&self, id: &str) -> Result<Client, String> {
        if let Some(client) = self.client(id) {
            return Ok(client);
        }
        let unknown = || "there is no such client".to_owned();
        let url = Url::parse(id).map_err(|_| unknown())?;
        let how = match self.settings.client_id_documents {
            ClientIdDocuments::Fetched if self.settings.has(AuthSwitch::DocumentNotFetched) => {
                ClientIdDocuments::Trusted
            }
            how => how,
        };
        match how {
            ClientIdDocuments::Off => Err(unknown()),
            ClientIdDocuments::Trusted => {
                let fits = matches!(url.scheme(), "https" | "http") && url.path() != "/" && is_plain(&url);
                let host = url.host_str().map(str::to_owned);
                let client = Client::public(id, Redirects::Near(host));
                Some(client).filter(|_| fits).ok_or_else(unknown)
            }
            ClientIdDocuments::Fetched => {
                let (document, lifetime) = fetch(&url, self.documents.get()).await?;
                let mut client = read(id, &document, &self.settings)?;
                client.stale = Some(now() + lifetime);
                if lifetime > 0 && !self.settings.has(AuthSwitch::DocumentNotKept) {
                    self.state().keep_client(client.clone());
                }
                Ok(client)
            }
        }
    }
}

/// Whether a URL has the form that the draft asks for (section 3): no user, no fragment.
fn is_plain(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

/// A document, and for how many seconds it can be kept. No redirect is followed.
async fn fetch(url: &Url, way: Option<&Documents>) -> Result<(Value, u64), String> {
    if !is_plain(url) {
        return Err("a URL with a user or a fragment is no client id".to_owned());
    }
    let failed = |why: &str| format!("failed to read the document of the client: {why}");
    let work = async {
        match way {
            Some(way) => way(url.clone()).await,
            // The server is for tests on one machine: nobody makes it ask anyone else.
            None if url.scheme() == "http" && is_loopback(url) => get(url).await,
            None => Err("documents of clients are fetched over http from loopback alone".to_owned()),
        }
    };
    let got = timeout(FETCH, work).await.map_err(|_| failed("it takes too long"))?.map_err(|why| failed(&why))?;
    let header = |name: &str| got.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    if got.status != 200 {
        return Err(failed(&format!("the status is {}", got.status)));
    }
    if !header("content-type").is_some_and(|(_, kind)| kind.contains("json")) {
        return Err(failed("it is not JSON by its content type"));
    }
    // What is no JSON has no members.
    let document = serde_json::from_slice(&got.body).unwrap_or_default();
    Ok((document, lifetime(header("cache-control").map_or("", |(_, value)| value))))
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

/// The client of a document.
fn read(id: &str, document: &Value, settings: &Settings) -> Result<Client, String> {
    let careless = settings.has(AuthSwitch::DocumentIncomplete);
    if !document.is_object() && careless {
        return Ok(Client::public(id, Redirects::Near(None)));
    }
    let wrong = |why: &str| Err(format!("the document of the client is of no use: {why}"));
    if !document.is_object() {
        return wrong("it is no JSON object");
    }
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    if text("client_id") != Some(id) && !settings.has(AuthSwitch::DocumentOfAnother) {
        return wrong("its `client_id` is not its URL");
    }
    if text("client_name").is_none() && !careless {
        return wrong("it has no `client_name`");
    }
    let listed = document.get("redirect_uris").and_then(Value::as_array);
    let listed: Option<Vec<String>> =
        listed.and_then(|all| all.iter().map(|uri| uri.as_str().map(str::to_owned)).collect());
    let redirects = match listed.filter(|listed| !listed.is_empty()) {
        Some(listed) => Redirects::Listed(listed),
        None if careless => Redirects::Near(None),
        None => return wrong("it has no `redirect_uris`"),
    };
    // Nobody shares a secret with the server beforehand (section 4.1 of the draft).
    let method = match text("token_endpoint_auth_method").map(AuthMethod::of) {
        None => AuthMethod::None,
        Some(Some(method)) if !method.is_secret() && document.get("client_secret").is_none() => method,
        Some(_) => return wrong("its `token_endpoint_auth_method` is by a secret"),
    };
    let jwks = document.get("jwks").cloned();
    if method == AuthMethod::PrivateKeyJwt && jwks.is_none() {
        return wrong("it has no `jwks`");
    }
    Ok(Client { method, jwks, ..Client::public(id, redirects) })
}
