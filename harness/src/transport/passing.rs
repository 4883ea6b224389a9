//! What those have in common that stand between a client and its servers: requests are taken on any number of
//! connections, and headers go on without those of the connection.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Most connections at a time; further ones wait.
const MAX_CONNECTIONS: usize = 256;
/// Most header fields of a request.
const MAX_HEADERS: usize = 256;
/// Headers that belong to a connection and not to what crosses it (RFC 9110, section 7.6.1).
const OF_THE_CONNECTION: [&str; 6] =
    ["connection", "content-length", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/// What ends an exchange early, so that the client's connection ends too.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// A response as it comes.
pub type PassedBody = UnsyncBoxBody<Bytes, BoxError>;

/// Answer requests until dropped, and with it end all connections. The names of headers have capitals on every other
/// connection and none on the rest, which is the same to who reads them (RFC 9110, section 5.1). With `tls` they come over TLS; who
/// does not get that far, such as one that does not trust the certificate, asks nothing.
pub async fn take_requests<A, F>(listener: TcpListener, tls: Option<TlsAcceptor>, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<PassedBody>, BoxError>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    let mut capitals = true;
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(welcome(stream, tls.clone(), capitals, answer.clone()));
            capitals = !capitals;
        }
    }
}

async fn welcome<A, F>(stream: TcpStream, tls: Option<TlsAcceptor>, capitals: bool, answer: A)
where
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<PassedBody>, BoxError>> + Send + 'static,
{
    // Without it the events of a stream would wait for one another; if it fails, so will what follows.
    let _ = stream.set_nodelay(true);
    match tls {
        None => converse(stream, capitals, answer).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                converse(stream, capitals, answer).await;
            }
        }
    }
}

async fn converse<S, A, F>(stream: S, capitals: bool, answer: A)
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<PassedBody>, BoxError>> + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).max_headers(MAX_HEADERS).title_case_headers(capitals);
    // A connection that ends early, on purpose or not, concerns nobody else.
    let _ = builder.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
}

/// Whether a header goes no further than the connection.
pub fn is_of_the_connection(name: &str) -> bool {
    OF_THE_CONNECTION.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// The headers of a request that go further than the connection, in order.
pub fn end_to_end(headers: &HeaderMap) -> Vec<(String, String)> {
    let fields = headers.iter().filter(|(name, _)| !is_of_the_connection(name.as_str()));
    fields
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}
