//! One request, outside any transcript: its response as it comes, or whole.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use url::Url;

use super::reading::read_some;
use super::socket::Duplex;
use super::{Reach, TlsRoots};
use crate::wire::Limits;
use crate::wire::http::{BodyDecoder, BodyState, HeadReader, HeadState, ResponseHead, write_request};

/// Longest time for a whole exchange.
const DEADLINE: Duration = Duration::from_secs(10);
/// Largest document.
const DOCUMENT: Limits = Limits { body_bytes: 256 * 1024, ..Limits::DEFAULT };

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
    fetch_by(&Reach::everywhere(tls.clone()), url, verb, headers, body).await
}

/// The same, by connections of this kind.
///
/// # Errors
/// In words, without anything secret.
pub async fn fetch_by(
    reach: &Reach,
    url: &Url,
    verb: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Fetched, String> {
    let work = async {
        let mut answer = Answer::to(reach, url, verb, headers, body, DOCUMENT).await?;
        let mut whole = Vec::new();
        while let Some(piece) = answer.piece().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(Fetched { head: answer.head, body: whole })
    };
    tokio::time::timeout(DEADLINE, work)
        .await
        .map_err(|_| format!("no whole response within {}s", DEADLINE.as_secs()))?
}

/// A response whose body is still to come. With it goes the connection.
pub struct Answer {
    /// Status and headers.
    pub head: ResponseHead,
    socket: Box<dyn Duplex>,
    decoder: BodyDecoder,
    state: BodyState,
    decoded: Vec<u8>,
    buffer: Vec<u8>,
}

impl Answer {
    /// Send a request on a connection of its own, with `Host` and the length of the body before its headers, and wait
    /// for the head of the response.
    ///
    /// # Errors
    /// In words, without anything secret.
    pub async fn to(
        reach: &Reach,
        url: &Url,
        verb: &str,
        headers: &[(String, String)],
        body: &[u8],
        limits: Limits,
    ) -> Result<Self, String> {
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut all = vec![("Host".to_owned(), host), ("Connection".to_owned(), "close".to_owned())];
        all.extend(headers.iter().cloned());
        if !body.is_empty() || verb == "POST" {
            all.push(("Content-Length".to_owned(), body.len().to_string()));
        }
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let mut socket = reach.connect(url).await?;
        let failed = |e: std::io::Error| format!("the connection broke: {e}");
        // A server may answer and close before it has read everything: then its answer is what counts.
        let written = socket.write_all(&write_request(verb, &target, &all, body)).await;
        let mut reader = HeadReader::new(limits);
        let mut buffer = Vec::new();
        let (head, rest) = loop {
            let count = read_some(&mut socket, &mut buffer).await.map_err(failed)?;
            if count == 0 {
                written.map_err(failed)?;
                return Err("the connection was closed without an answer".to_owned());
            }
            match reader.push(&buffer) {
                HeadState::NeedMore => {}
                HeadState::Broken(reason) => return Err(reason.to_string()),
                HeadState::Complete { head, rest, .. } => break (head, rest),
            }
        };
        let mut decoder = BodyDecoder::new(&head, verb, limits);
        let mut decoded = Vec::new();
        let state = decoder.push(&rest, &mut decoded);
        Ok(Self { head, socket, decoder, state, decoded, buffer })
    }

    /// What comes next of the body, decoded; none at its end.
    ///
    /// # Errors
    /// In words, when it breaks off or is too long.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, String> {
        loop {
            if !self.decoded.is_empty() {
                return Ok(Some(Bytes::from(std::mem::take(&mut self.decoded))));
            }
            match &self.state {
                BodyState::Complete { .. } => return Ok(None),
                BodyState::Broken(reason) => return Err(reason.to_string()),
                BodyState::NeedMore => {}
            }
            let count = read_some(&mut self.socket, &mut self.buffer)
                .await
                .map_err(|e| format!("the connection broke: {e}"))?;
            self.state = match count {
                0 => self.decoder.finish(),
                _ => self.decoder.push(&self.buffer, &mut self.decoded),
            };
        }
    }
}
