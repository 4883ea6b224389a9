//! One POST to a callback URL. Only to this machine: the reference server is for tests.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::header::{HOST, LOCATION};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

use crate::reference::Switch;
use crate::reference::core::Server;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Largest answer, in bytes.
const MAX_ANSWER: usize = 8 * 1024;

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// An answer with this status and body.
    Status(u16, Bytes),
    /// None, by the word that clients are told.
    Failed(&'static str),
}

impl Outcome {
    /// What clients are told went wrong.
    pub(super) fn category(&self) -> Option<&'static str> {
        match self {
            Self::Status(200..=299, _) => None,
            Self::Status(500.., _) => Some("http_5xx"),
            Self::Status(..) => Some("http_4xx"),
            Self::Failed(why) => Some(why),
        }
    }
}

/// Whether a URL leads to this machine, as the reference server is configured to allow it.
pub(super) fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

/// Posts, and does not follow redirects.
pub(super) async fn post(server: &Server, url: &str, headers: Vec<(&'static str, String)>, body: String) -> Outcome {
    let Ok(mut url) = Url::parse(url) else { return Outcome::Failed("connection_refused") };
    for _ in 0..2 {
        let sent = timeout(PATIENCE, send(&url, &headers, body.clone())).await;
        let Ok(sent) = sent else { return Outcome::Failed("timeout") };
        match sent {
            Ok((status @ 300..=399, _, Some(next))) if server.has(Switch::WebhookFollows) => match url.join(&next) {
                Ok(next) => url = next,
                Err(_) => return Outcome::Status(status, Bytes::new()),
            },
            Ok((status, body, _)) => return Outcome::Status(status, body),
            Err(_) => return Outcome::Failed("connection_refused"),
        }
    }
    Outcome::Failed("timeout")
}

type Sent = (u16, Bytes, Option<String>);

async fn send(
    url: &Url,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<Sent, Box<dyn std::error::Error + Send + Sync>> {
    if !is_near(url) {
        return Err("not on this machine".into());
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the request.
    tokio::spawn(connection);
    let mut request = Request::post(&url[url::Position::BeforePath..]).header(HOST, format!("{host}:{port}"));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let (parts, body) = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?.into_parts();
    let body = Limited::new(body, MAX_ANSWER).collect().await?.to_bytes();
    let next = parts.headers.get(LOCATION).and_then(|next| next.to_str().ok()).map(str::to_owned);
    Ok((parts.status.as_u16(), body, next))
}
