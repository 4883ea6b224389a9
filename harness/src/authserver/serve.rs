//! The authorization server over HTTP.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::endpoints::{Said, keys, metadata, register, token};
use crate::token::Authority;

/// Largest body of a request, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// How long a client may take to send a request.
const READ: Duration = Duration::from_secs(10);
/// Open connections; further ones wait.
const MAX_CONNECTIONS: usize = 256;
/// The pause after the system refused to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serve until dropped.
///
/// # Errors
/// Never by itself; the type leaves room for a listener that breaks.
pub async fn serve(listener: TcpListener, authority: Arc<Authority>) -> io::Result<()> {
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
        let authority = authority.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let authority = authority.clone();
                async move { Ok::<_, Infallible>(answer(&authority, request).await) }
            });
            let mut builder = hyper::server::conn::http1::Builder::new();
            let builder = builder.timer(TokioTimer::new()).header_read_timeout(READ);
            // How a connection ends is the client's affair.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(authority: &Authority, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let said = match (request.method(), path.as_str()) {
        (&Method::GET, "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration") => {
            metadata(authority)
        }
        (&Method::GET, "/jwks") => keys(authority),
        (&Method::POST, "/token") => {
            let form = request.headers().get(CONTENT_TYPE).is_some_and(|kind| {
                kind.as_bytes().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
            });
            match timeout(READ, Limited::new(request.into_body(), MAX_BODY).collect()).await {
                Ok(Ok(body)) if form => token(authority, &body.to_bytes()),
                _ => Said::refusal(400, "invalid_request"),
            }
        }
        (&Method::POST, "/register") => {
            match timeout(READ, Limited::new(request.into_body(), MAX_BODY).collect()).await {
                Ok(Ok(body)) => register(&body.to_bytes()),
                _ => Said::refusal(400, "invalid_client_metadata"),
            }
        }
        (
            _,
            "/.well-known/oauth-authorization-server"
            | "/.well-known/openid-configuration"
            | "/jwks"
            | "/register"
            | "/token",
        ) => Said::refusal(405, "invalid_request"),
        _ => Said::refusal(404, "not_found"),
    };
    let mut response = Response::new(Full::new(Bytes::from(said.body.to_string())));
    *response.status_mut() = StatusCode::from_u16(said.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
