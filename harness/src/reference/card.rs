//! What the server says of itself before anybody connects (proposal 2127, a draft): its card, and the AI Catalog that
//! lists it. Both are public: for everyone, from every origin, without a token.

use std::fmt::Write as _;

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, ETAG, HOST, HeaderValue, IF_NONE_MATCH,
};
use hyper::{Method, Request};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::core::Server;
use super::handshake::{NAME, implementation};
use super::http::PATH;
use super::http::reply::{Response, document, empty, not_allowed};
use super::tools::content::PNG;
use crate::card::{CARD_SCHEMA, CARD_TYPE, CATALOGUE, CATALOGUE_TYPE, SUFFIX};
use crate::revision::Revision;

/// Bytes of the hash that make an entity tag.
const TAG_BYTES: usize = 12;

/// The answer, where the request is for one of the two documents.
pub(super) fn answer<B>(server: &Server, request: &Request<B>) -> Option<Response> {
    let path = request.uri().path();
    let is_card = path.strip_prefix(PATH) == Some(SUFFIX);
    if !is_card && path != CATALOGUE {
        return None;
    }
    let url = server.options.url.clone().or_else(|| {
        let host = request.headers().get(HOST)?.to_str().ok()?;
        Some(format!("http://{host}{PATH}"))
    })?;
    Some(shared(match *request.method() {
        Method::GET | Method::HEAD => {
            let (media_type, body) =
                if is_card { (CARD_TYPE, card(server, &url)) } else { (CATALOGUE_TYPE, catalogue(&url)) };
            let body = body.to_string();
            let tag = tag(&body);
            let known = request.headers().get_all(IF_NONE_MATCH).iter().any(|tags| names(tags, &tag));
            let mut response = if known { empty(304) } else { document(media_type, body) };
            if let Ok(tag) = HeaderValue::from_str(&tag) {
                response.headers_mut().insert(ETAG, tag);
            }
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
            response
        }
        Method::OPTIONS => empty(204),
        _ => not_allowed("GET, HEAD, OPTIONS", "this document can be read, and nothing else"),
    }))
}

/// The same for scripts of every origin (CORS).
fn shared(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Content-Type, If-None-Match"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
    response
}

/// The card of a server with this URL.
fn card(server: &Server, url: &str) -> Value {
    let own = implementation(Revision::V2026_07_28);
    let spoken = server.options.revisions.iter().filter(|revision| **revision >= Revision::V2025_03_26);
    let versions: Vec<String> = spoken.map(ToString::to_string).collect();
    json!({
        "$schema": CARD_SCHEMA,
        "name": format!("com.example/{NAME}"),
        "version": own.get("version"),
        "title": own.get("title"),
        "description": "A server for testing clients and test harnesses.",
        "websiteUrl": "https://example.com/reference",
        "repository": { "url": "https://example.com/reference.git", "source": "git", "subfolder": "harness" },
        "icons": [{ "src": format!("data:image/png;base64,{PNG}"), "mimeType": "image/png", "sizes": ["1x1"], "theme": "light" }],
        "remotes": [
            { "type": "streamable-http", "url": url, "supportedProtocolVersions": versions },
            // One that is not there, which shows what can be asked of a user.
            {
                "type": "streamable-http",
                "url": "https://{tenant}.example.com/mcp",
                "variables": { "tenant": { "isRequired": true, "default": "first", "choices": ["first", "second"] } },
                "headers": [{
                    "name": "Authorization",
                    "isRequired": true,
                    "isSecret": true,
                    "value": "Bearer {token}",
                    "variables": { "token": { "isRequired": true, "isSecret": true } },
                }],
            },
        ],
        "_meta": { "com.example/purpose": "testing" },
    })
}

/// The catalogue that lists it, and has the card of a server that is elsewhere.
fn catalogue(url: &str) -> Value {
    let elsewhere = json!({
        "$schema": CARD_SCHEMA,
        "name": "com.example/elsewhere",
        "version": "1.0.0",
        "description": "A server that is not there.",
        "remotes": [{ "type": "streamable-http", "url": "https://elsewhere.example.com/mcp" }],
    });
    json!({
        "specVersion": "1.0",
        "entries": [{
            "identifier": format!("urn:air:example.com:mcp:{NAME}"),
            "type": CARD_TYPE,
            "url": format!("{url}{SUFFIX}"),
        }, {
            "identifier": "urn:air:example.com:mcp:elsewhere",
            "type": CARD_TYPE,
            "data": elsewhere,
        }],
    })
}

/// A strong entity tag (RFC 9110, section 8.8.3) of this text.
fn tag(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    let digits = hash.as_ref().iter().take(TAG_BYTES).fold(String::new(), |mut digits, byte| {
        // Writing into a text does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    format!("\"{digits}\"")
}

/// Whether `If-None-Match` names the tag (RFC 9110, section 13.1.2: weak comparison).
fn names(tags: &HeaderValue, tag: &str) -> bool {
    let mut tags = tags.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}
