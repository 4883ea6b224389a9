//! What happened, who hears of it, and what tests did to the events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::kinds::{self, Kind};
use super::webhook::Hooks;
use super::{EXHAUSTED, forbidden, not_found};
use crate::reference::clock::rfc3339;
use crate::reference::core::lock;
use crate::reference::rpc::{Failure, Object};

/// Most occurrences that are kept.
const MOST: usize = 1024;
/// News not yet taken up by a stream; a slower one misses the oldest.
const MOST_NEWS: usize = 1024;

/// Something that happened.
#[derive(Clone, Debug)]
pub(in crate::reference) struct Occurrence {
    pub(super) position: u64,
    pub(super) at: SystemTime,
    pub(super) name: String,
    number: u64,
}

impl Occurrence {
    /// As it is delivered, but for its cursor.
    pub(super) fn shown(&self) -> Object {
        Object::from_iter([
            ("eventId".to_owned(), json!(format!("evt_{}", self.position))),
            ("name".to_owned(), json!(self.name)),
            ("timestamp".to_owned(), json!(rfc3339(self.at))),
            ("data".to_owned(), json!({ "number": self.number })),
        ])
    }

    /// Whether these arguments of a subscription let it through.
    pub(super) fn passes(&self, arguments: &Object) -> bool {
        let bound = |name| arguments.get(name).and_then(Value::as_u64);
        bound("min").is_none_or(|min| self.number >= min) && bound("max").is_none_or(|max| self.number <= max)
    }
}

/// What open streams are told; the text is the type that it is about.
#[derive(Clone, Debug)]
pub(in crate::reference) enum News {
    /// Something happened.
    Event(Box<Occurrence>),
    /// Some of it was lost on the way.
    Gap(String),
    /// The source could not be read for a moment.
    Trouble(String),
    /// The subscription is over, with this error.
    Terminated(String, Failure),
    /// The server ends its streams.
    Close(String),
}

#[derive(Debug, Default)]
struct State {
    kept: VecDeque<Occurrence>,
    next: u64,
    /// What was before is forgotten.
    floor: u64,
    extra: bool,
    extended: bool,
    revoked: BTreeSet<String>,
    exhausted: BTreeSet<String>,
    reserved: BTreeMap<String, Option<String>>,
    streams: usize,
}

/// All of it.
#[derive(Debug)]
pub(in crate::reference) struct Ledger {
    state: Mutex<State>,
    pub(super) news: broadcast::Sender<News>,
    /// Subscriptions by webhook.
    pub(super) hooks: Hooks,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { state: Mutex::default(), news: broadcast::Sender::new(MOST_NEWS), hooks: Hooks::default() }
    }
}

/// An open stream, as long as it is open.
pub(super) struct Open<'a>(&'a Ledger);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).streams -= 1;
    }
}

impl Ledger {
    /// The types that there are now.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let state = lock(&self.state);
        Kind::all(state.extended).into_iter().filter(|kind| kind.name != kinds::EXTRA || state.extra).collect()
    }

    /// Whether this caller may have the events of a type, and one more subscription of it.
    pub(super) fn admit(&self, name: &str, caller: Option<&String>) -> Result<(), Failure> {
        let state = lock(&self.state);
        if state.revoked.contains(name) || state.reserved.get(name).is_some_and(|whose| whose.as_ref() != caller) {
            return Err(forbidden(name));
        }
        if state.exhausted.contains(name) {
            let failure = Failure::new(EXHAUSTED, "ResourceExhausted: no more subscriptions of this event");
            return Err(failure.with(json!({ "limit": "subscriptions" })));
        }
        Ok(())
    }

    /// Counts a stream while it is open.
    pub(super) fn open(&self) -> Open<'_> {
        lock(&self.state).streams += 1;
        Open(self)
    }

    /// The position where the next thing that happens will be.
    pub(super) fn now(&self) -> u64 {
        lock(&self.state).next
    }

    /// Where to begin: at this position, or where what is still kept begins. True where something was passed over.
    pub(super) fn begin(&self, name: &str, position: Option<u64>, max_age: Option<Duration>) -> (u64, bool) {
        let state = lock(&self.state);
        let known = position.filter(|position| (state.floor..=state.next).contains(position));
        let start = known.unwrap_or(state.floor);
        let oldest = max_age.and_then(|age| SystemTime::now().checked_sub(age));
        let aged = |event: &&Occurrence| event.position >= start && event.name == name && Some(event.at) < oldest;
        let passed = state.kept.iter().filter(aged).map(|event| event.position + 1).max();
        (passed.unwrap_or(start), known.is_none() || passed.is_some())
    }

    /// What happened from a position on, of one type; at most so many, and where to go on.
    pub(super) fn read(&self, name: &str, arguments: &Object, from: u64, most: usize) -> (Vec<Occurrence>, u64, bool) {
        let state = lock(&self.state);
        let wanted = |event: &&Occurrence| event.position >= from && event.name == name && event.passes(arguments);
        let mut found: Vec<Occurrence> =
            state.kept.iter().filter(wanted).take(most.saturating_add(1)).cloned().collect();
        let more = found.len() > most;
        found.truncate(most);
        let end = if more { found.last().map_or(from, |last| last.position + 1) } else { state.next };
        (found, end, more)
    }

    /// It happens so many times; gives what happened, and how many streams are open.
    pub(in crate::reference) fn emit(&self, name: &str, count: u64) -> (Vec<Occurrence>, usize) {
        let mut happened = Vec::new();
        let mut state = lock(&self.state);
        for number in 0..count {
            let position = state.next;
            let event = Occurrence { position, at: SystemTime::now(), name: name.to_owned(), number };
            state.next += 1;
            state.kept.push_back(event.clone());
            happened.push(event.clone());
            if state.kept.len() > MOST {
                state.kept.pop_front();
                state.floor = state.kept.front().map_or(state.next, |first| first.position);
            }
            // Fails only when nobody listens.
            let _ = self.news.send(News::Event(Box::new(event)));
        }
        (happened, state.streams)
    }

    /// Everything that happened is forgotten, and no cursor up to now is known any more.
    pub(in crate::reference) fn forget(&self) {
        let mut state = lock(&self.state);
        state.kept.clear();
        state.next += 1;
        state.floor = state.next;
    }

    /// Nobody may have these events any more.
    pub(in crate::reference) fn revoke(&self, name: &str) -> Failure {
        lock(&self.state).revoked.insert(name.to_owned());
        self.tell(News::Terminated(name.to_owned(), forbidden(name)));
        forbidden(name)
    }

    /// These events are for this caller alone.
    pub(in crate::reference) fn reserve(&self, name: &str, caller: Option<String>) {
        lock(&self.state).reserved.insert(name.to_owned(), caller);
    }

    /// There is no room for another subscription of them.
    pub(in crate::reference) fn exhaust(&self, name: &str) {
        lock(&self.state).exhausted.insert(name.to_owned());
    }

    /// Everybody may have them, as in the beginning.
    pub(in crate::reference) fn restore(&self, name: &str) {
        let mut state = lock(&self.state);
        state.revoked.remove(name);
        state.reserved.remove(name);
        state.exhausted.remove(name);
    }

    /// Adds the extra type, or takes it away again.
    pub(in crate::reference) fn toggle_extra(&self) {
        let there = {
            let mut state = lock(&self.state);
            state.extra = !state.extra;
            state.extra
        };
        if !there {
            self.tell(News::Terminated(kinds::EXTRA.to_owned(), not_found(kinds::EXTRA)));
        }
    }

    /// Adds a member to the schema of payloads, or takes it away again.
    pub(in crate::reference) fn toggle_extended(&self) {
        let mut state = lock(&self.state);
        state.extended = !state.extended;
    }

    /// Tells all open streams.
    pub(in crate::reference) fn tell(&self, news: News) {
        // Fails only when nobody listens.
        let _ = self.news.send(news);
    }
}
