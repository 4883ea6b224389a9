//! The listening side.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::connect::Upstream;
use super::exchange::Proxy;
use crate::mutate::Mutator;

/// Most connections of clients at a time; further ones wait.
const MAX_CONNECTIONS: usize = 1024;
/// Most header fields of a request or response.
pub(super) const MAX_HEADERS: usize = 512;

/// Why the proxy does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The server's URL is of no use.
    #[error("{0}")]
    Upstream(String),
    /// The listener failed.
    #[error("the mutator cannot accept connections: {0}")]
    Listen(#[from] io::Error),
}

/// Passes HTTP requests on to the server of `upstream`, path and query as they come, and applies the rules of `mutator`.
/// Runs until dropped, and with it end all connections.
///
/// # Errors
/// [`ServeError`] when the URL is not that of an HTTP server or the listener fails.
pub async fn serve(listener: TcpListener, upstream: Url, mutator: Arc<Mutator>) -> Result<(), ServeError> {
    serve_until(listener, upstream, mutator, CancellationToken::new()).await
}

/// The same until the server of `upstream` has `ended`: what it has answered by then still gets to its clients.
///
/// # Errors
/// As [`serve`].
pub async fn serve_until(
    listener: TcpListener,
    upstream: Url,
    mutator: Arc<Mutator>,
    ended: CancellationToken,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    let own = vec![address.to_string(), format!("localhost:{}", address.port())];
    let upstream = Upstream::new(&upstream).map_err(ServeError::Upstream)?;
    let proxy = Arc::new(Proxy { upstream, own, mutator, asked: Default::default(), primed: Default::default() });
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        let accepted = tokio::select! {
            () = ended.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(converse(stream, Arc::clone(&proxy), ended.clone()));
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error.into()),
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn converse(stream: TcpStream, proxy: Arc<Proxy>, ended: CancellationToken) {
    let service = service_fn(move |request| Arc::clone(&proxy).exchange(request));
    // Without it the events of a stream would wait for one another; if it fails, so will what follows.
    let _ = stream.set_nodelay(true);
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).preserve_header_case(true).max_headers(MAX_HEADERS).auto_date_header(false);
    // A connection that ends early, on purpose or not, concerns nobody else.
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => {}
        () = ended.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
