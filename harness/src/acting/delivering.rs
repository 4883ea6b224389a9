//! Deliveries to the webhook of a client under test: signed, forged or old, as its scenario says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::sleep;
use url::Url;

use crate::action::Chunks;
use crate::scenario::{CLIENT, Delivers, Forged, Post};
use crate::token::now;
use crate::transcript::{End, HttpSent, Recorder, SentKind, What};
use crate::transport::{TlsRoots, fetch, is_loopback};
use crate::wire::webhook::{secret, signature};

/// Whose exchanges they are.
const PARTY: &str = "receiver";
/// How long a client has to learn what its subscription is called, before events come.
const SETTLING: Duration = Duration::from_millis(300);

/// Posts what a scenario says to whom subscribes first.
pub(super) struct Deliverer {
    plan: Delivers,
    recorder: Arc<Recorder>,
    exchanges: Arc<AtomicU32>,
    begun: AtomicBool,
}

/// Where to, and the key of signatures.
pub(super) struct Subscriber {
    url: Url,
    key: Vec<u8>,
}

impl Deliverer {
    pub fn new(plan: Delivers, recorder: Arc<Recorder>, exchanges: Arc<AtomicU32>) -> Self {
        Self { plan, recorder, exchanges, begun: AtomicBool::new(false) }
    }

    /// Who subscribes with this request, if it is the first to do so properly. Nothing is posted anywhere but to this machine.
    pub fn subscriber(&self, body: &[u8]) -> Option<Subscriber> {
        let message: Value = serde_json::from_slice(body).ok()?;
        if message.get("method").and_then(Value::as_str) != Some("events/subscribe") {
            return None;
        }
        let delivery = |name| message.pointer("/params/delivery")?.get(name)?.as_str();
        let url = Url::parse(delivery("url")?).ok().filter(is_loopback)?;
        let key = secret(delivery("secret")?)?;
        (!self.begun.swap(true, Ordering::Relaxed)).then_some(Subscriber { url, key })
    }

    /// What goes out before the request is passed on.
    pub async fn before(&self, to: &Subscriber) {
        self.deliver(to, true).await;
    }

    /// All else.
    pub async fn after(&self, to: &Subscriber) {
        sleep(SETTLING).await;
        self.deliver(to, false).await;
    }

    async fn deliver(&self, to: &Subscriber, before: bool) {
        for (at, post) in self.plan.posts.iter().enumerate().filter(|(_, post)| post.before == before) {
            self.post(to, at + 1, post).await;
        }
    }

    async fn post(&self, to: &Subscriber, number: usize, post: &Post) {
        let member = |name| post.body.get(name).and_then(Value::as_str);
        let id = member("eventId")
            .map_or_else(|| format!("msg_{}_{number}", member("type").unwrap_or_default()), ToOwned::to_owned);
        let time = now().saturating_sub(post.age.map_or(0, |age| age.0.as_secs())).to_string();
        let body = Bytes::from(Value::Object(post.body.clone()).to_string());
        let signed = match post.forged {
            Some(Forged::Secret) => Some(signature(b"somebody else", &id, &time, &body)),
            Some(Forged::Body) => Some(signature(&to.key, &id, &time, &[&body[..], b" "].concat())),
            Some(Forged::Absent) => None,
            None => Some(signature(&to.key, &id, &time, &body)),
        };
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("webhook-id".to_owned(), id),
            ("webhook-timestamp".to_owned(), time),
            ("x-mcp-subscription-id".to_owned(), self.plan.subscription.clone()),
        ];
        headers.extend(signed.map(|signed| ("webhook-signature".to_owned(), signed)));
        let exchange = self.exchanges.fetch_add(1, Ordering::Relaxed) + 1;
        let note = |what| self.recorder.append(CLIENT, None, what);
        note(What::Sent {
            kind: SentKind::Metadata,
            exchange: Some(exchange),
            http: Some(HttpSent {
                verb: "POST".to_owned(),
                target: to.url[url::Position::BeforePath..].to_owned(),
                headers: headers.clone(),
                party: Some(PARTY.to_owned()),
            }),
            bytes: body.clone().into(),
            chunks: Chunks::default(),
            parts: Vec::new(),
            wrong: false,
        });
        let came = match TlsRoots::new(None) {
            Ok(tls) => fetch(&to.url, &tls, "POST", &headers, &body).await,
            Err(problem) => Err(problem),
        };
        let end = match came {
            Ok(came) => {
                note(What::Head {
                    exchange,
                    status: came.head.status,
                    headers: came.head.headers.clone(),
                    anomalies: Vec::new(),
                });
                let length = came.body.len() as u64;
                note(What::Body { exchange, bytes: Bytes::from(came.body).into(), length });
                End::Complete
            }
            Err(problem) => End::Broken { problem },
        };
        note(What::Ended { exchange, end });
    }
}
