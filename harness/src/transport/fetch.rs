//! One request for a document, outside any transcript: what has to be known before a test begins.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

use super::socket::connect;
use super::{READ_BUFFER, TlsRoots};
use crate::wire::Limits;
use crate::wire::http::{BodyDecoder, BodyState, HeadReader, HeadState, ResponseHead, write_request};

/// Longest time for a whole exchange.
const DEADLINE: Duration = Duration::from_secs(10);
/// Largest document.
const LIMITS: Limits = Limits { body_bytes: 256 * 1024, ..Limits::DEFAULT };

/// A response.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Status and headers.
    pub head: ResponseHead,
    /// Body, decoded.
    pub body: Vec<u8>,
}

/// Send one request and read the whole response. Redirects are not followed.
///
/// # Errors
/// In words, without anything secret.
pub async fn fetch(
    url: &Url,
    tls: &TlsRoots,
    verb: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Fetched, String> {
    let work = tokio::time::timeout(DEADLINE, exchange(url, tls, verb, headers, body));
    work.await.map_err(|_| format!("no whole response within {}s", DEADLINE.as_secs()))?
}

async fn exchange(
    url: &Url,
    tls: &TlsRoots,
    verb: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Fetched, String> {
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut all = vec![("Host".to_owned(), host), ("Connection".to_owned(), "close".to_owned())];
    all.extend(headers.iter().cloned());
    if !body.is_empty() {
        all.push(("Content-Length".to_owned(), body.len().to_string()));
    }
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut socket = connect(url, tls).await?;
    let failed = |e: std::io::Error| format!("the connection broke: {e}");
    socket.write_all(&write_request(verb, &target, &all, body)).await.map_err(failed)?;
    let mut reader = HeadReader::new(LIMITS);
    let mut buffer = vec![0; READ_BUFFER];
    let (head, rest) = loop {
        let count = socket.read(&mut buffer).await.map_err(failed)?;
        if count == 0 {
            return Err("the connection was closed without an answer".to_owned());
        }
        match reader.push(buffer.get(..count).unwrap_or_default()) {
            HeadState::NeedMore => {}
            HeadState::Broken(reason) => return Err(reason.to_string()),
            HeadState::Complete { head, rest, .. } => break (head, rest),
        }
    };
    let mut decoder = BodyDecoder::new(&head, verb, LIMITS);
    let mut decoded = Vec::new();
    let mut state = decoder.push(&rest, &mut decoded);
    loop {
        match state {
            BodyState::Complete { .. } => return Ok(Fetched { head, body: decoded }),
            BodyState::Broken(reason) => return Err(reason.to_string()),
            BodyState::NeedMore => {}
        }
        let count = socket.read(&mut buffer).await.map_err(failed)?;
        state = match count {
            0 => decoder.finish(),
            count => decoder.push(buffer.get(..count).unwrap_or_default(), &mut decoded),
        };
    }
}
