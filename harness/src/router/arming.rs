//! What is waiting for a request.

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

#[derive(Clone, Copy, Debug)]
enum Order {
    Strike(Fault),
    To(usize),
}

/// What waits on one line.
#[derive(Debug, Default)]
pub(super) struct Arming {
    is_armed: AtomicBool,
    waiting: Mutex<VecDeque<(Selector, Order)>>,
}

/// What one request met.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Met {
    /// A fault for its answer.
    pub(super) fault: Option<Fault>,
    /// Where it must go, from 0.
    pub(super) instance: Option<usize>,
}

/// Most that wait on a line; what is armed beyond that drives out the oldest.
const MAX_WAITING: usize = 1024;

impl Arming {
    pub(super) fn arm(&self, chosen: Selector, fault: Fault) {
        self.add(chosen, Order::Strike(fault));
    }

    pub(super) fn steer(&self, chosen: Selector, instance: usize) {
        self.add(chosen, Order::To(instance));
    }

    fn add(&self, chosen: Selector, order: Order) {
        let mut waiting = self.lock();
        if waiting.len() >= MAX_WAITING {
            waiting.pop_front();
        }
        waiting.push_back((chosen, order));
        self.is_armed.store(true, Ordering::Release);
    }

    /// What waited for this request, one of each kind; `body` is asked for only where an id is waited for.
    pub(super) fn meet(&self, verb: &str, body: impl FnOnce() -> Vec<u8>) -> Met {
        let mut met = Met::default();
        if !self.is_armed.load(Ordering::Acquire) {
            return met;
        }
        let mut waiting = self.lock();
        let asks_ids = waiting.iter().any(|(chosen, _)| matches!(chosen, Selector::Id(_)));
        let ids = if asks_ids { ids(&body()) } else { Vec::new() };
        waiting.retain(|(chosen, order)| {
            let is_meant = match chosen {
                Selector::Next => true,
                Selector::Verb(wanted) => wanted == verb,
                Selector::Id(id) => ids.contains(id),
            };
            match order {
                Order::Strike(fault) if is_meant && met.fault.is_none() => met.fault = Some(*fault),
                Order::To(instance) if is_meant && met.instance.is_none() => met.instance = Some(*instance),
                _ => return true,
            }
            false
        });
        self.is_armed.store(!waiting.is_empty(), Ordering::Release);
        met
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Selector, Order)>> {
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
        arming.steer(Selector::Next, 2);
        let met = |verb, body: &str| {
            let met = arming.meet(verb, || body.as_bytes().to_vec());
            (met.fault, met.instance)
        };
        assert_eq!(met("POST", "{\"id\":\"7\"}"), (None, Some(2)));
        assert_eq!(met("POST", "not JSON"), (None, None));
        assert_eq!(met("POST", "[{},{\"id\":7,\"x\":1}]"), (Some(cut), None));
        assert_eq!(met("GET", ""), (Some(reset), None));
        assert_eq!(met("GET", ""), (None, None));
        assert!(!arming.is_armed.load(Ordering::Acquire));
    }
}
