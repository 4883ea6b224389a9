//! How many clients run at a time: so many that work, and more that only wait.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::Semaphore;

/// So many clients that wait for each that works.
const WAITING: usize = 2;

/// Places for clients.
#[derive(Debug)]
pub struct Places {
    working: Semaphore,
    waiting: Semaphore,
}

impl Places {
    /// For so many that work.
    pub fn new(jobs: usize) -> Self {
        let jobs = jobs.max(1);
        Self { working: Semaphore::new(jobs), waiting: Semaphore::new(jobs * WAITING) }
    }

    /// All of them, for those that want to begin with as many as can go on at a time.
    pub const fn all(jobs: usize) -> usize {
        jobs * (1 + WAITING)
    }

    /// Carry it out once there is a place. What takes longer than `usual` mostly waits, and leaves its place to another.
    pub async fn carry_out<T>(&self, usual: Duration, run: impl Future<Output = T>) -> T {
        // Neither is ever closed.
        let working = self.working.acquire().await.ok();
        let mut run = pin!(run);
        if let Ok(done) = tokio::time::timeout(usual, run.as_mut()).await {
            return done;
        }
        match self.waiting.try_acquire() {
            Ok(_waiting) => {
                drop(working);
                run.await
            }
            Err(_) => run.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// The most of four runs that there are at a time, of which each takes so long.
    async fn most_at_a_time(usual: Duration, long: Duration) -> usize {
        let places = Places::new(1);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let run = || async {
            most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::time::sleep(long).await;
            now.fetch_sub(1, Ordering::Relaxed);
        };
        let one = || places.carry_out(usual, run());
        tokio::join!(one(), one(), one(), one());
        most.into_inner()
    }

    #[tokio::test]
    async fn who_waits_leaves_its_place_to_another() {
        let (short, long) = (Duration::from_millis(5), Duration::from_millis(400));
        assert_eq!(most_at_a_time(short, long).await, Places::all(1));
        assert_eq!(most_at_a_time(long * 10, short).await, 1);
    }
}
