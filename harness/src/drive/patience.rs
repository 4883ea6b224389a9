//! How long a case may take, and when it gives its place to another: a case that only waits for a silent peer costs
//! nothing, so others start beside it and the deadlines overlap.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// After this long in one wait a case gives up its place among the running ones.
const STALLED_AFTER: Duration = Duration::from_millis(300);

/// The deadline of a case and its place among the running ones.
#[derive(Debug)]
pub struct Patience {
    limit: Duration,
    /// How long a process may take to answer for the first time.
    startup: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    deadline: Instant,
    /// A process that is still starting: until when it is given time. Its place is kept, or all would start at once.
    starting: Option<Instant>,
    place: Option<Place>,
}

/// What a case holds while it runs.
#[derive(Debug)]
pub struct Place {
    /// Among the cases that run; given up in a long wait.
    _running: OwnedSemaphorePermit,
    /// Among those whose first process starts; given up when that has answered.
    starting: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// The place of a case that starts nothing.
    pub fn running(running: OwnedSemaphorePermit) -> Self {
        Self { _running: running, starting: None }
    }

    /// The place of a case that starts a process first.
    pub fn starting(running: OwnedSemaphorePermit, starting: OwnedSemaphorePermit) -> Self {
        Self { _running: running, starting: Some(starting) }
    }
}

impl Patience {
    /// A case that ends `limit` from now at the latest.
    pub fn new(limit: Duration, place: Option<Place>) -> Self {
        let state = State { deadline: Instant::now() + limit, starting: None, place };
        Self { limit, startup: Duration::ZERO, state: Mutex::new(state) }
    }

    /// A case that starts processes: the limit counts from the first answer of the last of them, which may take `startup`.
    pub fn with_startup(limit: Duration, startup: Duration, place: Option<Place>) -> Self {
        let patience = Self { startup, ..Self::new(limit, place) };
        patience.starting();
        patience
    }

    /// A process starts, one of those that the case may start.
    pub fn starting(&self) {
        if self.startup > Duration::ZERO {
            let ready = Instant::now() + self.startup;
            let mut state = self.lock();
            (state.starting, state.deadline) = (Some(ready), ready + self.limit);
        }
    }

    /// The deadline of one wait within the case.
    pub fn until(&self, within: Option<Duration>) -> Instant {
        let state = self.lock();
        let limit = state.starting.unwrap_or(state.deadline);
        within.map_or(limit, |within| limit.min(Instant::now() + within))
    }

    /// The peer has answered for the first time.
    pub fn answered(&self) {
        let mut state = self.lock();
        if state.starting.take().is_some() {
            state.deadline = Instant::now() + self.limit;
            if let Some(place) = &mut state.place {
                place.starting = None;
            }
        }
    }

    /// So much went by that was no affair of the peer's: an instance of it was started, say.
    pub fn pardon(&self, lapse: Duration) {
        self.lock().deadline += lapse;
    }

    /// Run a wait; when it lasts, let another case start.
    pub async fn wait<T>(&self, wait: impl Future<Output = T>) -> T {
        tokio::pin!(wait);
        let patient = self.lock().starting.unwrap_or_else(|| Instant::now() + STALLED_AFTER);
        match tokio::time::timeout_at(patient, &mut wait).await {
            Ok(done) => done,
            Err(_) => {
                drop(self.lock().place.take());
                wait.await
            }
        }
    }

    /// Let the time pass until then. Where it is known that this lasts, another case starts at once.
    pub async fn pass(&self, until: Instant) {
        let lasts = until.duration_since(Instant::now()) >= STALLED_AFTER;
        if lasts {
            let mut state = self.lock();
            // A process that starts keeps its place until it has answered.
            let place = if state.starting.is_none() { state.place.take() } else { None };
            drop(state);
            drop(place);
        }
        self.wait(tokio::time::sleep_until(until)).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
