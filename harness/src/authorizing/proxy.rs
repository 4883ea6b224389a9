//! The proxy: every request goes on with the client's token, and again where its refusal can be helped.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Request, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::challenge::Refusal;
use super::client::{Client, Next, Shown};
use super::proofs::Proven;
use super::stop::Stop;
use super::token_request::{NONCE_RETRIES, OBSTINATE};
use super::{Careless, ClientSettings};
use crate::transport::{
    Answer, BoxError, LIMITS, PassedBody, Reach, TlsRoots, end_to_end, is_of_the_connection, take_requests,
};

/// How often one request is sent, whatever happens.
const MAX_SENT: usize = 16;
/// Where no redirect of the server leads further.
const MAX_REDIRECTS: usize = 4;
/// Path at which the browser would come back.
const CALLBACK: &str = "/callback";
/// Path of its metadata document, where it serves that itself.
const DOCUMENT: &str = "/client-metadata.json";

/// Why there is no proxy.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizingError {
    /// No place to listen.
    #[error("failed to listen on the loopback interface: {0}")]
    Listen(#[from] std::io::Error),
    /// TLS, keys, or the URL of the server.
    #[error("failed to prepare the client's authorization: {0}")]
    Prepare(String),
}

/// A client's authorization at one server: a proxy to be used in place of the server. Ends when dropped.
pub struct Authorizing {
    url: Url,
    client: Arc<Client>,
    _serving: AbortOnDropHandle<()>,
}

impl Authorizing {
    /// A proxy before the server of that URL.
    ///
    /// # Errors
    /// [`AuthorizingError`] when there is no port, or no random bytes.
    pub async fn start(server: &Url, how: ClientSettings) -> Result<Self, AuthorizingError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let prepare = |problem: String| AuthorizingError::Prepare(problem);
        let mut url = Url::parse(&origin).map_err(|e| prepare(e.to_string()))?;
        url.set_path(server.path());
        url.set_query(server.query());
        let roots = match how.is(Careless::CertificatesUnchecked) {
            true => TlsRoots::anybody(),
            false => TlsRoots::new(None),
        };
        let reach = Reach::only_here(roots.map_err(prepare)?, how.connect_to.clone());
        let client = Client::new(how, server.clone(), format!("{origin}{CALLBACK}"), reach);
        let client = Arc::new(client.map_err(|stop| prepare(stop.0))?);
        let served = client.clone();
        let taking = take_requests(listener, None, move |request| exchange(served.clone(), request));
        let serving = AbortOnDropHandle::new(tokio::spawn(taking));
        Ok(Self { url, client, _serving: serving })
    }

    /// What to use in place of the server's URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Why the client found no way to a token, if so; nothing secret is in it.
    pub async fn problem(&self) -> Option<String> {
        self.client.stopped().await.map(|stop| stop.0)
    }
}

/// A request as it goes on, without a token.
struct Onward {
    verb: String,
    url: Url,
    headers: Vec<(String, String)>,
    body: Bytes,
}

async fn exchange(client: Arc<Client>, request: Request<Incoming>) -> Result<Response<PassedBody>, BoxError> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, usize::try_from(LIMITS.body_bytes)?).collect().await?.to_bytes();
    let mut url = client.server.clone();
    url.set_path(parts.uri.path());
    url.set_query(parts.uri.query());
    let mut headers = end_to_end(&parts.headers);
    // The proxy's own name.
    headers.retain(|(name, _)| name != "host");
    let onward = Onward { verb: parts.method.as_str().to_owned(), url, headers, body };
    if client.how.serves_document() && parts.uri.path() == DOCUMENT {
        let body = Full::new(Bytes::from(client.says_of_itself())).map_err(|never| match never {}).boxed_unsync();
        return Ok(Response::builder().header(CONTENT_TYPE, "application/json").body(body)?);
    }
    // Whoever brings credentials of his own wants these sent; metadata are for everyone.
    if parts.headers.contains_key(AUTHORIZATION) || parts.uri.path().contains("/.well-known/") {
        return passing(client.send(&onward, &Shown::default()).await?);
    }
    if let Some(why) = client.stopped().await.filter(|_| !client.how.is(Careless::TokenInvented)) {
        return refuse(&why);
    }
    match client.authorized(&onward).await {
        Ok(answer) => passing(answer),
        Err(why) => Err(why.0.into()),
    }
}

impl Client {
    /// The URL of the document that it serves, which is its client id.
    pub(super) fn own_document(&self) -> String {
        format!("{}{DOCUMENT}", self.redirect.trim_end_matches(CALLBACK))
    }

    /// That document (Client ID Metadata Documents).
    fn says_of_itself(&self) -> String {
        let id = match self.how.is(Careless::DocumentOfAnother) {
            true => "https://client.example/metadata.json".to_owned(),
            false => self.own_document(),
        };
        let mut document = json!({
            "client_id": id,
            "client_name": "mcp-assay reference client",
            "redirect_uris": [self.redirect],
            "token_endpoint_auth_method": "none",
        });
        if let Some(members) = document.as_object_mut().filter(|_| self.how.is(Careless::DocumentWithoutName)) {
            members.remove("client_name");
        }
        document.to_string()
    }

    /// Send a request, with all that authorization needs, until it is not refused or nothing helps.
    async fn authorized(&self, request: &Onward) -> Result<Answer, Stop> {
        let operation = operation(&request.body);
        let mut nonces = 0;
        let most = if self.how.is(Careless::NonceEndless) { OBSTINATE } else { NONCE_RETRIES };
        let mut withheld = self.how.is(Careless::TokenOnce) && self.is_accepted().await;
        let mut sent = 0;
        loop {
            let shown = if withheld { Shown::default() } else { self.shown().await };
            let answer = self.send(request, &shown).await?;
            sent += 1;
            let Some(refusal) = Refusal::of(&answer.head, self.how.is(Careless::ChallengeReadNaively)) else {
                if shown.token.is_some() {
                    self.accepted(&shown).await;
                }
                return Ok(answer);
            };
            if sent >= MAX_SENT {
                return Ok(answer);
            }
            if withheld {
                withheld = false;
                continue;
            }
            let is_bound = shown.token.as_ref().is_some_and(|token| token.bound);
            if is_bound && refusal.wants_nonce() {
                nonces += 1;
                if nonces > most || self.how.is(Careless::NonceIgnored) {
                    return Ok(answer);
                }
                continue;
            }
            if self.deal(&refusal, &shown, &operation).await == Next::GiveUp {
                return Ok(answer);
            }
        }
    }

    /// Send a request with a token, once.
    async fn send(&self, request: &Onward, shown: &Shown) -> Result<Answer, Stop> {
        let how = &self.how;
        let mut url = request.url.clone();
        if let Some(token) = shown.token.as_ref().filter(|_| how.is(Careless::TokenInQuery)) {
            url.query_pairs_mut().append_pair("access_token", &token.access);
        }
        for _ in 0..=MAX_REDIRECTS {
            let mut headers = request.headers.clone();
            if let Some(token) = &shown.token {
                let scheme = if token.bound && !how.is(Careless::BoundTokenAsBearer) { "DPoP" } else { "Bearer" };
                headers.push(("Authorization".to_owned(), format!("{scheme} {}", token.access)));
                if token.bound {
                    let proven =
                        Proven { verb: &request.verb, url: &url, token: Some(&token.access), refreshes: false };
                    headers.push(("DPoP".to_owned(), self.proofs.proof(how, &proven)?));
                }
            }
            let answer = Answer::to(&self.reach, &url, &request.verb, &headers, &request.body, LIMITS).await;
            let answer = answer.map_err(Stop)?;
            self.proofs.note(how, &url, &answer.head);
            let next = answer.head.header("location").filter(|_| matches!(answer.head.status, 307 | 308));
            match next.and_then(|next| url.join(next).ok()).filter(|_| how.is(Careless::TokenFollowsRedirects)) {
                Some(next) => url = next,
                None => return Ok(answer),
            }
        }
        Err(Stop(format!("the server redirects more than {MAX_REDIRECTS} times")))
    }
}

/// What a request does: its method and what it names.
fn operation(body: &[u8]) -> String {
    let message: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    format!("{} {}{}", text("/method"), text("/params/name"), text("/params/uri"))
}

/// A response as it comes.
fn passing(answer: Answer) -> Result<Response<PassedBody>, BoxError> {
    let mut response = Response::builder().status(answer.head.status);
    for (name, value) in &answer.head.headers {
        if !is_of_the_connection(name) {
            response = response.header(name, value);
        }
    }
    let frames = stream::unfold(Some(answer), |answer| async move {
        let mut answer = answer?;
        match answer.piece().await {
            Ok(None) => None,
            Ok(Some(bytes)) => Some((Ok(Frame::data(bytes)), Some(answer))),
            Err(problem) => {
                // What is ready at the same time as an error would not be sent.
                tokio::task::yield_now().await;
                Some((Err(BoxError::from(problem)), None))
            }
        }
    });
    Ok(response.body(StreamBody::new(frames).boxed_unsync())?)
}

/// What the client itself has to say when it has given up.
fn refuse(why: &Stop) -> Result<Response<PassedBody>, BoxError> {
    let told = Full::new(Bytes::from(format!("there is no way on without a token: {why}")));
    let body = told.map_err(|never| match never {}).boxed_unsync();
    Ok(Response::builder().status(502).header("content-type", "text/plain").body(body)?)
}
