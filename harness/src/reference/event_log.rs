//! One event stream: the messages in order, kept so that a reader who lost the connection can go on where it stopped.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::core::lock;

/// Messages kept for one stream; a reader further behind misses the oldest.
const MAX_EVENTS: usize = 1024;

/// What a stream holds at one position.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A JSON-RPC message.
    Message(String),
    /// The server ends the connection here, not the stream; the client should come back after so many milliseconds.
    HangUp(u64),
}

/// How a stream begins.
#[derive(Debug)]
pub(super) enum Opening {
    /// There is something to stream.
    Stream,
    /// The only message is the response, with this HTTP status.
    Single(String, u16),
}

/// The log of one stream. Positions count from 0 and are what event ids are made of.
#[derive(Debug)]
pub(super) struct EventLog {
    /// The number of the stream in its session.
    pub(super) number: u64,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    dropped: u64,
    streaming: bool,
    ended: bool,
    status: u16,
    readers: u64,
    connected: bool,
}

impl EventLog {
    pub(super) fn new(number: u64) -> Arc<Self> {
        Arc::new(Self { number, state: Mutex::default(), changed: watch::Sender::new(()) })
    }

    /// Appends a message that is not the response.
    pub(super) fn push(&self, event: Event) {
        self.change(|state| {
            state.streaming = true;
            state.append(event);
        });
    }

    /// Makes the answer a stream though nothing is to be said yet.
    pub(super) fn open(&self) {
        self.change(|state| state.streaming = true);
    }

    /// Appends the response, if there is one, and ends the stream.
    pub(super) fn finish(&self, response: Option<(String, u16)>) {
        self.change(|state| {
            state.streaming |= response.is_none();
            if let Some((message, status)) = response {
                state.status = status;
                state.append(Event::Message(message));
            }
            state.ended = true;
        });
    }

    /// Whether the answer is a stream by now.
    pub(super) fn streams(&self) -> bool {
        lock(&self.state).streaming
    }

    /// Whether the response has been given.
    pub(super) fn ended(&self) -> bool {
        lock(&self.state).ended
    }

    /// Whether someone is reading.
    pub(super) fn connected(&self) -> bool {
        lock(&self.state).connected
    }

    /// Waits until it is clear whether this is a stream or a single response.
    pub(super) async fn opening(&self) -> Opening {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            {
                let state = lock(&self.state);
                match state.events.front() {
                    _ if state.streaming => return Opening::Stream,
                    Some(Event::Message(message)) if state.ended => {
                        return Opening::Single(message.clone(), state.status);
                    }
                    _ => {}
                }
            }
            // The sender lives in `self`, so this only ends with a change.
            let _ = changed.changed().await;
        }
    }

    /// Waits for the end and gives the response, if there was one.
    pub(super) async fn response(&self) -> Option<(String, u16)> {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            {
                let state = lock(&self.state);
                if state.ended {
                    return match state.events.back() {
                        Some(Event::Message(message)) if state.status != 0 => Some((message.clone(), state.status)),
                        _ => None,
                    };
                }
            }
            let _ = changed.changed().await;
        }
    }

    /// The position after the last event.
    pub(super) fn end(&self) -> u64 {
        let state = lock(&self.state);
        state.dropped + state.events.len() as u64
    }

    /// Every message so far.
    pub(super) fn messages(&self) -> Vec<String> {
        let messages = |event: &Event| match event {
            Event::Message(message) => Some(message.clone()),
            Event::HangUp(_) => None,
        };
        lock(&self.state).events.iter().filter_map(messages).collect()
    }

    /// Reads from `position` on. An earlier reader of the same stream stops: a message goes to one connection only.
    pub(super) fn reader(self: &Arc<Self>, position: u64) -> Reader {
        let mut state = lock(&self.state);
        state.readers += 1;
        state.connected = true;
        let turn = state.readers;
        drop(state);
        let changed = self.changed.subscribe();
        self.changed.send_replace(());
        Reader { log: Arc::clone(self), position, turn, changed, hung_up: false }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
        self.changed.send_replace(());
    }
}

impl State {
    fn append(&mut self, event: Event) {
        if self.events.len() >= MAX_EVENTS {
            self.events.pop_front();
            self.dropped += 1;
        }
        self.events.push_back(event);
    }
}

/// Reads a stream in order.
#[derive(Debug)]
pub(super) struct Reader {
    log: Arc<EventLog>,
    position: u64,
    turn: u64,
    changed: watch::Receiver<()>,
    hung_up: bool,
}

impl Reader {
    /// The next event and the position after it; `None` at the end of the connection.
    pub(super) async fn next(&mut self) -> Option<(u64, Event)> {
        loop {
            self.changed.borrow_and_update();
            {
                let state = lock(&self.log.state);
                if self.hung_up || state.readers != self.turn {
                    return None;
                }
                self.position = self.position.max(state.dropped);
                let index = usize::try_from(self.position - state.dropped).unwrap_or(usize::MAX);
                if let Some(event) = state.events.get(index) {
                    self.position += 1;
                    self.hung_up = matches!(event, Event::HangUp(_));
                    return Some((self.position, event.clone()));
                }
                if state.ended {
                    return None;
                }
            }
            self.changed.changed().await.ok()?;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = lock(&self.log.state);
        if state.readers == self.turn {
            state.connected = false;
        }
    }
}
