//! Delivery by webhook: `events/subscribe`, `events/unsubscribe`, and what is posted to callback URLs.

mod hook;
mod post;
mod subscribe;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::ledger::Occurrence;
use crate::reference::Switch;
use crate::reference::core::{Server, lock};
use crate::reference::rpc::{Failure, INTERNAL, Object};
use crate::reference::seal::random;
use hook::Hook;
use post::{Outcome, post};
pub(super) use subscribe::{subscribe, unsubscribe};

/// Waits before the second attempt and those after it.
const BACKOFF: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900)];

/// More than a body may have, in bytes.
const LARGE: usize = 256 * 1024;

/// All subscriptions, by their keys, and who may post where.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    all: Mutex<BTreeMap<String, Hook>>,
    /// Principals and URLs that want to be posted to.
    verified: Mutex<BTreeSet<(String, String)>>,
}

impl Hooks {
    /// The subscription of a key, unless it is over.
    fn live(&self, server: &Server, key: &str) -> Option<Hook> {
        let gone = |hook: &&Hook| !hook.is_over() || server.has(Switch::WebhookNeverExpires);
        lock(&self.all).get(key).filter(gone).cloned()
    }

    fn change(&self, key: &str, change: impl FnOnce(&mut Hook)) {
        if let Some(hook) = lock(&self.all).get_mut(key) {
            change(hook);
        }
    }
}

/// Posts what happened to everybody who subscribed to it.
pub(in crate::reference) fn deliver(server: &Arc<Server>, happened: &[Occurrence]) {
    let hooks = &server.events.hooks;
    let keys: Vec<String> = lock(&hooks.all).keys().cloned().collect();
    for key in keys {
        let Some(hook) = hooks.live(server, &key) else { continue };
        let wants = |event: &&Occurrence| hook.name == event.name && event.passes(&hook.arguments);
        deliver_to(server, &key, happened.iter().filter(wants).cloned().collect());
    }
}

/// Posts events to one subscriber, in its own time: each once, in order, and what is not accepted again, beside the others.
fn deliver_to(server: &Arc<Server>, key: &str, events: Vec<Occurrence>) {
    server.events.hooks.change(key, |hook| hook.pending.extend(events.iter().map(|event| event.position)));
    let (server, key) = (Arc::clone(server), key.to_owned());
    tokio::spawn(async move {
        for event in events {
            let mut delivery = Delivery { server: Arc::clone(&server), key: key.clone(), event, former: None };
            if delivery.attempt(0).await {
                delivery.over();
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
        self.over();
    }

    /// It is acknowledged or given up.
    fn over(&self) {
        self.server.events.hooks.change(&self.key, |hook| {
            hook.pending.remove(&self.event.position);
        });
    }

    /// Posts it once; whether that was the last time.
    async fn attempt(&mut self, round: usize) -> bool {
        let (server, hooks) = (&self.server, &self.server.events.hooks);
        let Some(hook) = hooks.live(server, &self.key) else { return true };
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
        hooks.change(&self.key, |hook| hook.noted(category));
        match outcome {
            Outcome::Status(200..=299, _) => !(server.has(Switch::WebhookRepeats) && round == 0),
            Outcome::Status(410 | 413, _) => !server.has(Switch::WebhookRetriesAll),
            _ => server.has(Switch::WebhookTriesOnce),
        }
    }
}

/// Every subscription of a type ends, and the subscribers are told why.
pub(in crate::reference) fn terminate(server: &Arc<Server>, name: &str, failure: &Failure) {
    let ended: Vec<Hook> = {
        let mut all = lock(&server.events.hooks.all);
        let keys: Vec<String> = all.iter().filter(|(_, hook)| hook.name == name).map(|(key, _)| key.clone()).collect();
        keys.iter().filter_map(|key| all.remove(key)).collect()
    };
    if server.has(Switch::WebhookEndsSilently) {
        return;
    }
    for hook in ended {
        tell(server, hook, "terminated", Object::from_iter([("error".to_owned(), failure.object())]));
    }
}

/// Every subscriber of a type is told that something was lost.
pub(in crate::reference) fn gap(server: &Arc<Server>, name: &str) {
    if server.has(Switch::WebhookNoGaps) {
        return;
    }
    let hooks: Vec<Hook> = lock(&server.events.hooks.all).values().filter(|hook| hook.name == name).cloned().collect();
    let cursor = super::wanted::cursor(server.events.now());
    for hook in hooks {
        tell(server, hook, "gap", Object::from_iter([("cursor".to_owned(), json!(cursor))]));
    }
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
fn after(life: Duration) -> Option<Instant> {
    Instant::now().checked_add(life)
}
