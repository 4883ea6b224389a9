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

/// All subscriptions, by their keys, and who may post where.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    all: Mutex<BTreeMap<String, Hook>>,
    /// Principals and URLs that want to be posted to.
    verified: Mutex<BTreeSet<(String, String)>>,
    /// One event after the other, for a server that does no better.
    turn: tokio::sync::Mutex<()>,
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

/// Posts an event to everybody who subscribed to it.
pub(in crate::reference) fn deliver(server: &Arc<Server>, event: &Occurrence) {
    let hooks = &server.events.hooks;
    let keys: Vec<String> = lock(&hooks.all).keys().cloned().collect();
    for key in keys {
        let wants = |hook: &Hook| hook.name == event.name && event.passes(&hook.arguments);
        if hooks.live(server, &key).is_some_and(|hook| wants(&hook)) {
            deliver_to(server, &key, event);
        }
    }
}

/// Posts an event to one subscriber, in its own time.
fn deliver_to(server: &Arc<Server>, key: &str, event: &Occurrence) {
    server.events.hooks.change(key, |hook| {
        hook.pending.insert(event.position);
    });
    let (server, key, event) = (Arc::clone(server), key.to_owned(), event.clone());
    tokio::spawn(async move {
        let _turn = match server.has(Switch::WebhookInOrder) {
            true => Some(server.events.hooks.turn.lock().await),
            false => None,
        };
        attempt(&server, &key, &event).await;
        server.events.hooks.change(&key, |hook| {
            hook.pending.remove(&event.position);
        });
    });
}

async fn attempt(server: &Server, key: &str, event: &Occurrence) {
    let hooks = &server.events.hooks;
    let mut former: Option<Vec<(&str, String)>> = None;
    for round in 0..=BACKOFF.len() {
        if let Some(wait) = round.checked_sub(1).and_then(|before| BACKOFF.get(before)) {
            sleep(*wait).await;
        }
        let Some(hook) = hooks.live(server, key) else { return };
        let mut body = event.shown();
        let ahead = server.has(Switch::WebhookCursorAhead);
        let mark = hook.pending.first().copied().filter(|first| *first < event.position && !ahead);
        body.insert("cursor".to_owned(), super::wanted::cursor(mark.unwrap_or(event.position + 1)).into());
        if server.has(Switch::WebhookTyped) {
            body.insert("type".to_owned(), "event".into());
        }
        let id = body.get("eventId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = if server.has(Switch::WebhookIdsFresh) { format!("{id}-{round}") } else { id };
        let body = Value::Object(body).to_string();
        let headers = former.clone().unwrap_or_else(|| hook.headers(server, &id, &body));
        if server.has(Switch::WebhookSignsOnce) {
            former = Some(headers.clone());
        }
        let outcome = post(server, &hook.url, headers, body).await;
        let category = outcome.category();
        hooks.change(key, |hook| hook.noted(category));
        let stops = match outcome {
            Outcome::Status(200..=299, _) => !(server.has(Switch::WebhookRepeats) && round == 0),
            Outcome::Status(410 | 413, _) => !server.has(Switch::WebhookRetriesAll),
            _ => server.has(Switch::WebhookTriesOnce),
        };
        if stops {
            return;
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
