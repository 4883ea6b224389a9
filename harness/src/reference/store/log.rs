//! Logs: events in order, read by one at a time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::Done;
use super::redis::Redis;
use super::redis_log::RedisLog;
use crate::reference::core::lock;

/// Events kept in one log; a reader further behind misses the oldest.
pub(super) const MAX_EVENTS: usize = 1024;
/// The longest wait for a wake that may have been lost on the way.
pub(in crate::reference) const POLL: Duration = Duration::from_secs(1);

/// What a log holds at one position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::reference) enum Event {
    /// A JSON-RPC message.
    Message(String),
    /// The server ends the connection here, not the stream; the client should come back after so many milliseconds.
    HangUp(u64),
    /// Nothing comes after this.
    End,
}

impl Event {
    /// As one text. That of a message is the message: JSON begins with none of the other letters.
    pub(super) fn write(&self) -> String {
        match self {
            Self::Message(message) => message.clone(),
            Self::HangUp(retry) => format!("hang up {retry}"),
            Self::End => "end".to_owned(),
        }
    }

    /// What was written.
    pub(super) fn read(text: String) -> Self {
        match text.strip_prefix("hang up ") {
            Some(retry) => Self::HangUp(retry.parse().unwrap_or_default()),
            None if text == "end" => Self::End,
            None => Self::Message(text),
        }
    }
}

/// What was found in a log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::reference) struct Page {
    /// Whether the one who asked is still its reader.
    pub(in crate::reference) current: bool,
    /// The next event and the position after it, from 1.
    pub(in crate::reference) event: Option<(u64, Event)>,
}

/// A log of this process or of all who share a store.
#[derive(Clone, Debug)]
pub(in crate::reference) enum Log {
    Memory(Arc<MemoryLog>),
    Redis(Arc<RedisLog>),
}

impl Log {
    /// A log that nobody else knows.
    pub(in crate::reference) fn private() -> Self {
        Self::Memory(Arc::default())
    }

    pub(super) fn memory(log: Arc<MemoryLog>) -> Self {
        Self::Memory(log)
    }

    pub(super) fn redis(redis: &Arc<Redis>, key: &str, life: Duration) -> Self {
        Self::Redis(RedisLog::new(redis, key, life))
    }

    /// Adds an event at the end and wakes the reader.
    pub(in crate::reference) async fn append(&self, event: Event) {
        match self {
            Self::Memory(log) => log.append(event),
            Self::Redis(log) => {
                // It ends without a word if the process does.
                let _ = log.offer(event).await;
            }
        }
    }

    /// The same without waiting until it is done; what is added later comes after it.
    pub(in crate::reference) fn offer(&self, event: Event) {
        match self {
            Self::Memory(log) => log.append(event),
            Self::Redis(log) => drop(log.offer(event)),
        }
    }

    /// The position after the last event; [`Event::End`] is none.
    pub(in crate::reference) async fn end(&self) -> Done<u64> {
        match self {
            Self::Memory(log) => Ok(log.end()),
            Self::Redis(log) => log.end().await,
        }
    }

    /// What comes after a position, for the reader of this turn, or for anyone.
    pub(in crate::reference) async fn read(&self, after: u64, turn: Option<u64>) -> Done<Page> {
        match self {
            Self::Memory(log) => Ok(log.read(after, turn)),
            Self::Redis(log) => log.read(after, turn).await,
        }
    }

    /// Becomes the reader, through this instance, and ends the turn of the one before.
    pub(in crate::reference) async fn attach(&self, member: u64) -> Done<u64> {
        match self {
            Self::Memory(log) => Ok(log.attach(member)),
            Self::Redis(log) => log.attach(member).await,
        }
    }

    /// Reads no more.
    pub(in crate::reference) fn detach(&self, turn: u64) {
        match self {
            Self::Memory(log) => log.detach(turn),
            Self::Redis(log) => log.detach(turn),
        }
    }

    /// The instance through which it is being read.
    pub(in crate::reference) async fn reader(&self) -> Done<Option<u64>> {
        match self {
            Self::Memory(log) => Ok(log.reader()),
            Self::Redis(log) => log.reader().await,
        }
    }

    /// Keeps it for its life from now on.
    pub(in crate::reference) async fn touch(&self) {
        if let Self::Redis(log) = self {
            log.touch().await;
        }
    }

    /// Changes with the log.
    pub(in crate::reference) fn watch(&self) -> watch::Receiver<()> {
        match self {
            Self::Memory(log) => log.changed.subscribe(),
            Self::Redis(log) => log.watch(),
        }
    }

    /// Waits for a change; on Redis not for long, since word of one can be lost.
    pub(in crate::reference) async fn changed(&self, seen: &mut watch::Receiver<()>) {
        // The log holds the other end.
        let changed = async { drop(seen.changed().await) };
        match self {
            Self::Memory(_) => changed.await,
            Self::Redis(_) => drop(timeout(POLL, changed).await),
        }
    }
}

/// A log in memory.
#[derive(Debug)]
pub(in crate::reference) struct MemoryLog {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    dropped: u64,
    turn: u64,
    reader: Option<u64>,
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self { state: Mutex::default(), changed: watch::Sender::new(()) }
    }
}

impl MemoryLog {
    fn append(&self, event: Event) {
        {
            let mut state = lock(&self.state);
            if state.events.len() >= MAX_EVENTS {
                state.events.pop_front();
                state.dropped += 1;
            }
            state.events.push_back(event);
        }
        self.changed.send_replace(());
    }

    fn end(&self) -> u64 {
        let state = lock(&self.state);
        let all = state.dropped + state.events.len() as u64;
        all - u64::from(state.events.back() == Some(&Event::End))
    }

    fn read(&self, after: u64, turn: Option<u64>) -> Page {
        let state = lock(&self.state);
        let after = after.max(state.dropped);
        let skipped = usize::try_from(after - state.dropped).unwrap_or(usize::MAX);
        Page {
            current: turn.is_none_or(|turn| turn == state.turn),
            event: state.events.get(skipped).map(|event| (after + 1, event.clone())),
        }
    }

    fn attach(&self, member: u64) -> u64 {
        let turn = {
            let mut state = lock(&self.state);
            state.turn += 1;
            state.reader = Some(member);
            state.turn
        };
        self.changed.send_replace(());
        turn
    }

    fn detach(&self, turn: u64) {
        let mut state = lock(&self.state);
        if state.turn == turn {
            state.reader = None;
        }
    }

    fn reader(&self) -> Option<u64> {
        lock(&self.state).reader
    }

    /// Whether nobody reads it.
    pub(super) fn is_unread(&self) -> bool {
        self.changed.receiver_count() == 0
    }
}
