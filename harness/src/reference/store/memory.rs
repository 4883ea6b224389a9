//! The store of one process.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::hub::Hub;
use super::log::MemoryLog;
use super::{LONG, MAX_SIGNALS, Member};
use crate::reference::core::lock;

/// What has expired is looked for when there are so many keys more than last time.
const SWEEP: usize = 1024;

/// Everything under its key.
#[derive(Debug, Default)]
pub(super) struct Memory {
    maps: Mutex<Shelf<BTreeMap<String, String>>>,
    logs: Mutex<Shelf<Arc<MemoryLog>>>,
    members: Mutex<HashMap<u64, mpsc::Sender<String>>>,
    joined: AtomicU64,
    pub(super) hub: Hub,
}

/// Takes an instance away.
struct Leave {
    memory: Arc<Memory>,
    number: u64,
}

impl Drop for Leave {
    fn drop(&mut self) {
        lock(&self.memory.members).remove(&self.number);
    }
}

/// Things that expire.
#[derive(Debug)]
struct Shelf<T> {
    all: HashMap<String, Kept<T>>,
    sweep_at: usize,
}

#[derive(Debug)]
struct Kept<T> {
    what: T,
    until: Instant,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { all: HashMap::new(), sweep_at: SWEEP }
    }
}

impl<T: Default> Shelf<T> {
    fn get(&mut self, key: &str) -> Option<&mut T> {
        self.all.get_mut(key).filter(|kept| Instant::now() < kept.until).map(|kept| &mut kept.what)
    }

    /// What is there or a new one, to be kept for so long from now on. `unused` may go when its time is over.
    fn entry(&mut self, key: &str, life: Duration, unused: impl Fn(&T) -> bool) -> &mut T {
        let now = Instant::now();
        if self.all.len() >= self.sweep_at {
            self.all.retain(|_, kept| now < kept.until || !unused(&kept.what));
            self.sweep_at = self.all.len() + SWEEP;
        }
        let kept = self.all.entry(key.to_owned()).or_insert_with(|| Kept { what: T::default(), until: now });
        if kept.until < now && unused(&kept.what) {
            kept.what = T::default();
        }
        kept.until = now + life.min(LONG);
        &mut kept.what
    }

    fn remove(&mut self, key: &str) -> Option<T> {
        self.all.remove(key).filter(|kept| Instant::now() < kept.until).map(|kept| kept.what)
    }
}

type Fields = BTreeMap<String, String>;

impl Memory {
    pub(super) fn join(memory: &Arc<Self>) -> Member {
        let number = memory.joined.fetch_add(1, Ordering::SeqCst) + 1;
        let (sender, heard) = mpsc::channel(MAX_SIGNALS);
        lock(&memory.members).insert(number, sender);
        Member { number, heard, _leaves: Box::new(Leave { memory: Arc::clone(memory), number }) }
    }

    pub(super) fn lives(&self, member: u64) -> bool {
        lock(&self.members).get(&member).is_some_and(|sender| !sender.is_closed())
    }

    pub(super) fn signal(&self, from: u64, text: &str) {
        for (number, member) in lock(&self.members).iter() {
            if *number != from {
                // Whoever lags so far behind looks again after a while.
                let _ = member.try_send(text.to_owned());
            }
        }
    }

    pub(super) fn fields(&self, key: &str) -> Fields {
        lock(&self.maps).get(key).cloned().unwrap_or_default()
    }

    pub(super) fn field(&self, key: &str, field: &str) -> Option<String> {
        lock(&self.maps).get(key)?.get(field).cloned()
    }

    pub(super) fn size(&self, key: &str) -> usize {
        lock(&self.maps).get(key).map_or(0, |fields| fields.len())
    }

    pub(super) fn set(&self, key: &str, field: &str, value: &str, life: Duration) {
        self.change(key, life, |fields| drop(fields.insert(field.to_owned(), value.to_owned())));
    }

    pub(super) fn add(&self, key: &str, field: &str, value: &str, life: Duration) -> bool {
        self.change(key, life, |fields| {
            let absent = !fields.contains_key(field);
            if absent {
                fields.insert(field.to_owned(), value.to_owned());
            }
            absent
        })
    }

    pub(super) fn swap(&self, key: &str, field: &str, old: &str, new: &str) -> bool {
        let mut maps = lock(&self.maps);
        let value = maps.get(key).and_then(|fields| fields.get_mut(field)).filter(|value| *value == old);
        value.map(|value| new.clone_into(value)).is_some()
    }

    pub(super) fn count(&self, key: &str, field: &str, by: u64, life: Duration) -> u64 {
        self.change(key, life, |fields| {
            let number = fields.entry(field.to_owned()).or_default();
            let sum = number.parse().unwrap_or(0u64).saturating_add(by);
            *number = sum.to_string();
            sum
        })
    }

    pub(super) fn unset(&self, key: &str, field: &str) -> bool {
        let mut maps = lock(&self.maps);
        let Some(fields) = maps.get(key) else { return false };
        let there = fields.remove(field).is_some();
        if fields.is_empty() {
            maps.remove(key);
        }
        there
    }

    pub(super) fn remove(&self, key: &str) -> bool {
        lock(&self.maps).remove(key).is_some()
    }

    pub(super) fn touch(&self, key: &str, life: Duration) {
        let mut maps = lock(&self.maps);
        let now = Instant::now();
        if let Some(kept) = maps.all.get_mut(key).filter(|kept| now < kept.until) {
            kept.until = now + life.min(LONG);
        }
    }

    pub(super) fn log(&self, key: &str, life: Duration) -> Arc<MemoryLog> {
        let unused = |log: &Arc<MemoryLog>| Arc::strong_count(log) == 1 && log.is_unread();
        Arc::clone(lock(&self.logs).entry(key, life, unused))
    }

    pub(super) fn remove_log(&self, key: &str) {
        lock(&self.logs).remove(key);
    }

    pub(super) fn wake(&self, key: &str) {
        self.hub.wake(key);
    }

    fn change<T>(&self, key: &str, life: Duration, change: impl FnOnce(&mut Fields) -> T) -> T {
        change(lock(&self.maps).entry(key, life, |_| true))
    }
}
