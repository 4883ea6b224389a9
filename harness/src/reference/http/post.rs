//! POST: one message from the client.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming as Body;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Request};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::reply::{Response, empty, json, plain, stream};
use super::run;
use crate::reference::core::{Call, Client, Era, Server};
use crate::reference::faults::Taken;
use crate::reference::outbox::Outbox;
use crate::reference::rpc::{self, Failure, INVALID_REQUEST, Incoming, Object, Received};
use crate::reference::session::Session;
use crate::reference::sse;
use crate::reference::{Answers, Switch, connection, handshake, headers, listening, protection, stateless};
use crate::revision::Revision;

/// Answers one POST. `Err` cuts the connection.
pub(super) async fn answer(server: &Arc<Server>, request: Request<Body>) -> io::Result<Response> {
    let (head, body) = request.into_parts();
    let headers = &head.headers;
    if !is_json(headers) {
        return Ok(plain(415, "POST needs `Content-Type: application/json`"));
    }
    if let Some(failure) = careless(server, headers) {
        return Ok(failure);
    }
    if !listening::accepts(headers, "application/json") || !listening::accepts(headers, "text/event-stream") {
        return Ok(plain(406, "POST needs `Accept: application/json, text/event-stream`"));
    }
    let (body, pieces) = match read(server, body).await? {
        Ok(body) => body,
        Err(refusal) => return Ok(refusal),
    };
    if !server.faults.any() {
        return dispatch(server, headers, &body).await;
    }
    match server.faults.body(body.to_vec(), pieces) {
        Taken::Read(body) => {
            let mut response = dispatch(server, headers, &body).await?;
            server.faults.reflect(&body, &mut response);
            Ok(response)
        }
        Taken::Refused(failure) => Ok(refuse(&failure.status(400), None)),
        Taken::Waits | Taken::Never => std::future::pending().await,
    }
}

/// What a server answers that cannot do without a header.
pub(in crate::reference) fn careless(server: &Server, headers: &HeaderMap) -> Option<Response> {
    let fails = !headers.contains_key(ACCEPT) && server.faults.needs_accept();
    fails.then(|| plain(500, "'NoneType' object has no attribute 'split'"))
}

/// The body, and the number of pieces that it came in, or the refusal of it. `Err` cuts the connection.
pub(in crate::reference) async fn read(server: &Server, body: Body) -> io::Result<Result<(Bytes, usize), Response>> {
    match timeout(server.options.read_deadline, collect(server, body)).await {
        Ok(Ok(body)) => Ok(Ok(body)),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Ok(Err(plain(413, &format!("a message has at most {} bytes", server.options.max_message))))
        }
        Ok(Err(error)) => Err(io::Error::other(error)),
        Err(_) => Ok(Err(plain(408, "the request did not arrive in time"))),
    }
}

async fn collect(server: &Server, body: Body) -> Result<(Bytes, usize), Box<dyn std::error::Error + Send + Sync>> {
    let mut body = Limited::new(body, server.options.max_message);
    if !server.has(Switch::DecodesPiecewise) && !server.faults.any() {
        return Ok((body.collect().await?.to_bytes(), 1));
    }
    let (mut whole, mut pieces) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data() {
            pieces += 1;
            if server.has(Switch::DecodesPiecewise) {
                whole.extend_from_slice(String::from_utf8_lossy(&piece).as_bytes());
            } else {
                whole.extend_from_slice(&piece);
            }
        }
    }
    Ok((whole.into(), pieces))
}

async fn dispatch(server: &Arc<Server>, headers: &HeaderMap, body: &[u8]) -> io::Result<Response> {
    let message = match rpc::read(body) {
        Ok(Received::One(message)) => message,
        Ok(Received::Batch(members)) => {
            let method = |member: &Value| member.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
            let refused = members.iter().find_map(|member| forbidden(server, &method(member), member.get("params")));
            return Ok(match refused {
                Some(refusal) => refusal,
                None => in_batch(server, headers, members).await,
            });
        }
        Err(rejected) if rejected.failure.code == rpc::PARSE && server.has(Switch::DiesOnInvalidJson) => {
            return Err(io::Error::other(rejected.failure.message));
        }
        Err(rejected) => {
            let revision = listening::agreed(server, headers).await;
            return Ok(json(rejected.failure.status, rejected.response(revision).to_string()));
        }
    };
    if let Incoming::Request { method, params, .. } = &message
        && let Some(refusal) = forbidden(server, method, params.as_ref())
    {
        return Ok(refusal);
    }
    Ok(match (era(server, headers, &message), message) {
        (Era::Stateless, Incoming::Request { id, method, params }) => {
            let checked = check_stateless(server, headers, &method, params);
            let (client, params) = match checked {
                Ok(checked) => checked,
                Err(failure) => return Ok(refuse(&failure, Some(&id))),
            };
            let cancelled = CancellationToken::new();
            let call = call(server, stateless::REVISION, id, method, params, client, cancelled);
            run::one(server, call, None).await
        }
        (Era::Stateless, Incoming::Notification { method, params }) => accepted(server, &method, params.as_ref()),
        (Era::Stateless, Incoming::Response { .. }) => {
            plain(400, "clients send no responses in this revision; answer in `inputResponses` of a retried request")
        }
        (Era::Handshake, message) => in_session(server, headers, message).await,
    })
}

/// The refusal of a request for which the caller's scopes do not suffice.
fn forbidden(server: &Server, method: &str, params: Option<&Value>) -> Option<Response> {
    server.options.protection.as_ref()?.forbids(&server.options, method, params)
}

async fn in_session(server: &Arc<Server>, headers: &HeaderMap, message: Incoming) -> Response {
    let opens = matches!(&message, Incoming::Request { method, .. } if method == "initialize");
    let again = server.has(Switch::AcceptsSecondInitialize) || !headers.contains_key(listening::SESSION);
    if let Incoming::Request { id, params, .. } = &message
        && opens
        && again
    {
        return initialize(server, headers, id, params.as_ref()).await;
    }
    let session = match listening::session(server, headers).await {
        Ok(session) => session,
        Err(failure) => {
            let id = if let Incoming::Request { id, .. } = &message { Some(id) } else { None };
            return refuse(&failure, id);
        }
    };
    match message {
        Incoming::Notification { method, params } => {
            match server.notified(Some(&session), &method, params.as_ref()).await {
                Ok(()) => accepted(server, &method, params.as_ref()),
                Err(failure) => refuse(&failure, None),
            }
        }
        Incoming::Response { id, outcome } => {
            server.answered(&session, id, outcome).await;
            empty(202)
        }
        Incoming::Request { id, method, params } => match prepare(server, &session, id.clone(), method, params).await {
            Ok(call) => run::one(server, call, Some(session)).await,
            Err(failure) => refuse(&failure, Some(&id)),
        },
    }
}

/// A request of a session, ready to be worked on.
async fn prepare(
    server: &Arc<Server>,
    session: &Arc<Session>,
    id: Value,
    method: String,
    params: Option<Value>,
) -> Result<Call, Failure> {
    let params = handshake::params(&method, params)?;
    let client = handshake::client(session, &params)?;
    let cancelled = session.begin(&id).await?.ok_or_else(|| {
        Failure::new(INVALID_REQUEST, "a request with this id is being worked on; use another id").status(400)
    })?;
    let mut call = call(server, session.revision, id, method, params, client, cancelled);
    call.session = Some(Arc::clone(session));
    Ok(call)
}

/// A batch of a session: notifications and responses take effect, requests are answered together.
async fn in_batch(server: &Arc<Server>, headers: &HeaderMap, members: Vec<Value>) -> Response {
    let session = match listening::session(server, headers).await {
        Ok(session) => session,
        Err(failure) => return refuse(&failure, None),
    };
    if let Err(failure) = rpc::admit_batch(session.revision, &members) {
        return json(failure.status, failure.nameless(session.revision).to_string());
    }
    let (mut calls, mut replies) = (Vec::new(), Vec::new());
    for member in members {
        match rpc::read_one(member) {
            Ok(Incoming::Notification { method, params }) => {
                if let Err(failure) = server.notified(Some(&session), &method, params.as_ref()).await {
                    return refuse(&failure, None);
                }
            }
            Ok(Incoming::Response { id, outcome }) => {
                server.answered(&session, id, outcome).await;
            }
            Ok(Incoming::Request { id, method, params }) => {
                match prepare(server, &session, id.clone(), method, params).await {
                    Ok(call) => calls.push(call),
                    Err(failure) => replies.push(failure.response(Some(&id))),
                }
            }
            Err(rejected) => replies.push(rejected.response(session.revision)),
        }
    }
    if calls.is_empty() && replies.is_empty() {
        return accepted(server, "", None);
    }
    run::batch(server, calls, replies, &session).await
}

async fn initialize(server: &Arc<Server>, headers: &HeaderMap, id: &Value, params: Option<&Value>) -> Response {
    match opened(server, headers, id, params).await {
        Ok(response) => response,
        Err(failure) => refuse(&failure, Some(id)),
    }
}

async fn opened(
    server: &Arc<Server>,
    headers: &HeaderMap,
    id: &Value,
    params: Option<&Value>,
) -> Result<Response, Failure> {
    listening::check_version(server, headers, None)?;
    let (session, result) = handshake::initialize(server, params, None).await?;
    let message = rpc::success(id, result).to_string();
    let mut response = if server.options.answers == Answers::Sse {
        let log = session.new_stream(true);
        session.keep(&log, false).await?;
        log.finish(Some((message, 200))).await;
        let style = listening::style(server, session.revision, &log.place.name, true);
        stream(sse::body(style, Vec::new(), log.reader(0).await?, None))
    } else {
        json(200, message)
    };
    if let Ok(value) = HeaderValue::from_str(&server.faults.session(&session.id)) {
        response.headers_mut().insert(listening::SESSION, value);
    }
    Ok(response)
}

/// Checks `_meta` and headers of a stateless request, the cheap and general before the particular.
fn check_stateless(
    server: &Server,
    headers: &HeaderMap,
    method: &str,
    params: Option<Value>,
) -> Result<(Client, Object), Failure> {
    match stateless::version(params.as_ref()) {
        Ok(declared) => headers::check_version(server, headers, declared)?,
        Err(_) if server.has(Switch::AcceptsMissingMeta) => {}
        Err(failure) => return Err(failure),
    }
    let params = handshake::params(method, params).map_err(|failure| failure.status(400))?;
    let mut client = stateless::client(server, &params)?;
    connection::remember(server, &mut client);
    headers::check_body(server, headers, method, &params)?;
    Ok((client, params))
}

fn call(
    server: &Arc<Server>,
    revision: Revision,
    id: Value,
    method: String,
    params: Object,
    client: Client,
    cancelled: CancellationToken,
) -> Call {
    let closing = server.options.shutdown.clone();
    let server = Arc::clone(server);
    Call {
        server,
        revision,
        id,
        method,
        params,
        client,
        session: None,
        caller: protection::caller(),
        outbox: Outbox::Closed,
        cancelled,
        closing,
    }
}

/// Which revision a message speaks, where the server speaks both: its own `_meta` decides, then its headers, then what
/// there is in only one of them.
fn era(server: &Server, headers: &HeaderMap, message: &Incoming) -> Era {
    let (method, params) = match message {
        Incoming::Request { method, params, .. } | Incoming::Notification { method, params } => {
            (method.as_str(), params.as_ref())
        }
        Incoming::Response { .. } => ("", None),
    };
    match server.only_era() {
        // The answer to the handshake says that there is none.
        Some(Era::Stateless) if method == "initialize" && !stateless::is_marked(params) => return Era::Handshake,
        Some(only) => return only,
        None => {}
    }
    let version = headers.get(headers::VERSION).map(|version| version.to_str().unwrap_or_default());
    if stateless::is_marked(params) || version == Some(stateless::VERSION) {
        return Era::Stateless;
    }
    if headers.contains_key(listening::SESSION) || method == "initialize" {
        return Era::Handshake;
    }
    let only_stateless = matches!(method, "server/discover" | "subscriptions/listen");
    match version {
        _ if only_stateless => Era::Stateless,
        // A version nobody knows is told which ones there are, and the stateless error can do that.
        Some(version) => version.parse().map_or(Era::Stateless, Revision::era),
        None => Era::Handshake,
    }
}

/// The answer to a notification, or to a batch of them, which has no method.
fn accepted(server: &Server, method: &str, params: Option<&Value>) -> Response {
    if let Some(message) =
        Some(method).filter(|method| !method.is_empty()).and_then(|method| server.faults.notified(method, params))
    {
        return json(200, message.to_string());
    }
    if server.has(Switch::AnswersNotifications) {
        return json(200, json!({ "jsonrpc": "2.0", "id": null, "result": {} }).to_string());
    }
    empty(202)
}

fn refuse(failure: &Failure, id: Option<&Value>) -> Response {
    json(failure.status, failure.response(id).to_string())
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}
