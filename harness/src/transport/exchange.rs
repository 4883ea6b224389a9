//! One HTTP exchange on a connection of its own, byte for byte ours: request out, response in, all of it recorded.

use std::sync::Arc;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::socket::{Duplex, TlsRoots, connect};
use super::wallet::{Source, Wallet};
use super::{LIMITS, READ_BUFFER, Sockets};
use crate::action::{Chunks, CutAfter};
use crate::token::Kind;
use crate::transcript::{End, HttpSent, Payload, Recorder, SentKind, What};
use crate::wire::http::{
    BodyDecoder, BodyState, BrokenBody, HeadReader, HeadState, ResponseHead, write_chunk, write_last_chunk,
    write_request,
};
use crate::wire::sse;

/// How much of a document about the server is kept, in bytes.
const DOCUMENT_KEPT: usize = 64 * 1024;
/// How much of a body that is neither JSON nor SSE is kept, in bytes.
const BODY_KEPT: usize = 4 * 1024;
/// Replacement of secrets in a transcript.
const REDACTED: &str = "[redacted]";
/// Headers whose values are secrets.
const SECRET_HEADERS: [&str; 5] = ["authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"];

/// Why a URL cannot be a target.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Not http or https with a host.
    #[error("failed to use '{url}' as a target: {problem}; write http://host:port/path or https://...")]
    Url {
        /// As given.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// A header option.
    #[error("failed to use the header '{0}': write 'Name: value'")]
    Header(String),
    /// TLS.
    #[error("failed to prepare TLS: {0}")]
    Tls(String),
}

/// A server reached by a URL, with the headers the user wants on every request.
#[derive(Clone, Debug)]
pub struct HttpTarget {
    /// Where it is; query string included.
    pub url: Url,
    /// Headers for every request, raw ones included.
    pub headers: Vec<(String, String)>,
    /// Whether it wants to see tokens.
    pub protected: bool,
    /// The tokens there are for it.
    pub wallet: Arc<Wallet>,
    tls: TlsRoots,
}

impl HttpTarget {
    /// Check a URL and headers.
    ///
    /// # Errors
    /// [`TargetError`] says which is wrong and how to write it.
    pub fn new(url: &str, headers: &[String], tls: TlsRoots) -> Result<Self, TargetError> {
        let bad = |problem: String| TargetError::Url { url: url.to_owned(), problem };
        let parsed = Url::parse(url).map_err(|e| bad(e.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(bad(format!("the scheme is '{}'", parsed.scheme())));
        }
        if parsed.host_str().is_none() {
            return Err(bad("it has no host".to_owned()));
        }
        let headers = headers.iter().map(|text| split_header(text)).collect::<Result<Vec<_>, _>>()?;
        let wallet = Arc::new(Wallet::new(Source::of(&headers), "", ""));
        Ok(Self { url: parsed, headers, protected: false, wallet, tls })
    }

    /// The same, as a protected resource for which there are these tokens.
    #[must_use]
    pub fn with_wallet(self, wallet: Arc<Wallet>) -> Self {
        Self { protected: true, wallet, ..self }
    }

    /// The certificate authorities it is checked against.
    pub fn tls(&self) -> &TlsRoots {
        &self.tls
    }

    /// The identifier of the resource (RFC 8707): the URL without query, fragment and user.
    pub fn resource(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        // Both fail only for URLs without a host, which `new` refuses.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let text = url.to_string();
        if url.path() == "/" { text.trim_end_matches('/').to_owned() } else { text }
    }

    /// The `Host` value: host, and the port where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Path and query as they stand in a request line.
    pub fn request_target(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// The URL for a report: no user, password or query values.
    pub fn shown(&self) -> String {
        let mut url = self.url.clone();
        let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        url.set_query(None);
        if !names.is_empty() {
            url.query_pairs_mut().extend_pairs(names.iter().map(|name| (name, "...")));
        }
        // Both fail only for URLs without a host, which `new` refuses.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.to_string()
    }
}

/// An object that does not look like JSON-RPC. The body of a refusing status is free: it may be an error of OAuth
/// (RFC 6749, section 5.2) or of a web framework, and is then no message of the protocol.
fn is_foreign(body: &[u8]) -> bool {
    let read: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(body).ok();
    read.is_some_and(|read| {
        let has = |name| read.contains_key(name);
        !has("jsonrpc") && !(has("id") && (has("result") || has("error")))
    })
}

fn split_header(text: &str) -> Result<(String, String), TargetError> {
    let bad = || TargetError::Header(text.split(':').next().unwrap_or_default().to_owned());
    let (name, value) = text.split_once(':').ok_or_else(bad)?;
    let name = name.trim();
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) || value.contains(['\r', '\n', '\0']) {
        return Err(bad());
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

/// What is sent in one exchange.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Verb.
    pub verb: String,
    /// Path and query.
    pub target: String,
    /// All headers, in order.
    pub headers: Vec<(String, String)>,
    /// What is right or wrong about its token, where it has one of ours.
    pub token: Option<Kind>,
    /// Of a client under test: with whom of those that we play it is. Then the recorder knows the secrets in it.
    pub party: Option<String>,
    /// Names of headers that came from the user and may be secret.
    pub private: Vec<String>,
    /// Body.
    pub body: Bytes,
    /// In which chunks the body is sent; whole: with nothing around it.
    pub chunks: Chunks,
    /// Streams that the members of a batch open.
    pub parts: Vec<Option<String>>,
    /// What the body was meant to be.
    pub kind: SentKind,
    /// Breaks a rule on purpose.
    pub wrong: bool,
    /// When to cut the response from our side.
    pub cut: Option<CutAfter>,
    /// Who gets the response as it comes, besides the transcript: the client for which this exchange is made.
    pub onward: Option<mpsc::Sender<Passed>>,
}

/// A piece of a response that is passed on. After the last of a whole response the sender is gone.
#[derive(Clone, Debug)]
pub enum Passed {
    /// Status and headers.
    Head(u16, Vec<(String, String)>),
    /// Bytes of the body, decoded.
    Data(Bytes),
    /// It broke off: why.
    Broken(String),
}

/// Where an exchange belongs in the transcript.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Receives everything.
    pub recorder: Arc<Recorder>,
    /// Whose it is.
    pub actor: String,
    /// Named stream, if it has a name.
    pub stream: Option<String>,
    /// Number, unique in the case.
    pub number: u32,
    /// Told which connection it has, where somebody stands in between who wants to know.
    pub sockets: Option<Arc<Sockets>>,
}

impl Exchange {
    fn note(&self, what: What) {
        self.recorder.append(&self.actor, self.stream.as_deref(), what);
    }

    /// Record the request as sent. Done before [`Exchange::run`], so that whoever waits for the stream finds it.
    pub fn record_request(&self, request: &HttpRequest) {
        let headers = request.headers.iter().map(|(name, value)| {
            let secret = SECRET_HEADERS.iter().any(|s| name.eq_ignore_ascii_case(s))
                || request.private.iter().any(|p| name.eq_ignore_ascii_case(p));
            let shown = match request.token {
                Some(kind) if name.eq_ignore_ascii_case("authorization") => {
                    format!("Bearer [redacted: {}]", kind.word())
                }
                _ if request.party.is_some() && !name.eq_ignore_ascii_case("cookie") => value.clone(),
                _ if secret => REDACTED.to_owned(),
                _ => value.clone(),
            };
            (name.clone(), shown)
        });
        let http = HttpSent {
            verb: request.verb.clone(),
            target: request.target.clone(),
            headers: headers.collect(),
            party: request.party.clone(),
        };
        self.note(What::Sent {
            kind: request.kind,
            exchange: Some(self.number),
            http: Some(http),
            bytes: Payload(request.body.clone()),
            chunks: request.chunks.clone(),
            parts: request.parts.clone(),
            wrong: request.wrong,
        });
    }

    /// Carry the exchange out, to its end or until it is cancelled.
    pub async fn run(self, target: HttpTarget, request: HttpRequest, cancel: CancellationToken) {
        let end = tokio::select! {
            biased;
            () = cancel.cancelled() => Ok(End::CutByUs),
            () = gone(request.onward.as_ref()) => Ok(End::CutByUs),
            end = self.carry_out(&target, &request) => end,
        };
        if let (Some(onward), Ok(End::Broken { problem } | End::LimitReached { limit: problem }) | Err(problem)) =
            (&request.onward, &end)
        {
            // Nobody may be left to be told.
            let _ = onward.send(Passed::Broken(problem.clone())).await;
        }
        let struck = self.sockets.as_ref().is_some_and(|sockets| sockets.close(self.number));
        match end {
            _ if struck => self.note(What::Ended { exchange: self.number, end: End::CutByUs }),
            Ok(end) => self.note(What::Ended { exchange: self.number, end }),
            Err(problem) => self.note(What::ConnectionFailed { exchange: Some(self.number), problem }),
        }
    }

    async fn carry_out(&self, target: &HttpTarget, request: &HttpRequest) -> Result<End, String> {
        let from = |address| {
            if let Some(sockets) = &self.sockets {
                sockets.opened(address, self.number);
            }
        };
        let mut socket = connect(&target.url, &target.tls, None, from).await?;
        // A server may answer and close before it has read everything: then its answer is what counts.
        let written = write(&mut socket, request).await;
        let (head, rest) = match self.read_head(&mut socket).await? {
            Ok(read) => read,
            Err(end) => {
                return Ok(written.map_or_else(|e| End::Broken { problem: format!("while sending: {e}") }, |()| end));
            }
        };
        if let Some(onward) = &request.onward
            && onward.send(Passed::Head(head.status, head.headers.clone())).await.is_err()
        {
            return Ok(End::CutByUs);
        }
        self.read_body(&mut socket, &head, rest, request).await
    }

    async fn read_head(&self, socket: &mut Box<dyn Duplex>) -> Result<Result<(ResponseHead, Vec<u8>), End>, String> {
        let mut reader = HeadReader::new(LIMITS);
        let mut buffer = vec![0; READ_BUFFER];
        let broken = |problem: String| Ok(Err(End::Broken { problem }));
        loop {
            let count = match socket.read(&mut buffer).await {
                Ok(0) if reader.pending() == 0 => {
                    return broken("the connection was closed without an answer".to_owned());
                }
                Ok(0) => {
                    return broken(format!("the connection was closed after {} bytes of a head", reader.pending()));
                }
                Ok(count) => count,
                Err(e) => return broken(format!("the connection broke before an answer: {e}")),
            };
            match reader.push(buffer.get(..count).unwrap_or_default()) {
                HeadState::NeedMore => {}
                HeadState::Broken(reason) => return broken(reason.to_string()),
                HeadState::Complete { head, rest, interim: _, anomalies } => {
                    let shown = head.headers.iter().map(|(name, value)| {
                        let secret = name.eq_ignore_ascii_case("set-cookie");
                        (name.clone(), if secret { REDACTED.to_owned() } else { value.clone() })
                    });
                    self.note(What::Head {
                        exchange: self.number,
                        status: head.status,
                        headers: shown.collect(),
                        anomalies: anomalies.iter().map(ToString::to_string).collect(),
                    });
                    return Ok(Ok((head, rest)));
                }
            }
        }
    }

    async fn read_body(
        &self,
        socket: &mut Box<dyn Duplex>,
        head: &ResponseHead,
        rest: Vec<u8>,
        request: &HttpRequest,
    ) -> Result<End, String> {
        let mut decoder = BodyDecoder::new(head, &request.verb, LIMITS);
        let mut body = Body::new(self, head, request);
        let mut buffer = vec![0; READ_BUFFER];
        let mut state = decoder.push(&rest, &mut body.decoded);
        loop {
            if !body.pass_on(request.onward.as_ref()).await || body.take() {
                return Ok(End::CutByUs);
            }
            if self.recorder.is_full() {
                return Ok(End::LimitReached { limit: "the transcript is full".to_owned() });
            }
            match state {
                BodyState::Complete { .. } => {
                    body.finish(true);
                    return Ok(End::Complete);
                }
                BodyState::Broken(reason) => {
                    body.finish(false);
                    return Ok(match reason {
                        BrokenBody::TooLarge(_) => End::LimitReached { limit: reason.to_string() },
                        _ => End::Broken { problem: reason.to_string() },
                    });
                }
                BodyState::NeedMore => {}
            }
            state = match socket.read(&mut buffer).await {
                Ok(0) => decoder.finish(),
                Ok(count) => decoder.push(buffer.get(..count).unwrap_or_default(), &mut body.decoded),
                Err(e) => {
                    body.finish(false);
                    return Ok(End::Broken { problem: format!("the connection broke: {e}") });
                }
            };
        }
    }
}

/// Whoever the response is for wants no more of it; never, where it is for nobody else.
async fn gone(onward: Option<&mpsc::Sender<Passed>>) {
    match onward {
        Some(onward) => onward.closed().await,
        None => std::future::pending().await,
    }
}

enum Form {
    Sse(Box<sse::Decoder>),
    Json(Vec<u8>),
    Other { kept: Vec<u8>, length: u64, most: usize },
}

impl Form {
    fn other(most: usize) -> Self {
        Self::Other { kept: Vec::new(), length: 0, most }
    }
}

/// The request onto the wire, its body in the pieces that were asked for.
async fn write(socket: &mut Box<dyn Duplex>, request: &HttpRequest) -> std::io::Result<()> {
    if request.chunks.is_whole() {
        let bytes = write_request(&request.verb, &request.target, &request.headers, &request.body);
        return socket.write_all(&bytes).await;
    }
    socket.write_all(&write_request(&request.verb, &request.target, &request.headers, &[])).await?;
    for piece in request.chunks.split(&request.body) {
        socket.write_all(&write_chunk(piece)).await?;
        socket.flush().await?;
    }
    socket.write_all(write_last_chunk()).await
}

/// Turns decoded body bytes into events.
struct Body<'a> {
    exchange: &'a Exchange,
    form: Form,
    cut: Option<CutAfter>,
    /// It refuses for want of a token: JSON in it may be an error of OAuth.
    refusal: bool,
    /// It is the event stream on which everything comes (HTTP+SSE).
    channel: bool,
    messages: usize,
    events: usize,
    decoded: Vec<u8>,
}

impl<'a> Body<'a> {
    fn new(exchange: &'a Exchange, head: &ResponseHead, request: &HttpRequest) -> Self {
        let content_type = head.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let form = match essence {
            _ if request.kind == SentKind::Metadata => Form::other(DOCUMENT_KEPT),
            "text/event-stream" => Form::Sse(Box::new(sse::Decoder::new(LIMITS))),
            "application/json" => Form::Json(Vec::new()),
            _ => Form::other(BODY_KEPT),
        };
        let refusal = head.status >= 400;
        let channel = request.kind == SentKind::Channel;
        Self { exchange, form, cut: request.cut, refusal, channel, messages: 0, events: 0, decoded: Vec::new() }
    }

    /// Hand on what was decoded; false when nobody wants it any more.
    async fn pass_on(&self, onward: Option<&mpsc::Sender<Passed>>) -> bool {
        match onward {
            Some(onward) if !self.decoded.is_empty() => {
                onward.send(Passed::Data(Bytes::copy_from_slice(&self.decoded))).await.is_ok()
            }
            _ => true,
        }
    }

    /// Take in what was decoded; true when the scenario wants the response cut here.
    fn take(&mut self) -> bool {
        let decoded = std::mem::take(&mut self.decoded);
        match &mut self.form {
            Form::Json(body) => body.extend_from_slice(&decoded),
            Form::Other { kept, length, most } => {
                *length += decoded.len() as u64;
                let room = most.saturating_sub(kept.len()).min(decoded.len());
                kept.extend_from_slice(decoded.get(..room).unwrap_or_default());
            }
            Form::Sse(decoder) => {
                let items = decoder.push(&decoded);
                return items.into_iter().any(|item| self.sse_item(item));
            }
        }
        false
    }

    /// A JSON body that broke off is no message: only its beginning is kept.
    fn finish(&mut self, whole: bool) {
        let number = self.exchange.number;
        match std::mem::replace(&mut self.form, Form::other(0)) {
            Form::Json(body) if whole && !body.is_empty() && !(self.refusal && is_foreign(&body)) => {
                self.exchange.note(What::Received { exchange: Some(number), bytes: body.into() });
            }
            Form::Json(mut body) if !body.is_empty() => {
                let length = body.len() as u64;
                body.truncate(BODY_KEPT);
                self.exchange.note(What::Body { exchange: number, bytes: body.into(), length });
            }
            Form::Other { kept, length, .. } if length > 0 => {
                self.exchange.note(What::Body { exchange: number, bytes: kept.into(), length });
            }
            Form::Sse(decoder) => {
                for item in decoder.finish() {
                    self.sse_item(item);
                }
            }
            Form::Json(_) | Form::Other { .. } => {}
        }
    }

    fn sse_item(&mut self, item: sse::Item) -> bool {
        let exchange = self.exchange.number;
        let (mut id, mut name, mut retry, mut comment, mut anomaly, mut data) = (None, None, None, None, None, None);
        match item {
            sse::Item::Event(event) => (id, name, data) = (event.id, event.name, Some(event.data)),
            sse::Item::Comment(text) => comment = Some(text),
            sse::Item::Retry(millis) => retry = Some(millis),
            sse::Item::Anomaly(found) => anomaly = Some(found.to_string()),
        }
        self.events += usize::from(id.is_some());
        let data_length = data.as_ref().map_or(0, String::len);
        // What this event says is an address.
        let address = if self.channel && name.as_deref() == Some("endpoint") { data.take() } else { None };
        self.exchange.note(What::Sse { exchange, id, name, retry, comment, data_length, data: address, anomaly });
        if let Some(data) = data.filter(|data| !data.is_empty()) {
            self.messages += 1;
            self.exchange.note(What::Received { exchange: Some(exchange), bytes: data.into_bytes().into() });
        }
        self.cut.is_some_and(|cut| {
            cut.after_messages.is_some_and(|n| self.messages >= n) || cut.after_events.is_some_and(|n| self.events >= n)
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn urls_and_headers_are_checked_and_shown_without_secrets() {
        let tls = TlsRoots::new(None).unwrap();
        let headers = ["X-Tenant: a:b".to_owned()];
        let target = HttpTarget::new("http://user:pw@localhost:80/mcp?key=secret", &headers, tls.clone()).unwrap();
        assert_eq!(target.headers, [("X-Tenant".to_owned(), "a:b".to_owned())]);
        assert_eq!(target.authority(), "localhost");
        assert_eq!(target.request_target(), "/mcp?key=secret");
        assert!(!target.shown().contains("secret") && !target.shown().contains("pw"), "{}", target.shown());
        for url in ["localhost:8080", "ftp://x/y", "not a url", ""] {
            assert!(HttpTarget::new(url, &[], tls.clone()).is_err(), "{url}");
        }
        for header in ["no colon", ": empty", "a b: c", "a: b\nc: d"] {
            assert!(HttpTarget::new("http://x/", &[header.to_owned()], tls.clone()).is_err(), "{header}");
        }
    }

    #[test]
    fn a_refusal_may_carry_what_is_no_message() {
        for foreign in
            [r#"{"error":"invalid_token"}"#, r#"{"detail":"Method Not Allowed"}"#, r#"{"code":-32700,"id":1}"#]
        {
            assert!(is_foreign(foreign.as_bytes()), "{foreign}");
        }
        for message in [r#"{"jsonrpc":"1.0"}"#, r#"{"id":1,"error":{"code":-32600}}"#, "[]", "no JSON"] {
            assert!(!is_foreign(message.as_bytes()), "{message}");
        }
    }
}
