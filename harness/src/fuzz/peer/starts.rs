//! Servers that are being started: some at a time, and what others leave unanswered meanwhile does not count as silence.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Servers that are started at a time, where the machine has fewer processors: to start one may be mostly waiting.
const LEAST_AT_A_TIME: usize = 2;
/// So many times as long as otherwise a silence may last while others are being started.
const TIMES: u32 = 10;

/// The starts of one campaign.
#[derive(Debug)]
pub struct Starts {
    places: Semaphore,
    time: Mutex<Time>,
}

/// How long one or more were being started.
#[derive(Debug)]
struct Time {
    under_way: usize,
    since: Instant,
    before: Duration,
}

impl Time {
    fn lasted(&self) -> Duration {
        if self.under_way > 0 { self.before + self.since.elapsed() } else { self.before }
    }
}

impl Default for Starts {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(LEAST_AT_A_TIME, usize::from);
        let time = Time { under_way: 0, since: Instant::now(), before: Duration::ZERO };
        Self { places: Semaphore::new(processors.max(LEAST_AT_A_TIME)), time: Mutex::new(time) }
    }
}

impl Starts {
    /// Start one when there is a place for it.
    pub async fn one<T>(&self, start: impl Future<Output = T>) -> T {
        // It is never closed.
        let _place = self.places.acquire().await.ok();
        let _under_way = UnderWay::new(self);
        start.await
    }

    /// For how long one or more have been under way, in all.
    fn lasted(&self) -> Duration {
        self.time().lasted()
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct UnderWay<'a>(&'a Starts);

impl<'a> UnderWay<'a> {
    fn new(starts: &'a Starts) -> Self {
        let mut time = starts.time();
        if time.under_way == 0 {
            time.since = Instant::now();
        }
        time.under_way += 1;
        drop(time);
        Self(starts)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut time = self.0.time();
        if time.under_way == 1 {
            time.before = time.lasted();
        }
        time.under_way -= 1;
    }
}

/// How long nothing has come from a server. The time in which others are started does not count, as they take the processors from it, up to a
/// limit.
#[derive(Clone, Debug)]
pub(super) struct Silence {
    starts: Arc<Starts>,
    since: Instant,
    lasted: Duration,
}

impl Silence {
    /// From now on.
    pub fn new(starts: Arc<Starts>) -> Self {
        let lasted = starts.lasted();
        Self { starts, since: Instant::now(), lasted }
    }

    /// Something came.
    pub fn ends(&mut self) {
        (self.since, self.lasted) = (Instant::now(), self.starts.lasted());
    }

    /// How long it has to last yet to be as long as this; nothing when it is.
    pub fn left(&self, silence: Duration) -> Option<Duration> {
        let elapsed = self.since.elapsed();
        let counted = elapsed.saturating_sub(self.starts.lasted().saturating_sub(self.lasted));
        let left = silence.saturating_sub(counted).min((silence * TIMES).saturating_sub(elapsed));
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::time::sleep;

    use super::*;

    const A_WHILE: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn what_starts_beside_is_no_silence() {
        let starts = Arc::<Starts>::default();
        let mut silence = Silence::new(starts.clone());
        starts.one(sleep(A_WHILE)).await;
        // What little is not within it may take its time on a busy machine, but not as long as many of it.
        let left = silence.left(A_WHILE * 9);
        assert!(left.is_some_and(|left| left > A_WHILE * 8), "{left:?}");
        assert_eq!(silence.left(A_WHILE / TIMES), None);
        sleep(A_WHILE).await;
        assert_eq!(silence.left(A_WHILE), None);
        silence.ends();
        assert!(silence.left(A_WHILE * 9).is_some());
    }

    #[tokio::test]
    async fn no_more_start_at_a_time_than_there_are_places_for() {
        let starts = Starts::default();
        let places = starts.places.available_permits();
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let start = || async {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            now.fetch_sub(1, Ordering::SeqCst);
        };
        join_all((0..places * 2).map(|_| starts.one(start()))).await;
        assert_eq!(most.into_inner(), places);
        assert_eq!(starts.time().under_way, 0);
    }
}
