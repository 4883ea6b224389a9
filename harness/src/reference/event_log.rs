//! One event stream: the messages in order, kept so that a reader who lost the connection can go on where it stopped.

use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::core::lock;
use super::session::Session;
pub(super) use super::store::Event;
use super::store::{Log, Store, StoreError};

/// The shortest pause between two notes that someone reads.
const MIN_BEAT: Duration = Duration::from_millis(20);
/// The store of logs that are in none.
static NOWHERE: LazyLock<Store> = LazyLock::new(Store::default);

/// How a stream begins.
#[derive(Debug)]
pub(super) enum Opening {
    /// There is something to stream.
    Stream,
    /// The only message is the response, with this HTTP status.
    Single(String, u16),
}

/// Where the log of a stream is.
#[derive(Debug)]
pub(super) struct Place {
    /// The name of the stream: the instance and its number there. Empty for one that nobody resumes.
    pub(super) name: String,
    pub(super) key: String,
    pub(super) store: Store,
    pub(super) life: Duration,
    /// The instance that uses it here.
    pub(super) member: u64,
}

/// The log of one stream. Positions count from 1 and are what event ids are made of.
#[derive(Debug)]
pub(super) struct EventLog {
    pub(super) place: Place,
    /// Made when the first event comes: most answers are no stream.
    log: OnceLock<Log>,
    /// It is a stream even if the response is all there is to say.
    always: bool,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

/// What matters to the instance that answers the request.
#[derive(Debug, Default)]
struct State {
    streaming: bool,
    ended: bool,
    /// The response that is no stream.
    single: Option<(String, u16)>,
}

impl EventLog {
    pub(super) fn new(place: Place, always: bool) -> Arc<Self> {
        let (log, state) = (OnceLock::new(), Mutex::default());
        Arc::new(Self { place, log, always, state, changed: watch::Sender::new(()) })
    }

    /// A stream that cannot be resumed.
    pub(super) fn private(always: bool) -> Arc<Self> {
        let (name, key, store) = (String::new(), String::new(), NOWHERE.clone());
        let log = Self::new(Place { name, key, store, life: Duration::ZERO, member: 0 }, always);
        log.log.get_or_init(Log::private);
        log
    }

    fn log(&self) -> &Log {
        self.log.get_or_init(|| self.place.store.log(&self.place.key, self.place.life))
    }

    /// Appends a message that is not the response.
    pub(super) async fn push(&self, event: Event) {
        self.open();
        self.log().append(event).await;
    }

    /// The same without waiting until it is there.
    pub(super) fn offer(&self, event: Event) {
        self.open();
        self.log().offer(event);
    }

    /// Makes the answer a stream though nothing is to be said yet.
    pub(super) fn open(&self) {
        self.change(|state| state.streaming = true);
    }

    /// Gives the response, if there is one, and ends the stream.
    pub(super) async fn finish(&self, response: Option<(String, u16)>) {
        let streams = {
            let mut state = lock(&self.state);
            // A failure with a status of its own is no stream: the status comes first.
            state.streaming |= response.as_ref().is_none_or(|(_, status)| self.always && *status == 200);
            state.streaming
        };
        if streams {
            if let Some((message, _)) = response {
                self.log().append(Event::Message(message)).await;
            }
            self.log().append(Event::End).await;
            self.change(|state| state.ended = true);
        } else {
            self.change(|state| {
                state.single = response;
                state.ended = true;
            });
        }
    }

    /// Whether the answer is a stream by now.
    pub(super) fn streams(&self) -> bool {
        lock(&self.state).streaming
    }

    /// Waits until it is clear whether this is a stream or a single response.
    pub(super) async fn opening(&self) -> Opening {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            {
                let mut state = lock(&self.state);
                if state.streaming {
                    return Opening::Stream;
                }
                if state.ended {
                    return state.single.take().map_or(Opening::Stream, |(text, status)| Opening::Single(text, status));
                }
            }
            // The sender lives in `self`, so this only ends with a change.
            let _ = changed.changed().await;
        }
    }

    /// The position after the last event.
    pub(super) async fn end(&self) -> Result<u64, StoreError> {
        self.log().end().await
    }

    /// Every message so far.
    pub(super) async fn messages(&self) -> Result<Vec<String>, StoreError> {
        let (mut all, mut position) = (Vec::new(), 0);
        while let Some((next, event)) = self.log().read(position, None).await?.event {
            position = next;
            all.extend(if let Event::Message(message) = event { Some(message) } else { None });
        }
        Ok(all)
    }

    /// The instance through which it is being read.
    pub(super) async fn reader_member(&self) -> Result<Option<u64>, StoreError> {
        self.log().reader().await
    }

    /// Reads from `position` on. An earlier reader of the same stream stops: a message goes to one connection only.
    pub(super) async fn reader(&self, position: u64) -> Result<Reader, StoreError> {
        let log = self.log().clone();
        let seen = log.watch();
        let turn = log.attach(self.place.member).await?;
        let until = CancellationToken::new();
        Ok(Reader { log, position, turn, seen, session: None, until, over: false })
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut lock(&self.state));
        self.changed.send_replace(());
    }
}

/// Reads a stream in order.
#[derive(Debug)]
pub(super) struct Reader {
    log: Log,
    position: u64,
    turn: u64,
    seen: watch::Receiver<()>,
    session: Option<Arc<Session>>,
    until: CancellationToken,
    over: bool,
}

impl Reader {
    /// While it reads, this session is in use.
    pub(super) fn of(mut self, session: &Arc<Session>) -> Self {
        self.session = Some(Arc::clone(session));
        self
    }

    /// Once this is cancelled, it reads what is there and no more.
    pub(super) fn until(mut self, token: CancellationToken) -> Self {
        self.until = token;
        self
    }

    /// The next event and the position after it; `None` at the end of the connection.
    pub(super) async fn next(&mut self) -> Option<(u64, Event)> {
        loop {
            self.seen.borrow_and_update();
            // Where the store fails the connection ends; the client can come back for the rest.
            let page = self.log.read(self.position, Some(self.turn)).await.ok().filter(|page| page.current)?;
            match page.event {
                _ if self.over => return None,
                Some((_, Event::End)) => return None,
                Some((position, event)) => {
                    self.position = position;
                    self.over = matches!(event, Event::HangUp(_));
                    return Some((position, event));
                }
                None if self.until.is_cancelled() => return None,
                None => self.wait().await,
            }
        }
    }

    async fn wait(&mut self) {
        let Some(session) = self.session.clone() else {
            return tokio::select! {
                () = self.log.changed(&mut self.seen) => {}
                () = self.until.cancelled() => {}
            };
        };
        tokio::select! {
            () = self.log.changed(&mut self.seen) => {}
            () = self.until.cancelled() => {}
            () = sleep((session.homes.idle / 3).max(MIN_BEAT)) => {
                // The next beat may do.
                let _ = session.touch().await;
                self.log.touch().await;
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.log.detach(self.turn);
    }
}
