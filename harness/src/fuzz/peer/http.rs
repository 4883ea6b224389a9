//! A server over HTTP: exchanges on connections that are kept, many at a time, none of them recorded.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::heard::Heard;
use crate::action::Chunks;
use crate::transport::{Duplex, HttpTarget, LIMITS, connect};
use crate::wire::http::{
    BodyDecoder, BodyState, HeadReader, HeadState, ResponseHead, write_chunk, write_last_chunk, write_request,
};
use crate::wire::{Limits, sse};

/// How much is read at a time.
const READ_BUFFER: usize = 16 * 1024;
/// Connections that are kept.
const KEPT: usize = 32;
/// How much of a body that is no message is kept, in bytes.
const TEXT_KEPT: usize = 16 * 1024;

/// What is sent in one exchange.
#[derive(Debug)]
pub struct Request {
    /// Number, unique on this connection.
    pub exchange: u64,
    /// Verb.
    pub verb: String,
    /// All headers but those that frame the body.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// In which chunks it is sent; whole: with a length.
    pub chunks: Chunks,
}

/// Where the answers to what is sent are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// In the responses.
    Here,
    /// On an event stream (HTTP+SSE): a response says nothing, unless it refuses.
    Elsewhere,
    /// This is that event stream: it goes on for ever, and names where messages go.
    Stream,
}

type Pool = Arc<Mutex<Vec<Box<dyn Duplex>>>>;

/// Exchanges with one server. Dropped, those that go on are given up.
pub struct Http {
    target: Arc<HttpTarget>,
    answers: Answers,
    pool: Pool,
    heard: mpsc::Sender<Vec<Heard>>,
    limit: Duration,
    over: CancellationToken,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Http({})", self.target.shown())
    }
}

impl Http {
    /// With this server. An exchange that is not over after `limit` is given up, but for an event stream.
    pub fn new(target: HttpTarget, answers: Answers, heard: mpsc::Sender<Vec<Heard>>, limit: Duration) -> Self {
        let (target, over) = (Arc::new(target), CancellationToken::new());
        Self { target, answers, pool: Pool::default(), heard, limit, over }
    }

    /// The server.
    pub fn target(&self) -> &HttpTarget {
        &self.target
    }

    /// Begin an exchange.
    pub fn send(&self, request: Request) {
        let (target, pool, heard) = (self.target.clone(), self.pool.clone(), self.heard.clone());
        let (answers, limit, over) = (self.answers, self.limit, self.over.clone());
        tokio::spawn(async move {
            let exchange = request.exchange;
            let one = One { target: &target, answers, pool: &pool, heard: &heard, request };
            let lasts = answers == Answers::Stream;
            let (text, failure) = tokio::select! {
                // What is done in time is so, however late this program gets to see it.
                biased;
                () = over.cancelled() => return,
                done = one.carry_out() => done.map_or_else(|why| (String::new(), Some(why)), |text| (text, None)),
                () = tokio::time::sleep(limit), if !lasts => (String::new(), Some(format!("{GOES_ON} after {limit:?}"))),
            };
            // Nobody may be left to be told.
            let _ = heard.send(vec![Heard::Over { exchange, text, failure }]).await;
        });
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        self.over.cancel();
    }
}

/// How the failure of an exchange begins that was given up because it went on.
pub const GOES_ON: &str = "the exchange is not over";

struct One<'a> {
    target: &'a HttpTarget,
    answers: Answers,
    pool: &'a Pool,
    heard: &'a mpsc::Sender<Vec<Heard>>,
    request: Request,
}

impl One<'_> {
    async fn carry_out(&self) -> Result<String, String> {
        let kept = self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(mut socket) = kept {
            // The server may have closed it meanwhile: then nothing comes back at all.
            let sent = self.write(&mut socket).await;
            if let (Ok(()), Ok(Some(read))) = (&sent, self.read_head(&mut socket).await) {
                return self.read_body(socket, read).await;
            }
        }
        let mut socket = connect(&self.target.url, self.target.tls(), None, |_| {}).await?;
        let sent = self.write(&mut socket).await;
        match self.read_head(&mut socket).await? {
            Some(read) => self.read_body(socket, read).await,
            None => Err(match sent {
                Ok(()) => "the connection was closed without an answer".to_owned(),
                Err(e) => format!("the connection was closed without an answer, while sending: {e}"),
            }),
        }
    }

    async fn write(&self, socket: &mut Box<dyn Duplex>) -> std::io::Result<()> {
        let Request { verb, headers, body, chunks, .. } = &self.request;
        let mut headers = headers.clone();
        let target = self.target.request_target();
        if chunks.is_whole() {
            if !body.is_empty() || verb == "POST" {
                headers.push(("Content-Length".to_owned(), body.len().to_string()));
            }
            return socket.write_all(&write_request(verb, &target, &headers, body)).await;
        }
        headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned()));
        socket.write_all(&write_request(verb, &target, &headers, &[])).await?;
        for piece in chunks.split(body) {
            socket.write_all(&write_chunk(piece)).await?;
            socket.flush().await?;
            tokio::task::yield_now().await;
        }
        socket.write_all(write_last_chunk()).await
    }

    /// The head, and what came behind it; nothing when the connection ends before anything came.
    async fn read_head(&self, socket: &mut Box<dyn Duplex>) -> Result<Option<(ResponseHead, Vec<u8>)>, String> {
        let mut reader = HeadReader::new(LIMITS);
        let mut buffer = vec![0; READ_BUFFER];
        loop {
            let count = match socket.read(&mut buffer).await {
                Ok(0) | Err(_) if reader.pending() == 0 => return Ok(None),
                Ok(0) => return Err("the connection was closed within the head of a response".to_owned()),
                Ok(count) => count,
                Err(e) => return Err(format!("the connection broke within the head of a response: {e}")),
            };
            match reader.push(buffer.get(..count).unwrap_or_default()) {
                HeadState::NeedMore => {}
                HeadState::Broken(reason) => return Err(reason.to_string()),
                HeadState::Complete { head, rest, .. } => return Ok(Some((head, rest))),
            }
        }
    }

    /// The messages of the body are told as they come; given back is the beginning of one that holds none.
    async fn read_body(
        &self,
        mut socket: Box<dyn Duplex>,
        (head, rest): (ResponseHead, Vec<u8>),
    ) -> Result<String, String> {
        let exchange = self.request.exchange;
        let kind = head.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
        let closes = head.version == 0 || head.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
        // However long a stream goes on, each event in it is bounded.
        let limits =
            Limits { body_bytes: if self.answers == Answers::Stream { u64::MAX } else { LIMITS.body_bytes }, ..LIMITS };
        let mut decoder = BodyDecoder::new(&head, &self.request.verb, limits);
        let streams = kind == "text/event-stream" && self.answers != Answers::Elsewhere;
        let mut events = streams.then(|| sse::Decoder::new(LIMITS));
        let (mut body, mut decoded) = (Vec::new(), Vec::new());
        let status = head.status;
        self.tell(vec![Heard::Head { exchange, status, headers: head.headers }]).await;
        let mut buffer = vec![0; READ_BUFFER];
        let mut state = decoder.push(&rest, &mut decoded);
        loop {
            match &mut events {
                Some(events) => {
                    let messages: Vec<Heard> =
                        events.push(&decoded).into_iter().flat_map(|item| self.event(item)).collect();
                    if !messages.is_empty() {
                        self.tell(messages).await;
                    }
                }
                None => body.extend_from_slice(&decoded),
            }
            decoded.clear();
            match state {
                BodyState::Complete { surplus } => {
                    if !closes && surplus == 0 {
                        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
                        if pool.len() < KEPT {
                            pool.push(socket);
                        }
                    }
                    break;
                }
                BodyState::Broken(reason) => return Err(reason.to_string()),
                BodyState::NeedMore => {}
            }
            state = match socket.read(&mut buffer).await {
                Ok(0) => decoder.finish(),
                Ok(count) => decoder.push(buffer.get(..count).unwrap_or_default(), &mut decoded),
                Err(e) => return Err(format!("the connection broke within a body: {e}")),
            };
        }
        let is_answer = match self.answers {
            Answers::Here => status < 400 || is_message(&body),
            Answers::Elsewhere => status >= 400 && is_message(&body),
            Answers::Stream => false,
        };
        if kind == "application/json" && !body.is_empty() && is_answer {
            self.tell(vec![Heard::Message { exchange: Some(exchange), bytes: body.into() }]).await;
            return Ok(String::new());
        }
        body.truncate(TEXT_KEPT);
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// What an event of the stream says, and its id.
    fn event(&self, item: sse::Item) -> Vec<Heard> {
        let exchange = self.request.exchange;
        let sse::Item::Event(event) = item else { return Vec::new() };
        let id = event.id.filter(|id| !id.is_empty()).map(|id| Heard::EventId { exchange, id });
        let message = |data: String| Heard::Message { exchange: Some(exchange), bytes: data.into_bytes().into() };
        let said = match (self.answers, event.name.as_deref()) {
            (Answers::Stream, Some("endpoint")) => Some(Heard::Endpoint { exchange, address: event.data }),
            // What has another name is no message there.
            (Answers::Stream, Some(name)) if name != "message" => None,
            _ => (!event.data.is_empty()).then(|| message(event.data)),
        };
        id.into_iter().chain(said).collect()
    }

    async fn tell(&self, heard: Vec<Heard>) {
        // Nobody may be left to be told.
        let _ = self.heard.send(heard).await;
    }
}

/// The body of a refusal is a message only where it looks like one.
fn is_message(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body)
        .is_ok_and(|members| members.contains_key("jsonrpc"))
}
