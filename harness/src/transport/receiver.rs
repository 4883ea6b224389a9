//! Receivers of webhooks, played by the harness: they take what is posted, and answer as a scenario says.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;
use url::Url;

use super::door::Door;
use super::passing::{BoxError, PassedBody};
use super::visit::{Visit, nobody};
use crate::action::{Receive, Reply};
use crate::token::now;
use crate::transcript::Recorder;
use crate::wire::webhook;

/// Largest body that is taken, in bytes.
const MAX_BODY: usize = 1 << 20;
/// Numbers of these exchanges lie beyond those of the harness's own and of what it publishes.
const NUMBERS_AFTER: u32 = 2_000_000;
/// How far from now the time of what is posted may be, in seconds, where signatures are looked at.
const FRESH: u64 = 300;
/// Whose exchanges they are.
const PARTY: &str = "receiver";

/// A place where receivers of webhooks are, until it is dropped.
#[derive(Debug)]
pub struct Receivers {
    door: Door,
    house: Arc<House>,
}

/// The receivers of one place, by the segment of the path that is their own.
#[derive(Debug, Default)]
struct House {
    open: Mutex<BTreeMap<String, Arc<State>>>,
    exchanges: AtomicU32,
}

/// One receiver, until dropped. Each request to it is a stream of its own, `NAME_1`, `NAME_2`, ...
#[derive(Debug)]
pub struct Receiver {
    /// Where it is.
    pub url: Url,
    segment: String,
    house: Arc<House>,
}

#[derive(Debug)]
struct State {
    plan: Receive,
    actor: String,
    recorder: Arc<Recorder>,
    taken: AtomicU32,
    challenged: AtomicU32,
    delivered: AtomicU32,
    /// The `webhook-id` of the first delivery.
    first: Mutex<Option<String>>,
}

impl Receivers {
    /// Take requests at this listener, which others reach by `base` where that is another URL.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start(listener: TcpListener, base: Option<Url>) -> std::io::Result<Arc<Self>> {
        let house = Arc::new(House::default());
        let inside = Arc::clone(&house);
        let door = Door::open(listener, base, move |request| {
            let inside = Arc::clone(&inside);
            async move { inside.answer(request).await }
        })?;
        Ok(Arc::new(Self { door, house }))
    }

    /// Below which URL they are.
    pub fn base(&self) -> &Url {
        self.door.base()
    }

    /// Play one as `plan` says, in a case that is recorded there, at a URL that has been made out of `unguessable`. Its streams
    /// belong to `actor`.
    pub fn open(&self, plan: Receive, actor: &str, recorder: Arc<Recorder>, unguessable: &str) -> Receiver {
        let url = self.door.below(&format!("{unguessable}/{}", plan.stream));
        let state = State {
            plan,
            actor: actor.to_owned(),
            recorder,
            taken: AtomicU32::new(0),
            challenged: AtomicU32::new(0),
            delivered: AtomicU32::new(0),
            first: Mutex::default(),
        };
        held(&self.house.open).insert(unguessable.to_owned(), Arc::new(state));
        Receiver { url, segment: unguessable.to_owned(), house: Arc::clone(&self.house) }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        held(&self.house.open).remove(&self.segment);
    }
}

impl House {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<PassedBody>, BoxError> {
        let found = {
            let open = held(&self.open);
            request.uri().path().split('/').find_map(|segment| open.get(segment).cloned())
        };
        let Some(state) = found else {
            return nobody();
        };
        let exchange = NUMBERS_AFTER + self.exchanges.fetch_add(1, Ordering::Relaxed);
        state.answer(exchange, request).await
    }
}

impl State {
    async fn answer(&self, exchange: u32, request: Request<Incoming>) -> Result<Response<PassedBody>, BoxError> {
        let (parts, body) = request.into_parts();
        let bytes = Limited::new(body, MAX_BODY).collect().await?.to_bytes();
        let number = self.taken.fetch_add(1, Ordering::Relaxed) + 1;
        let stream = format!("{}_{number}", self.plan.stream);
        let visit = Visit { recorder: &self.recorder, actor: &self.actor, stream: Some(&stream), exchange };
        visit.asked(PARTY, (&parts.method, &parts.uri, &parts.headers), bytes.clone());
        let field = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (id, time) = (field("webhook-id"), field("webhook-timestamp"));
        let key = self.plan.secret.as_deref().and_then(webhook::secret);
        let trusts = |key: Vec<u8>| {
            let fresh = time.parse().is_ok_and(|time: u64| now().abs_diff(time) <= FRESH);
            fresh && webhook::is_signed(field("webhook-signature"), &key, id, time, &bytes)
        };
        let reply = if key.is_none_or(trusts) { self.reply(id, &bytes) } else { Reply::status(401) };
        if let Some(delay) = reply.delay {
            sleep(delay.0).await;
        }
        let headers = reply.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
        visit.answer(reply.status, headers, Bytes::from(reply.body.clone().unwrap_or_default()))
    }

    fn reply(&self, id: &str, body: &[u8]) -> Reply {
        let message: Value = serde_json::from_slice(body).unwrap_or_default();
        let nth = |count: &AtomicU32| usize::try_from(count.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX);
        if message.get("type").and_then(Value::as_str) == Some("verification") {
            let (nth, planned) = (nth(&self.challenged), &self.plan.challenges);
            let said = planned.get(nth).or(planned.last()).cloned();
            return said.unwrap_or_else(|| Reply::json(&json!({ "challenge": message.get("challenge") })));
        }
        let is_first = *held(&self.first).get_or_insert_with(|| id.to_owned()) == id;
        if self.plan.only_first && !is_first {
            return Reply::status(204);
        }
        self.plan.replies.get(nth(&self.delivered)).cloned().unwrap_or_else(|| Reply::status(204))
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::transcript::View;
    use crate::transport::{TlsRoots, fetch};

    #[tokio::test]
    async fn challenges_are_echoed_the_first_delivery_is_refused_and_each_request_is_a_stream() {
        let receivers = Receivers::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), None).unwrap();
        let recorder = Arc::new(Recorder::unkept());
        let plan = Receive {
            stream: "hook".to_owned(),
            challenges: Vec::new(),
            replies: vec![Reply::status(500)],
            only_first: true,
            secret: None,
        };
        let receiver = receivers.open(plan, "main", Arc::clone(&recorder), "x");
        let tls = TlsRoots::new(None).unwrap();
        let mut statuses = Vec::new();
        for (id, body) in
            [("msg", r#"{"type":"verification","challenge":"c"}"#), ("one", "{}"), ("two", "{}"), ("one", "{}")]
        {
            let headers = [("webhook-id".to_owned(), id.to_owned())];
            statuses.push(fetch(&receiver.url, &tls, "POST", &headers, body.as_bytes()).await.unwrap().head.status);
        }
        assert_eq!(statuses, [200, 500, 204, 204]);
        let events = recorder.finish(None);
        let view = View::of(&events);
        assert_eq!(view.pages("hook").len(), 4);
        assert_eq!(view.stream("hook_1").unwrap()["document"]["challenge"], "c");
        let url = receiver.url.clone();
        drop(receiver);
        assert_eq!(fetch(&url, &tls, "POST", &[], &[]).await.unwrap().head.status, 404);
    }
}
