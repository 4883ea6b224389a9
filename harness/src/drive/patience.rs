//! How long a case may take, and when it gives its place to another: a case that only waits for a silent peer costs
//! nothing, so others start beside it and the deadlines overlap.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// After this long in one wait a case gives up its place among the running ones.
const STALLED_AFTER: Duration = Duration::from_millis(300);

/// The deadline of a case and its place among the running ones.
#[derive(Debug)]
pub struct Patience {
    /// When the case is over, whatever happens.
    pub deadline: Instant,
    place: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Patience {
    /// A case that ends `limit` from now at the latest.
    pub fn new(limit: Duration, place: Option<OwnedSemaphorePermit>) -> Self {
        Self { deadline: Instant::now() + limit, place: Mutex::new(place) }
    }

    /// The deadline of one wait within the case.
    pub fn until(&self, within: Option<Duration>) -> Instant {
        within.map_or(self.deadline, |within| self.deadline.min(Instant::now() + within))
    }

    /// Run a wait; when it lasts, let another case start.
    pub async fn wait<T>(&self, wait: impl Future<Output = T>) -> T {
        tokio::pin!(wait);
        match tokio::time::timeout(STALLED_AFTER, &mut wait).await {
            Ok(done) => done,
            Err(_) => {
                drop(self.place.lock().unwrap_or_else(PoisonError::into_inner).take());
                wait.await
            }
        }
    }
}
