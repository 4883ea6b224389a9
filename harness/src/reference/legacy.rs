//! The HTTP+SSE transport of 2024-11-05 (basic/transports#http-with-sse), on paths of its own.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use hyper::body::{Frame, Incoming};
use hyper::{Method, Request};
use indexmap::IndexMap;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::core::{Server, lock};
use super::faults::Taken;
use super::http::post;
use super::http::reply::{self, Response, empty, json, plain};
use super::listening::accepts;
use super::seal::random;
use super::stdio::Connection;
use crate::revision::Revision;

/// Where the event stream is.
pub const EVENTS: &str = "/sse";
/// Where messages are sent; the query says whose.
pub const MESSAGES: &str = "/message";
/// The parameter of the query.
const SESSION: &str = "session=";
/// Messages waiting to be read by one client; whoever sends more waits.
const MAX_WAITING: usize = 1024;

/// The open connections by their id.
#[derive(Default)]
pub(super) struct Connections(Mutex<IndexMap<String, Arc<tokio::sync::Mutex<Connection>>>>);

impl Connections {
    /// The connection of a client whose event stream is here.
    pub(super) fn get(&self, id: &str) -> Option<Arc<tokio::sync::Mutex<Connection>>> {
        lock(&self.0).get(id).cloned()
    }

    /// The one whose event stream was opened last.
    fn newest(&self) -> Option<(String, Arc<tokio::sync::Mutex<Connection>>)> {
        lock(&self.0).last().map(|(id, connection)| (id.clone(), connection.clone()))
    }
}

/// Takes a connection away when its stream is no longer read.
struct Leave {
    server: Arc<Server>,
    id: String,
}

impl Drop for Leave {
    fn drop(&mut self) {
        lock(&self.server.legacy.0).shift_remove(&self.id);
        self.server.let_go(&self.id);
    }
}

/// Answers a request to one of the two paths.
pub(super) async fn answer(server: &Arc<Server>, request: Request<Incoming>) -> io::Result<Response> {
    let path = request.uri().path().to_owned();
    match (path.as_str(), request.method()) {
        (EVENTS, &Method::GET) if accepts(request.headers(), "text/event-stream") => open(server).await,
        (EVENTS, &Method::GET) => Ok(plain(406, "GET needs `Accept: text/event-stream`")),
        (EVENTS, _) => Ok(reply::not_allowed("GET", "this is an event stream; messages go where it says")),
        (_, &Method::POST) => message(server, request).await,
        _ => Ok(reply::not_allowed("POST", "messages are sent here by POST")),
    }
}

/// A new connection: the address for its messages, then all that the server says.
async fn open(server: &Arc<Server>) -> io::Result<Response> {
    let id: String = random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let (line, waiting) = mpsc::channel(MAX_WAITING);
    let connection = Connection::new(server, line);
    {
        let mut all = lock(&server.legacy.0);
        if all.len() >= server.options.max_sessions {
            return Ok(plain(503, "too many clients; try again later"));
        }
        all.insert(id.clone(), Arc::new(tokio::sync::Mutex::new(connection)));
    }
    if let Err(failure) = server.hold(&id).await {
        lock(&server.legacy.0).shift_remove(&id);
        return Ok(plain(failure.status, &failure.message));
    }
    let first = format!("event: endpoint\ndata: {MESSAGES}?{SESSION}{id}\n\n");
    let leave = Leave { server: Arc::clone(server), id };
    let keep_alive = server.options.keep_alive;
    let rest = stream::unfold((waiting, leave), move |(mut waiting, leave)| async move {
        let text = next(&mut waiting, keep_alive).await?;
        Some((text, (waiting, leave)))
    });
    let frame = |text: String| Ok::<_, Infallible>(Frame::data(Bytes::from(text)));
    Ok(reply::stream(stream::iter([first]).chain(rest).map(frame)))
}

async fn next(waiting: &mut mpsc::Receiver<String>, keep_alive: Duration) -> Option<String> {
    match timeout(keep_alive, waiting.recv()).await {
        Ok(message) => message.map(|message| format!("event: message\ndata: {message}\n\n")),
        Err(_) => Some(":\n\n".to_owned()),
    }
}

/// A message of the client whose id the query gives.
async fn message(server: &Arc<Server>, request: Request<Incoming>) -> io::Result<Response> {
    let query = request.uri().query().unwrap_or_default();
    let id = query.split('&').find_map(|part| part.strip_prefix(SESSION)).unwrap_or_default();
    let (mut id, mut connection) = (id.to_owned(), server.legacy.get(id));
    if let Some(failure) = post::careless(server, request.headers()) {
        return Ok(failure);
    }
    let (mut body, pieces) = match post::read(server, request.into_body()).await? {
        Ok(body) => body,
        Err(refusal) => return Ok(refusal),
    };
    if server.faults.any() {
        if let Some(newest) = server.legacy.newest().filter(|_| server.faults.has_one_stream()) {
            (id, connection) = (newest.0, Some(newest.1));
        }
        match server.faults.body(body.to_vec(), pieces) {
            Taken::Read(read) => body = read.into(),
            Taken::Refused(failure) => return Ok(json(400, failure.nameless(Revision::V2024_11_05).to_string())),
            Taken::Waits | Taken::Never => std::future::pending().await,
        }
    }
    let Some(connection) = connection else {
        return Ok(match server.forward(&id, &body).await {
            Ok(Some(response)) => response,
            Ok(None) => {
                plain(404, "there is no such client; open the event stream and send to the address that it names")
            }
            Err(failure) => plain(failure.status, &failure.message),
        });
    };
    let received = connection.lock().await.receive(&body).await;
    let mut response = match received {
        Ok(()) => empty(202),
        Err(refusal) => json(400, refusal.to_string()),
    };
    server.faults.reflect(&body, &mut response);
    Ok(response)
}
