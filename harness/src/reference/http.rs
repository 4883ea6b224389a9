//! The Streamable HTTP transport of both eras, on one path.

mod guard;
pub(super) mod post;
pub(super) mod reply;
mod run;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::connection::{self, Remembered};
use super::core::Server;
use super::{Options, Switch};
use super::{card, legacy, listening, protection, stateless};
use crate::revision::{Era, Revision};
use crate::token::Identity;
use reply::{Response, plain};

/// The path of the MCP endpoint.
pub(super) const PATH: &str = "/mcp";
/// The pause after the system refused to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long a connection that is not in use is kept when the server ends: a request may be on its way on it.
const GRACE: Duration = Duration::from_millis(200);

/// Serves MCP at `/mcp` of this listener: the revisions up to 2025-11-25 with sessions, and revision 2026-07-28; and
/// HTTP+SSE, the transport of 2024-11-05, with its event stream at `/sse`.
///
/// Runs until the future is dropped, which ends everything at once, or `options.shutdown` is cancelled. Then nobody new
/// is let in, streams on which a client listens are closed at a place where they can be resumed, subscriptions end with
/// their result, and what is being answered has `options.drain` to end.
///
/// # Errors
/// If the system gives no random bytes for keys, or the store does not answer.
pub async fn serve_http(listener: TcpListener, options: Options) -> io::Result<()> {
    let server = Server::new(options).await?;
    let _stop = server.stop.clone().drop_guard();
    let free = Arc::new(Semaphore::new(server.options.max_connections));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = async {
                let permit = Arc::clone(&free).acquire_owned().await;
                (listener.accept().await, permit)
            } => accepted,
            () = server.options.shutdown.cancelled() => break,
        };
        match accepted {
            (Ok((stream, _)), permit) => {
                let server = Arc::clone(&server);
                connections.spawn(async move {
                    serve_connection(server, stream).await;
                    drop(permit);
                });
            }
            // Out of file descriptors, say: the next attempt may do.
            (Err(_), _) => sleep(ACCEPT_PAUSE).await,
        }
    }
    if server.has(Switch::DrainDropsAnswers) {
        return Ok(());
    }
    // Who has connected is answered; nobody new can.
    let admitted = async {
        while let Ok(Ok((stream, _))) = timeout(GRACE / 4, listener.accept()).await {
            connections.spawn(serve_connection(Arc::clone(&server), stream));
        }
    };
    let _ = timeout(GRACE, admitted).await;
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    // What is still open after this time is cut.
    let _ = timeout(GRACE + server.options.drain, drained).await;
    Ok(())
}

async fn serve_connection(server: Arc<Server>, stream: TcpStream) {
    // Small messages must not wait for more; where the option is refused they merely come later.
    let _ = stream.set_nodelay(true);
    let shutdown = server.options.shutdown.clone();
    let deadline = server.options.read_deadline;
    let connection = Remembered::new(&server);
    let service = service_fn(move |request| {
        let (server, connection) = (Arc::clone(&server), Arc::clone(&connection));
        async move { connection::on(connection, answer(&server, request)).await.map(|response| last(&server, response)) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(deadline)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // How a connection ends is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = async { shutdown.cancelled().await; sleep(GRACE).await } => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// The response, which says so when it is the last on its connection.
fn last(server: &Server, mut response: Response) -> Response {
    if server.options.shutdown.is_cancelled() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn answer(server: &Arc<Server>, request: Request<Incoming>) -> io::Result<Response> {
    if let Some(response) = card::answer(server, &request) {
        return Ok(response);
    }
    if let Err(reason) = guard::check(&server.options, request.headers()) {
        return Ok(plain(403, &reason));
    }
    let protection = server.options.protection.clone();
    if let Some(document) = protection.as_ref().and_then(|protection| protection.metadata(request.uri().path())) {
        return Ok(document);
    }
    // Older than authorization, it is served to everyone.
    let old = server.options.revisions.contains(&Revision::V2024_11_05);
    if old && [legacy::EVENTS, legacy::MESSAGES].contains(&request.uri().path()) {
        return legacy::answer(server, request).await;
    }
    if request.uri().path() != PATH {
        return Ok(plain(404, "there is nothing here; the MCP endpoint is /mcp"));
    }
    let Some(protection) = protection else { return admitted(server, request).await };
    let asked =
        protection::Asked { verb: request.method().as_str(), headers: request.headers(), query: request.uri().query() };
    match protection.admit(&server.options, &server.sessions, asked).await {
        Ok(identity) => {
            let subject = identity.subject.clone();
            let response = protection::as_caller(identity, admitted(server, request)).await?;
            if let Some(session) = response.headers().get(listening::SESSION).and_then(|id| id.to_str().ok()) {
                // Where it cannot be noted the session can be used by nobody else all the same: it cannot be found either.
                let _ = server.sessions.own(session, &subject).await;
            }
            Ok(response)
        }
        Err(refusal) => {
            if server.has(Switch::TokenCheckedLate) {
                protection::as_caller(Identity::default(), admitted(server, request)).await?;
            }
            Ok(*refusal)
        }
    }
}

async fn admitted(server: &Arc<Server>, request: Request<Incoming>) -> io::Result<Response> {
    if request.method() == Method::POST {
        return post::answer(server, request).await;
    }
    let named = request.headers().get(super::headers::VERSION).is_some_and(|version| version == stateless::VERSION);
    let stateless = server.only_era().map_or(named, |only| only == Era::Stateless);
    Ok(match *request.method() {
        Method::GET if !stateless => listening::open(server, request.headers()).await,
        Method::DELETE if !stateless => listening::end(server, request.headers()).await,
        _ if stateless => reply::not_allowed("POST", &format!("{} has POST only", stateless::VERSION)),
        _ => reply::not_allowed("POST, GET, DELETE", "the MCP endpoint has POST, GET and DELETE"),
    })
}
