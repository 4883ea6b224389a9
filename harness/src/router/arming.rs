//! The faults that wait for a request.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::Value;

use crate::action::Fault;

/// For which request of a line something waits: the first such one.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    /// Whichever comes next.
    Next,
    /// With this verb.
    Verb(String),
    /// With a message of this JSON-RPC id in its body, alone or in a batch.
    Id(Value),
}

/// The faults that wait on one line.
#[derive(Debug, Default)]
pub(super) struct Arming {
    is_armed: AtomicBool,
    waiting: Mutex<VecDeque<(Selector, Fault)>>,
}

/// Most that wait on a line; what is armed beyond that drives out the oldest.
const MAX_WAITING: usize = 1024;

impl Arming {
    pub(super) fn arm(&self, chosen: Selector, fault: Fault) {
        let mut waiting = self.lock();
        if waiting.len() >= MAX_WAITING {
            waiting.pop_front();
        }
        waiting.push_back((chosen, fault));
        self.is_armed.store(true, Ordering::Release);
    }

    /// The first that waited for this request; `body` is asked for only where an id is waited for.
    pub(super) fn meet(&self, verb: &str, body: impl FnOnce() -> Vec<u8>) -> Option<Fault> {
        if !self.is_armed.load(Ordering::Acquire) {
            return None;
        }
        let mut waiting = self.lock();
        let asks_ids = waiting.iter().any(|(chosen, _)| matches!(chosen, Selector::Id(_)));
        let ids = if asks_ids { ids(&body()) } else { Vec::new() };
        let is_meant = |(chosen, _): &(Selector, Fault)| match chosen {
            Selector::Next => true,
            Selector::Verb(wanted) => wanted == verb,
            Selector::Id(id) => ids.contains(id),
        };
        let (_, fault) = waiting.iter().position(is_meant).and_then(|place| waiting.remove(place))?;
        self.is_armed.store(!waiting.is_empty(), Ordering::Release);
        Some(fault)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Selector, Fault)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Message {
    id: Option<Value>,
}

/// The ids in a body, as far as it is JSON-RPC at all.
fn ids(body: &[u8]) -> Vec<Value> {
    let one = |body| serde_json::from_slice::<Message>(body).map(|message| vec![message]);
    let messages = one(body).or_else(|_| serde_json::from_slice::<Vec<Message>>(body));
    messages.unwrap_or_default().into_iter().filter_map(|message| message.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::fault::Place;
    use serde_json::json;

    #[test]
    fn each_waits_for_its_own() {
        let arming = Arming::default();
        let (cut, reset) = (Fault::Cut(Place::default()), Fault::Reset(Place::default()));
        arming.arm(Selector::Id(json!(7)), cut);
        arming.arm(Selector::Verb("GET".to_owned()), reset);
        let met = |verb, body: &str| arming.meet(verb, || body.as_bytes().to_vec());
        assert_eq!(met("POST", "{\"id\":\"7\"}"), None);
        assert_eq!(met("POST", "not JSON"), None);
        assert_eq!(met("POST", "[{},{\"id\":7,\"x\":1}]"), Some(cut));
        assert_eq!(met("GET", ""), Some(reset));
        arming.arm(Selector::Next, cut);
        assert_eq!(met("DELETE", ""), Some(cut));
        assert_eq!(met("GET", ""), None);
        assert!(!arming.is_armed.load(Ordering::Acquire));
    }
}
