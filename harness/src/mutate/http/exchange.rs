//! One HTTP request and its response.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::http::{request, response};
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use serde_json::Value;

use super::asked::Asked;
use super::body::{Body, BoxError, broken_off, collect, in_pieces, in_two, whole};
use super::connect::{Connection, Upstream};
use super::events::{self, Events};
use super::headers;
use crate::mutate::headers::without;
use crate::mutate::{Mutator, Outgoing, Selection};
use crate::scenario::Answering;
use crate::wire::sse::Event;

/// How long a response stays open that a rule holds back, unless the client ends it before.
pub(super) const HELD: Duration = Duration::from_secs(600);

/// What became of a connection that a rule closes.
const CLOSED: &str = "the connection was closed instead of an answer";

/// What all exchanges share.
pub(super) struct Proxy {
    pub(super) upstream: Upstream,
    /// The proxy's own authorities.
    pub(super) own: Vec<String>,
    pub(super) mutator: Arc<Mutator>,
    pub(super) asked: Asked,
    /// How many streams of its own it has begun with an event id.
    pub(super) primed: AtomicU64,
}

impl Proxy {
    /// Passes one request on and its response back. An error closes the connection of the client.
    pub(super) async fn exchange(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, BoxError> {
        let (parts, body) = request.into_parts();
        // In HTTP+SSE (2024-11-05) the address to which a client sends stands for the session; its stream names that.
        let named = |query: &str| !query.contains("access_token=");
        let address = parts.uri.path_and_query().filter(|address| address.query().is_some_and(named));
        let address = address.and_then(|address| HeaderValue::from_str(address.as_str()).ok());
        let session = parts.headers.get("mcp-session-id").cloned().or(address);
        let body = match collect(body).await {
            Ok(body) => body,
            Err(error) => return refuse(StatusCode::PAYLOAD_TOO_LARGE, &*error),
        };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let selection = Arc::new(self.mutator.select(Some((parts.method.as_str(), target)), &body));
        self.asked.remember(session.as_ref(), &selection);
        let (response, connection) = match self.upstream.send(self.request(parts, body, &selection)?).await {
            Ok(answered) => answered,
            Err(error) => return refuse(StatusCode::BAD_GATEWAY, &*error),
        };
        let (mut head, body) = response.into_parts();
        let selection = self.mutator.settle(selection, head.status.as_u16());
        head.version = Version::HTTP_11;
        head.headers = headers::end_to_end(&head.headers);
        if is_stream(&head) {
            return self.stream(head, body, connection, selection, session).await;
        }
        if !selection.changes_answer() {
            return Ok(Response::from_parts(head, as_it_comes(body, connection)));
        }
        let came = collect(body).await?;
        if head.status == StatusCode::ACCEPTED && selection.wants_response() {
            // The answer comes on the event stream (HTTP+SSE).
            return self.whole(head, &came, Outgoing::default(), &selection, None).await;
        }
        let out = self.mutator.answer(&selection, serde_json::from_slice::<Value>(&came).ok().as_ref());
        self.whole(head, &came, out, &selection, session.as_ref()).await
    }

    /// The request to the server: byte for byte that of the client, unless a rule changes it.
    fn request(
        &self,
        parts: request::Parts,
        body: Bytes,
        selection: &Selection,
    ) -> Result<Request<Full<Bytes>>, BoxError> {
        let edit = &selection.edit;
        let mut headers = headers::to_server(&parts.headers, &self.own, &self.upstream);
        self.mutator.edit_request_headers(selection, &mut headers);
        let verb = edit.verb.map_or(Ok(parts.method), |verb| Method::from_bytes(verb.as_bytes()))?;
        let has_body = edit.verb.is_none() || matches!(verb, Method::POST | Method::PUT | Method::PATCH);
        let body = match &edit.body {
            Some(body) => Bytes::from(body.clone()),
            None if has_body => body,
            None => Bytes::new(),
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = verb;
        *request.uri_mut() = match &edit.target {
            Some(target) => Uri::try_from(target)?,
            None => parts.uri.path_and_query().cloned().map_or(Uri::from_static("/"), Uri::from),
        };
        *request.headers_mut() = headers;
        // Holds the spelling of the header names.
        *request.extensions_mut() = parts.extensions;
        Ok(request)
    }

    async fn stream(
        self: Arc<Self>,
        mut head: response::Parts,
        body: Incoming,
        connection: Connection,
        selection: Arc<Selection>,
        session: Option<HeaderValue>,
    ) -> Result<Response<Body>, BoxError> {
        let may_carry_answers =
            selection.wants_response() && selection.changes_answer() || self.asked.has_any(session.as_ref());
        let has_messages = selection.changes_messages() || self.mutator.changes_messages();
        // Where there is no answer to change, the stream itself is the answer.
        let around = match selection.wants_response() {
            true => Outgoing::default(),
            false => self.mutator.answer(&selection, None),
        };
        if around.body.is_some() || matches!(around.answering, Answering::Never | Answering::Close) {
            return self.whole(head, &Bytes::new(), around, &selection, session.as_ref()).await;
        }
        self.mutator.edit_head(&selection, &mut head.status, &mut head.headers);
        // A stream that no session is known of may turn out to be that of HTTP+SSE.
        let may_be_channel = session.is_none() && !selection.wants_response();
        let is_touched = may_be_channel || may_carry_answers || has_messages || around != Outgoing::default();
        if !is_touched {
            return Ok(Response::from_parts(head, as_it_comes(body, connection)));
        }
        head.headers = without(&head.headers, &CONTENT_LENGTH);
        let events = Events::new(self, (body, connection), selection, session, around);
        Ok(Response::from_parts(head, events.into_body()))
    }

    /// A response whose body is known: as JSON, or as a stream where it is more than one message.
    async fn whole(
        &self,
        mut head: response::Parts,
        came: &Bytes,
        out: Outgoing,
        selection: &Selection,
        session: Option<&HeaderValue>,
    ) -> Result<Response<Body>, BoxError> {
        match out.answering {
            Answering::Never => {
                tokio::time::sleep(HELD).await;
                return Err("the answer was held back".into());
            }
            Answering::Close if out.before.is_empty() && out.event.is_empty() => return Err(CLOSED.into()),
            Answering::Once | Answering::Twice | Answering::Close | Answering::Cut | Answering::Stall => {}
        }
        let body = out.body.as_deref().unwrap_or(came);
        let is_message = out.body.is_some() || !came.is_empty();
        let times = if out.answering == Answering::Twice { 2 } else { 1 };
        let is_alone = out.before.is_empty() && out.after.is_empty() && out.event.is_empty();
        let (first, bytes, content_type) = if is_alone && (times == 1 || !is_message) {
            (Vec::new(), body.to_vec(), out.is_made.then_some("application/json"))
        } else {
            let message = events::change(&Event::default(), Some(body), &out.event);
            let messages = std::iter::repeat_n(message, if is_message { times } else { 0 });
            let before = out.before.iter().map(|data| events::alone(data));
            let after = out.after.iter().map(|data| events::alone(data));
            // Within a session a stream begins with an event that has only an id (2025-11-25, basic/transports).
            let primed = session.map(|_| events::priming(self.primed.fetch_add(1, Ordering::Relaxed)));
            let first: Vec<u8> = primed.into_iter().chain(before).flatten().collect();
            (first, messages.chain(after).flatten().collect(), Some("text/event-stream"))
        };
        head.headers = without(&head.headers, &CONTENT_LENGTH);
        if let Some(content_type) = content_type {
            head.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if !is_alone {
            // A stream in place of a body is to be right in all that the rules do not say.
            head.headers.insert("X-Accel-Buffering", HeaderValue::from_static("no"));
        }
        self.mutator.edit_head(selection, &mut head.status, &mut head.headers);
        Ok(match out.delay {
            _ if out.answering == Answering::Close => {
                let last = events::change(&Event::default(), None, &out.event);
                Response::from_parts(head, broken_off([first, last].concat(), CLOSED))
            }
            _ if out.answering == Answering::Cut => {
                Response::from_parts(head, broken_off([first, bytes].concat(), CLOSED))
            }
            _ if out.answering == Answering::Stall => {
                Response::from_parts(head, in_two([first, bytes].concat(), HELD, Bytes::from_static(b" ")))
            }
            _ if !out.chunks.is_whole() => Response::from_parts(head, in_pieces(&[first, bytes].concat(), &out.chunks)),
            Some(delay) => Response::from_parts(head, in_two(first, delay, bytes)),
            None => Response::from_parts(head, whole([first, bytes].concat())),
        })
    }
}

fn is_stream(head: &response::Parts) -> bool {
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/event-stream")
}

/// The body as the server sends it; with it goes the connection.
fn as_it_comes(body: Incoming, connection: Connection) -> Body {
    let frames = body.map_frame(move |frame| {
        let _kept = &connection;
        frame
    });
    frames.map_err(BoxError::from).boxed_unsync()
}

/// What the proxy itself has to say.
fn refuse(status: StatusCode, error: &dyn std::error::Error) -> Result<Response<Body>, BoxError> {
    let mut told = format!("mcp-assay mutator: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    Ok(Response::builder().status(status).header(CONTENT_TYPE, "text/plain").body(whole(told))?)
}
