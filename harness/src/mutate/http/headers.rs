//! Headers on their way through a proxy.

use hyper::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};

use super::connect::Upstream;
use crate::mutate::headers::filtered;

/// Takes away what concerns one connection only (RFC 9110, section 7.6.1); names, values and order of the rest stay.
pub(super) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(|name| name.trim().to_ascii_lowercase()))
        .collect();
    let hop_by_hop = [
        CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    filtered(headers, |name| !hop_by_hop.contains(name) && !named.iter().any(|other| other == name.as_str()))
}

/// The headers of a request as the server is to see them: without those of the connection and of the body's framing, and
/// with the server's own name where the client named the proxy. A wrong name, sent on purpose, stays.
pub(super) fn to_server(headers: &HeaderMap, own: &[String], upstream: &Upstream) -> HeaderMap {
    let mut headers = filtered(&end_to_end(headers), |name| *name != CONTENT_LENGTH && *name != EXPECT);
    let names_proxy = |value: &str| own.iter().any(|own| own.eq_ignore_ascii_case(value));
    if let Some(host) = headers.get_mut(HOST)
        && host.to_str().is_ok_and(names_proxy)
    {
        replace(host, &upstream.authority);
    }
    if let Some(origin) = headers.get_mut(ORIGIN)
        && origin.to_str().is_ok_and(|origin| origin.strip_prefix("http://").is_some_and(names_proxy))
    {
        replace(origin, &upstream.origin);
    }
    headers
}

fn replace(value: &mut HeaderValue, text: &str) {
    if let Ok(made) = HeaderValue::from_str(text) {
        *value = made;
    }
}
