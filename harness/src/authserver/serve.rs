//! The authorization server over HTTP.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::answer::{Answer, Asked, Refusal, said};
use super::{AuthServer, answer};

/// Largest body of a request, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// How long a client may take to send a request.
const READ: Duration = Duration::from_secs(10);
/// Open connections; further ones wait.
const MAX_CONNECTIONS: usize = 256;
/// The pause after the system refused to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl AuthServer {
    /// Answer a request, whichever way it came.
    pub async fn respond(&self, asked: Asked) -> Answer {
        let path = asked.path.as_str();
        // Whatever this origin serves is under the path of the issuer, but for what is well-known.
        let own = path.strip_prefix(self.settings.path.as_str()).unwrap_or(path);
        let endpoints = &self.settings.endpoints;
        let (get, post) = (asked.method == Method::GET, asked.method == Method::POST);
        if self.is_metadata(path) {
            return if get { open(said(200, &self.metadata())) } else { not_allowed("GET") };
        }
        if own == endpoints.jwks {
            return if get { open(said(200, &self.keys())) } else { not_allowed("GET") };
        }
        if own == endpoints.authorization {
            return match (get, post) {
                (true, _) => self.authorize(asked.query.as_bytes()).await,
                (_, true) if is_form(&asked.headers) => self.authorize(&asked.body).await,
                (_, true) => answer::page(400, "the request has to be a form"),
                _ => not_allowed("GET, POST"),
            };
        }
        if own == endpoints.token {
            return match post {
                true if is_form(&asked.headers) => self.token(&asked.headers, &asked.body).await,
                true => Refusal::invalid_request("the request has to be a form").answer(),
                false => not_allowed("POST"),
            };
        }
        if own == endpoints.registration && self.settings.registration {
            return if post { self.register(&asked.body) } else { not_allowed("POST") };
        }
        Refusal { status: 404, ..Refusal::new("not_found", "there is nothing here") }.answer()
    }
}

/// What everyone's scripts may read.
fn open(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}

fn not_allowed(methods: &'static str) -> Answer {
    let mut answer = Refusal { status: 405, ..Refusal::invalid_request("the method is not allowed here") }.answer();
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    answer
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes().to_ascii_lowercase());
    kind.is_some_and(|kind| kind.starts_with(b"application/x-www-form-urlencoded"))
}

/// Serve until dropped.
///
/// # Errors
/// Never by itself; the type leaves room for a listener that breaks.
pub async fn serve(listener: TcpListener, server: Arc<AuthServer>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let server = server.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let server = server.clone();
                async move { Ok::<_, Infallible>(answered(&server, request).await) }
            });
            let mut builder = hyper::server::conn::http1::Builder::new();
            let builder = builder.timer(TokioTimer::new()).header_read_timeout(READ);
            // How a connection ends is the client's affair.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answered(server: &AuthServer, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let answer = match timeout(READ, Limited::new(body, MAX_BODY).collect()).await {
        Ok(Ok(body)) => {
            let asked = Asked {
                method: parts.method,
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().unwrap_or_default().to_owned(),
                headers: parts.headers,
                body: body.to_bytes(),
            };
            server.respond(asked).await
        }
        _ => Refusal::invalid_request("the body is too large, or did not come").answer(),
    };
    answer.map(Full::new)
}
