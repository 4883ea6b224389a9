//! A collector of traces (OTLP over HTTP): the end point where the IUT exports its spans.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::door::Door;
use super::passing::{BoxError, PassedBody};
use super::visit::whole;
use crate::otlp::{self, Attribute, Span};

/// The environment variable that tells a server where to export to.
pub const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Further variables for a server that we start: it exports traces alone, as we read them, and soon.
const BESIDES: [(&str, &str); 4] = [
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ("OTEL_METRICS_EXPORTER", "none"),
    ("OTEL_LOGS_EXPORTER", "none"),
    ("OTEL_BSP_SCHEDULE_DELAY", "100"),
];
/// Largest export that is read, in bytes.
const MAX_EXPORT: usize = 4 * 1024 * 1024;
/// Most spans that are kept; the oldest go first.
const MAX_SPANS: usize = 10_000;
/// Most spans of one trace or task that a case takes.
const MAX_OF_TRACE: usize = 100;

/// Takes exports until dropped.
#[derive(Debug)]
pub struct Collector {
    door: Door,
    shelf: Arc<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    held: Mutex<Held>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Held {
    exported: u64,
    spans: VecDeque<Span>,
}

/// What was collected of a trace, or of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    /// How many spans were exported so far, whatever trace they are of.
    pub exported: u64,
    /// Those that were looked for, in the order in which they came.
    pub spans: Vec<Span>,
}

impl Collector {
    /// Collect at this listener.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start(listener: TcpListener) -> std::io::Result<Arc<Self>> {
        let shelf = Arc::new(Shelf::default());
        let served = shelf.clone();
        let door = Door::open(listener, None, move |request| {
            let served = served.clone();
            async move { served.take(request).await }
        })?;
        Ok(Arc::new(Self { door, shelf }))
    }

    /// What [`ENDPOINT`] is to be.
    pub fn url(&self) -> &str {
        self.door.base().as_str().trim_end_matches('/')
    }

    /// The environment of a server that is to export here.
    pub fn environment(&self) -> Vec<(String, String)> {
        let own = (ENDPOINT, self.url());
        std::iter::once(own).chain(BESIDES).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The spans of a trace, once there is one whose parent is this span: it is the last to end of what followed from that.
    /// At the deadline those that there are.
    pub async fn of_trace(&self, trace: &str, parent: &str, deadline: Instant) -> Collected {
        self.once(deadline, |span| span.trace == trace, |spans| spans.iter().any(|span| span.parent == parent)).await
    }

    /// The spans that have the id of this task in an attribute, whatever that is called, once they are of two traces: the call
    /// that made it is of another than what was asked later without a parent. At the deadline those that there are.
    pub async fn of_task(&self, task: &str, deadline: Instant) -> Collected {
        let names = |attribute: &Attribute| attribute.value.as_str().is_some_and(|text| text.contains(task));
        let mine = |span: &Span| span.attributes.iter().any(names);
        let several =
            |spans: &[Span]| spans.iter().any(|span| spans.first().is_some_and(|one| one.trace != span.trace));
        self.once(deadline, mine, several).await
    }

    /// The spans that are wanted, once they are all there. At the deadline those that there are.
    async fn once(
        &self,
        deadline: Instant,
        wanted: impl Fn(&Span) -> bool,
        whole: impl Fn(&[Span]) -> bool,
    ) -> Collected {
        loop {
            let changed = self.shelf.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let collected = self.shelf.find(&wanted);
            if whole(&collected.spans) || timeout_at(deadline, changed).await.is_err() {
                return collected;
            }
        }
    }
}

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, wanted: impl Fn(&Span) -> bool) -> Collected {
        let held = self.lock();
        let spans = held.spans.iter().filter(|span| wanted(span)).take(MAX_OF_TRACE).cloned().collect();
        Collected { exported: held.exported, spans }
    }

    async fn take(&self, request: Request<Incoming>) -> Result<Response<PassedBody>, BoxError> {
        let (head, body) = request.into_parts();
        if !head.uri.path().ends_with(otlp::PATH) {
            return respond(StatusCode::NOT_FOUND, "text/plain", format!("only {} is collected", otlp::PATH));
        }
        let kind = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let body = Limited::new(body, MAX_EXPORT).collect().await?.to_bytes();
        match otlp::read(&kind, &body) {
            Ok(spans) => {
                self.keep(spans);
                // A response without members: all was taken.
                let whole = if kind.starts_with(otlp::PROTOBUF) { "" } else { "{}" };
                respond(StatusCode::OK, &kind, whole.to_owned())
            }
            Err(why) => respond(StatusCode::BAD_REQUEST, "text/plain", why),
        }
    }

    fn keep(&self, spans: Vec<Span>) {
        let mut held = self.lock();
        held.exported = held.exported.saturating_add(spans.len() as u64);
        held.spans.extend(spans);
        let surplus = held.spans.len().saturating_sub(MAX_SPANS);
        held.spans.drain(..surplus);
        drop(held);
        self.changed.notify_waiters();
    }
}

fn respond(status: StatusCode, kind: &str, body: String) -> Result<Response<PassedBody>, BoxError> {
    Ok(Response::builder().status(status).header(CONTENT_TYPE, kind).body(whole(Bytes::from(body)))?)
}
