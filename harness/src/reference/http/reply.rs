//! HTTP responses.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::Stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{StatusCode, http};

use crate::reference::rpc::{Failure, INVALID_REQUEST};

/// A response of the reference server.
pub(in crate::reference) type Response = hyper::Response<UnsyncBoxBody<Bytes, Infallible>>;

/// A response with one JSON document.
pub(in crate::reference) fn json(status: u16, body: String) -> Response {
    let mut response = new(status, body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A response with one document of a media type of its own.
pub(in crate::reference) fn document(media_type: &'static str, body: String) -> Response {
    let mut response = new(200, body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// A refusal; the body is a JSON-RPC error without an id, so that a client can show the reason.
pub(in crate::reference) fn plain(status: u16, reason: &str) -> Response {
    json(status, Failure::new(INVALID_REQUEST, reason).response(None).to_string())
}

/// A response without a body.
pub(in crate::reference) fn empty(status: u16) -> Response {
    new(status, String::new())
}

/// 405 with the methods that there are.
pub(in crate::reference) fn not_allowed(methods: &'static str, reason: &str) -> Response {
    let mut response = plain(405, reason);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

/// An event stream.
pub(in crate::reference) fn stream<S>(events: S) -> Response
where
    S: Stream<Item = Result<Frame<Bytes>, Infallible>> + Send + 'static,
{
    let mut response = http::Response::new(StreamBody::new(events).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Tells reverse proxies to pass events on at once.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

fn new(status: u16, body: String) -> Response {
    let mut response = http::Response::new(Full::new(Bytes::from(body)).boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}
