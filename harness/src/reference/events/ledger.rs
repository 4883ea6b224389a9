//! What happened, who hears of it, and what tests did to the events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::kinds::{self, Kind};
use super::webhook::Hooks;
use super::{EXHAUSTED, forbidden, kept, not_found};
use crate::reference::clock::rfc3339;
use crate::reference::rpc::{Failure, Object};
use crate::reference::store::Store;

/// Most occurrences that are kept.
const MOST: usize = 1024;
/// News not yet taken up by a stream; a slower one misses the oldest.
const MOST_NEWS: usize = 1024;

/// Under what key and field the store has it.
const KEY: &str = "events";
const FIELD: &str = "ledger";

/// Something that happened.
#[derive(Clone, Debug, Deserialize, Serialize)]
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

/// What open streams are told, on any instance; the text is the type that it is about.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::reference) enum News {
    /// Something happened.
    Event(Box<Occurrence>),
    /// Some of it was lost on the way.
    Gap(String),
    /// The source could not be read for a moment.
    Trouble(String),
    /// The subscription is over, with this error.
    Terminated(String, Value),
    /// The server ends its streams.
    Close(String),
}

/// What all instances share.
#[derive(Debug, Default, Deserialize, Serialize)]
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
}

/// All of it.
#[derive(Debug)]
pub(in crate::reference) struct Ledger {
    store: Store,
    /// Those that are open here.
    streams: AtomicUsize,
    pub(super) news: broadcast::Sender<News>,
    /// Subscriptions by webhook.
    pub(super) hooks: Hooks,
}

/// An open stream, as long as it is open.
pub(super) struct Open<'a>(&'a Ledger);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Ledger {
    /// What happened is kept in the first, who subscribed by webhook in the second.
    pub(in crate::reference) fn new(store: Store, hooks: Store) -> Self {
        let hooks = Hooks::new(hooks);
        Self { store, streams: AtomicUsize::new(0), news: broadcast::Sender::new(MOST_NEWS), hooks }
    }

    async fn state(&self) -> Result<State, Failure> {
        Ok(kept::read(&self.store, KEY, FIELD).await?.unwrap_or_default())
    }

    async fn change<R: Default>(&self, change: impl FnMut(&mut State) -> R) -> Result<R, Failure> {
        Ok(kept::change(&self.store, KEY, FIELD, true, change).await?.unwrap_or_default())
    }

    /// The types that there are now.
    pub(super) async fn kinds(&self) -> Result<Vec<Kind>, Failure> {
        let state = self.state().await?;
        Ok(Kind::all(state.extended).into_iter().filter(|kind| kind.name != kinds::EXTRA || state.extra).collect())
    }

    /// Whether this caller may have the events of a type, and one more subscription of it.
    pub(super) async fn admit(&self, name: &str, caller: Option<&String>) -> Result<(), Failure> {
        let state = self.state().await?;
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
        self.streams.fetch_add(1, Ordering::Relaxed);
        Open(self)
    }

    /// The position where the next thing that happens will be.
    pub(super) async fn now(&self) -> Result<u64, Failure> {
        Ok(self.state().await?.next)
    }

    /// Where to begin: at this position, or where what is still kept begins. True where something was passed over.
    pub(super) async fn begin(
        &self,
        name: &str,
        position: Option<u64>,
        max_age: Option<Duration>,
    ) -> Result<(u64, bool), Failure> {
        let state = self.state().await?;
        let known = position.filter(|position| (state.floor..=state.next).contains(position));
        let start = known.unwrap_or(state.floor);
        let oldest = max_age.and_then(|age| SystemTime::now().checked_sub(age));
        let aged = |event: &&Occurrence| event.position >= start && event.name == name && Some(event.at) < oldest;
        let passed = state.kept.iter().filter(aged).map(|event| event.position + 1).max();
        Ok((passed.unwrap_or(start), known.is_none() || passed.is_some()))
    }

    /// What happened from a position on, of one type; at most so many, and where to go on.
    pub(super) async fn read(
        &self,
        name: &str,
        arguments: &Object,
        from: u64,
        most: usize,
    ) -> Result<(Vec<Occurrence>, u64, bool), Failure> {
        let state = self.state().await?;
        let wanted = |event: &&Occurrence| event.position >= from && event.name == name && event.passes(arguments);
        let mut found: Vec<Occurrence> =
            state.kept.iter().filter(wanted).take(most.saturating_add(1)).cloned().collect();
        let more = found.len() > most;
        found.truncate(most);
        let end = if more { found.last().map_or(from, |last| last.position + 1) } else { state.next };
        Ok((found, end, more))
    }

    /// It happens so many times; gives what happened, and how many streams are open here.
    pub(in crate::reference) async fn emit(&self, name: &str, count: u64) -> Result<(Vec<Occurrence>, usize), Failure> {
        let happened = self.change(|state| (0..count).map(|number| state.happens(name, number)).collect()).await?;
        Ok((happened, self.streams.load(Ordering::Relaxed)))
    }

    /// Everything that happened is forgotten, and no cursor up to now is known any more.
    pub(in crate::reference) async fn forget(&self) -> Result<(), Failure> {
        self.change(|state| {
            state.kept.clear();
            state.next += 1;
            state.floor = state.next;
        })
        .await
    }

    /// Nobody may have these events any more.
    pub(in crate::reference) async fn revoke(&self, name: &str) -> Result<Failure, Failure> {
        self.change(|state| state.revoked.insert(name.to_owned())).await?;
        Ok(forbidden(name))
    }

    /// These events are for this caller alone.
    pub(in crate::reference) async fn reserve(&self, name: &str, caller: Option<String>) -> Result<(), Failure> {
        self.change(|state| drop(state.reserved.insert(name.to_owned(), caller.clone()))).await
    }

    /// There is no room for another subscription of them.
    pub(in crate::reference) async fn exhaust(&self, name: &str) -> Result<(), Failure> {
        self.change(|state| state.exhausted.insert(name.to_owned())).await?;
        Ok(())
    }

    /// Everybody may have them, as in the beginning.
    pub(in crate::reference) async fn restore(&self, name: &str) -> Result<(), Failure> {
        self.change(|state| {
            state.revoked.remove(name);
            state.reserved.remove(name);
            state.exhausted.remove(name);
        })
        .await
    }

    /// Adds the extra type, or takes it away again: then its streams are to be told this.
    pub(in crate::reference) async fn toggle_extra(&self) -> Result<Option<News>, Failure> {
        let there = self
            .change(|state| {
                state.extra = !state.extra;
                state.extra
            })
            .await?;
        Ok((!there).then(|| News::Terminated(kinds::EXTRA.to_owned(), not_found(kinds::EXTRA).object())))
    }

    /// Adds a member to the schema of payloads, or takes it away again.
    pub(in crate::reference) async fn toggle_extended(&self) -> Result<(), Failure> {
        self.change(|state| state.extended = !state.extended).await
    }

    /// Tells all streams that are open here.
    pub(in crate::reference) fn tell(&self, news: News) {
        // Fails only when nobody listens.
        let _ = self.news.send(news);
    }
}

impl State {
    fn happens(&mut self, name: &str, number: u64) -> Occurrence {
        let event = Occurrence { position: self.next, at: SystemTime::now(), name: name.to_owned(), number };
        self.next += 1;
        self.kept.push_back(event.clone());
        if self.kept.len() > MOST {
            self.kept.pop_front();
            self.floor = self.kept.front().map_or(self.next, |first| first.position);
        }
        event
    }
}
