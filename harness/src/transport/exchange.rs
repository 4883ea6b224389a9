//! One HTTP exchange on a connection of its own, byte for byte ours: request out, response in, all of it recorded.

use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::body::Body;
use super::reading::read_some;
use super::socket::{Duplex, connect};
use super::{HttpTarget, LIMITS, Sockets};
use crate::action::{Chunks, CutAfter};
use crate::token::Kind;
use crate::transcript::{End, HttpSent, Payload, Recorder, SentKind, What};
use crate::wire::http::{
    BodyDecoder, BodyState, BrokenBody, HeadReader, HeadState, ResponseHead, write_chunk, write_last_chunk,
    write_request,
};

/// Replacement of secrets in a transcript.
const REDACTED: &str = "[redacted]";
/// Headers whose values are secrets.
const SECRET_HEADERS: [&str; 5] = ["authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"];

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
    pub(super) fn note(&self, what: What) {
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
        let mut socket = connect(&target.url, target.tls(), None, from).await?;
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
        let mut buffer = Vec::new();
        let broken = |problem: String| Ok(Err(End::Broken { problem }));
        loop {
            match read_some(socket, &mut buffer).await {
                Ok(0) if reader.pending() == 0 => {
                    return broken("the connection was closed without an answer".to_owned());
                }
                Ok(0) => {
                    return broken(format!("the connection was closed after {} bytes of a head", reader.pending()));
                }
                Ok(_) => {}
                Err(e) => return broken(format!("the connection broke before an answer: {e}")),
            }
            match reader.push(&buffer) {
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
        let mut buffer = Vec::new();
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
            state = match read_some(socket, &mut buffer).await {
                Ok(0) => decoder.finish(),
                Ok(_) => decoder.push(&buffer, &mut body.decoded),
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
