//! Delivery by webhook: `events/subscribe`, `events/unsubscribe`, and what is posted to callback URLs.

mod hook;
mod post;
mod subscribe;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::kept;
use super::ledger::Occurrence;
use crate::reference::Switch;
use crate::reference::core::Server;
use crate::reference::rpc::{Failure, INTERNAL, Object};
use crate::reference::seal::random;
use crate::reference::store::{LONG, Store};
use hook::Hook;
use post::{Outcome, post};
pub(super) use subscribe::{subscribe, unsubscribe};

/// Waits before the second attempt and those after it.
const BACKOFF: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900)];

/// More than a body may have, in bytes.
const LARGE: usize = 256 * 1024;

/// The maps of the store.
const ALL: &str = "events:hooks";
const VERIFIED: &str = "events:verified";

/// All subscriptions, by their keys, and who may post where.
#[derive(Debug)]
pub(super) struct Hooks {
    store: Store,
}

impl Hooks {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    /// Every subscription by its key, those that are over too.
    async fn all(&self) -> Result<Vec<(String, Hook)>, Failure> {
        let all = self.store.fields(ALL).await?;
        Ok(all.into_iter().filter_map(|(key, text)| Some((key, serde_json::from_str(&text).ok()?))).collect())
    }

    /// The subscription of a key, unless it is over.
    async fn live(&self, server: &Server, key: &str) -> Result<Option<Hook>, Failure> {
        let gone = |hook: &Hook| !hook.is_over() || server.has(Switch::WebhookNeverExpires);
        Ok(kept::read(&self.store, ALL, key).await?.filter(gone))
    }

    async fn put(&self, key: &str, hook: &Hook) -> Result<(), Failure> {
        kept::put(&self.store, ALL, key, hook).await
    }

    async fn remove(&self, key: &str) -> Result<bool, Failure> {
        Ok(self.store.unset(ALL, key).await?)
    }

    /// Changes one that is still there.
    async fn change(&self, key: &str, change: impl FnMut(&mut Hook)) {
        // Where the store does not answer, the subscriber gets an event again.
        let _ = kept::change(&self.store, ALL, key, false, change).await;
    }

    /// Whether this principal proved that what is at this URL wants to be posted to.
    async fn is_verified(&self, pair: &str) -> Result<bool, Failure> {
        Ok(self.store.field(VERIFIED, pair).await?.is_some())
    }

    async fn verified(&self, pair: &str) -> Result<(), Failure> {
        Ok(self.store.set(VERIFIED, pair, "", LONG).await?)
    }
}

/// Posts what happened to everybody who subscribed to it.
pub(in crate::reference) async fn deliver(server: &Arc<Server>, happened: &[Occurrence]) -> Result<(), Failure> {
    let hooks = &server.events.hooks;
    for (key, hook) in hooks.all().await? {
        if hook.is_over() && !server.has(Switch::WebhookNeverExpires) {
            continue;
        }
        let wants = |event: &&Occurrence| hook.name == event.name && event.passes(&hook.arguments);
        deliver_to(server, &key, happened.iter().filter(wants).cloned().collect()).await;
    }
    Ok(())
}

/// Posts events to one subscriber, in its own time: each once, in order, and what is not accepted again, beside the others.
async fn deliver_to(server: &Arc<Server>, key: &str, events: Vec<Occurrence>) {
    if events.is_empty() {
        return;
    }
    let pending = |hook: &mut Hook| hook.pending.extend(events.iter().map(|event| event.position));
    server.events.hooks.change(key, pending).await;
    let (server, key) = (Arc::clone(server), key.to_owned());
    tokio::spawn(async move {
        for event in events {
            let mut delivery = Delivery { server: Arc::clone(&server), key: key.clone(), event, former: None };
            if delivery.attempt(0).await {
                delivery.over().await;
            } else if server.has(Switch::WebhookInOrder) {
                delivery.repeat().await;
            } else {
                tokio::spawn(delivery.repeat());
            }
        }
    });
}

/// An event on its way to one subscriber.
struct Delivery {
    server: Arc<Server>,
    key: String,
    event: Occurrence,
    /// The headers of the first attempt, for a server that does not make new ones.
    former: Option<Vec<(&'static str, String)>>,
}

impl Delivery {
    /// It is tried again, until that is enough.
    async fn repeat(mut self) {
        for (before, wait) in BACKOFF.iter().enumerate() {
            sleep(*wait).await;
            if self.attempt(before + 1).await {
                break;
            }
        }
        self.over().await;
    }

    /// It is acknowledged or given up.
    async fn over(&self) {
        let hooks = &self.server.events.hooks;
        let acknowledged = |hook: &mut Hook| {
            hook.pending.remove(&self.event.position);
        };
        hooks.change(&self.key, acknowledged).await;
    }

    /// Posts it once; whether that was the last time.
    async fn attempt(&mut self, round: usize) -> bool {
        let (server, hooks) = (&self.server, &self.server.events.hooks);
        let Ok(Some(hook)) = hooks.live(server, &self.key).await else { return true };
        let mut body = self.event.shown();
        let ahead = server.has(Switch::WebhookCursorAhead);
        let mark = hook.pending.first().copied().filter(|first| *first < self.event.position && !ahead);
        body.insert("cursor".to_owned(), super::wanted::cursor(mark.unwrap_or(self.event.position + 1)).into());
        if server.has(Switch::WebhookLarge) {
            body.insert("padding".to_owned(), "-".repeat(LARGE).into());
        }
        if server.has(Switch::WebhookTyped) {
            body.insert("type".to_owned(), "event".into());
        }
        let id = body.get("eventId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = if server.has(Switch::WebhookIdsFresh) { format!("{id}-{round}") } else { id };
        let body = Value::Object(body).to_string();
        let headers = self.former.clone().unwrap_or_else(|| hook.headers(server, &id, &body));
        if server.has(Switch::WebhookSignsOnce) {
            self.former = Some(headers.clone());
        }
        let outcome = post(server, &hook.url, headers, body).await;
        let category = outcome.category();
        hooks.change(&self.key, |hook| hook.noted(category)).await;
        match outcome {
            Outcome::Status(200..=299, _) => !(server.has(Switch::WebhookRepeats) && round == 0),
            Outcome::Status(410 | 413, _) => !server.has(Switch::WebhookRetriesAll),
            _ => server.has(Switch::WebhookTriesOnce),
        }
    }
}

/// Every subscription of a type ends, and the subscribers are told why.
pub(in crate::reference) async fn terminate(
    server: &Arc<Server>,
    name: &str,
    failure: &Failure,
) -> Result<(), Failure> {
    let hooks = &server.events.hooks;
    for (key, hook) in hooks.all().await?.into_iter().filter(|(_, hook)| hook.name == name) {
        if hooks.remove(&key).await? && !server.has(Switch::WebhookEndsSilently) {
            tell(server, hook, "terminated", Object::from_iter([("error".to_owned(), failure.object())]));
        }
    }
    Ok(())
}

/// Every subscriber of a type is told that something was lost.
pub(in crate::reference) async fn gap(server: &Arc<Server>, name: &str) -> Result<(), Failure> {
    if server.has(Switch::WebhookNoGaps) {
        return Ok(());
    }
    let cursor = super::wanted::cursor(server.events.now().await?);
    for (_, hook) in server.events.hooks.all().await?.into_iter().filter(|(_, hook)| hook.name == name) {
        tell(server, hook, "gap", Object::from_iter([("cursor".to_owned(), json!(cursor))]));
    }
    Ok(())
}

fn tell(server: &Arc<Server>, hook: Hook, kind: &'static str, body: Object) {
    let server = Arc::clone(server);
    tokio::spawn(async move {
        // It is said once; who misses it learns of it when refreshing.
        let _ = control(&server, &hook, kind, body).await;
    });
}

/// Posts a message that is no event.
async fn control(server: &Server, hook: &Hook, kind: &str, mut body: Object) -> Outcome {
    body.insert("type".to_owned(), kind.into());
    let Ok(random) = random_id() else { return Outcome::Failed("timeout") };
    let body = Value::Object(body).to_string();
    let id = if server.has(Switch::WebhookControlIds) { random } else { format!("msg_{kind}_{random}") };
    let headers = hook.headers(server, &id, &body);
    post(server, &hook.url, headers, body).await
}

fn random_id() -> Result<String, Failure> {
    let bytes = random::<16>().map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// When something that lasts so long from now on is over.
fn after(life: Duration) -> Option<SystemTime> {
    SystemTime::now().checked_add(life)
}
