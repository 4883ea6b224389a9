//! What the client connects to: passes every request on as an exchange of its own and writes it into the transcript.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::stream;
use http_body_util::{BodyExt as _, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::SERVER;
use super::authorization::AUTHORIZATION;
use super::delivering::Deliverer;
use super::ledger::Ledger;
use super::server::PATH;
use crate::action::Chunks;
use crate::reference::{EVENTS, MESSAGES};
use crate::scenario::CLIENT;
use crate::transcript::{Recorder, SentKind};
use crate::transport::{
    BoxError, Exchange, HttpRequest, HttpTarget, LIMITS, Passed, PassedBody, end_to_end, is_of_the_connection,
    take_requests,
};
use crate::wire::message::{self, Kind};

/// Pieces of a response that may wait for the client to take them.
const PIECES: usize = 64;
/// Passes on what a client sends to one of those that we play.
pub(super) struct Front {
    pub recorder: Arc<Recorder>,
    pub ledger: Arc<Ledger>,
    /// Which of them.
    pub party: String,
    pub upstream: HttpTarget,
    /// The authorization server, where it is at the same origin.
    pub beside: Option<Beside>,
    /// Posts to the client's webhook, where it is to get something.
    pub deliverer: Option<Arc<Deliverer>>,
    /// How many exchanges there were with all of them.
    pub exchanges: Arc<AtomicU32>,
}

/// An authorization server at the origin of the MCP server (2025-03-26, basic/authorization).
pub(super) struct Beside {
    pub target: HttpTarget,
    /// Its endpoints.
    pub paths: Vec<String>,
}

impl Beside {
    fn has(&self, target: &str) -> bool {
        let path = target.split('?').next().unwrap_or_default();
        self.paths.iter().any(|own| own == path)
            || ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
                .iter()
                .any(|place| path.starts_with(place))
    }
}

impl Front {
    /// Serve until dropped, and with it end all connections.
    pub async fn serve(self, listener: TcpListener, tls: Option<TlsAcceptor>) {
        let front = Arc::new(self);
        take_requests(listener, tls, move |request| front.clone().exchange(request)).await;
    }

    async fn exchange(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<PassedBody>, BoxError> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, usize::try_from(LIMITS.body_bytes)?).collect().await?.to_bytes();
        let number = self.exchanges.fetch_add(1, Ordering::Relaxed) + 1;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let mut headers = end_to_end(&parts.headers);
        headers.push(("connection".to_owned(), "close".to_owned()));
        if !body.is_empty() || parts.method == hyper::Method::POST {
            headers.push(("content-length".to_owned(), body.len().to_string()));
        }
        self.ledger.learn_request(&target, &headers, &body);
        let beside = self.beside.as_ref().filter(|beside| beside.has(&target));
        let (party, upstream) = match beside {
            Some(beside) => (AUTHORIZATION, &beside.target),
            None => (self.party.as_str(), &self.upstream),
        };
        let (kind, members) = match party {
            SERVER => kind_of(parts.method.as_str(), &target, &body),
            _ => (SentKind::Metadata, 0),
        };
        let stream = format!("x{number}");
        let (onward, mut pieces) = mpsc::channel(PIECES);
        let request = HttpRequest {
            verb: parts.method.as_str().to_owned(),
            target,
            headers,
            token: None,
            party: Some(party.to_owned()),
            private: Vec::new(),
            body,
            chunks: Chunks::default(),
            parts: (0..members).map(|member| Some(format!("{stream}_{member}"))).collect(),
            kind,
            wrong: false,
            cut: None,
            onward: Some(onward),
        };
        let recorder = self.recorder.clone();
        let exchange = Exchange { recorder, actor: CLIENT.to_owned(), stream: Some(stream), number, sockets: None };
        let subscriber = self.deliverer.as_ref().and_then(|deliverer| deliverer.subscriber(&request.body));
        exchange.record_request(&request);
        if let (Some(deliverer), Some(to)) = (self.deliverer.clone(), subscriber) {
            deliverer.before(&to).await;
            tokio::spawn(async move { deliverer.after(&to).await });
        }
        // It outlives the connection of the client by as much as it takes to notice.
        tokio::spawn(exchange.run(upstream.clone(), request, CancellationToken::new()));
        let mut response = Response::builder();
        match pieces.recv().await {
            Some(Passed::Head(status, headers)) => {
                response = response.status(status);
                for (name, value) in headers {
                    if !is_of_the_connection(&name) {
                        response = response.header(name, value);
                    }
                }
            }
            Some(Passed::Broken(problem)) => return Err(problem.into()),
            Some(Passed::Data(_)) | None => return Err("there was no answer".into()),
        }
        Ok(response.body(passing(pieces))?)
    }
}

/// The rest of a response, as it comes.
fn passing(pieces: mpsc::Receiver<Passed>) -> PassedBody {
    let frames = stream::unfold(pieces, |mut pieces| async move {
        let frame = match pieces.recv().await? {
            Passed::Data(bytes) => Ok(Frame::data(bytes)),
            Passed::Broken(problem) => {
                // What is ready at the same time as an error would not be sent.
                tokio::task::yield_now().await;
                Err(BoxError::from(problem))
            }
            Passed::Head(..) => Err("a second head".into()),
        };
        Some((frame, pieces))
    });
    StreamBody::new(frames).boxed_unsync()
}

/// What a request of the client's is, and how many members it has as a batch.
fn kind_of(verb: &str, target: &str, body: &[u8]) -> (SentKind, usize) {
    let path = target.split('?').next().unwrap_or_default();
    if verb == "GET" && path == EVENTS {
        return (SentKind::Channel, 0);
    }
    if ![PATH, EVENTS, MESSAGES].contains(&path) {
        return (SentKind::Metadata, 0);
    }
    if verb != "POST" {
        return (SentKind::Raw, 0);
    }
    match message::read(body).kind {
        Kind::Request { .. } => (SentKind::Request, 0),
        Kind::Notification { .. } => (SentKind::Notification, 0),
        Kind::Result { .. } | Kind::Error { .. } => (SentKind::Response, 0),
        Kind::Batch(members) => (SentKind::Batch, members.len()),
        _ => (SentKind::Raw, 0),
    }
}
