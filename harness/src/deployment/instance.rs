//! One instance: how it is started, and whether it runs.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::process::{Ended, Process, ProcessError, Startup};

/// How long an instance within this program may take to end in an orderly way.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// An instance that runs within this program.
#[derive(Debug)]
pub struct Served {
    /// What serves; aborted, everything of it ends at once.
    pub task: JoinHandle<()>,
    /// Asks it to end in an orderly way; the task ends by itself then.
    pub shutdown: CancellationToken,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Starting = Pin<Box<dyn Future<Output = Result<Served, String>> + Send>>;

/// Starts an instance within this program, again and again on the same address.
#[derive(Clone)]
pub struct Within(Arc<dyn Fn() -> Starting + Send + Sync>);

impl Within {
    /// By this function.
    pub fn new<F>(start: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Served, String>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(start())))
    }
}

impl std::fmt::Debug for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Within")
    }
}

/// How an instance is started.
#[derive(Clone, Debug)]
pub(super) enum Recipe {
    /// As a process.
    Process(Startup),
    /// Within this program.
    Within(Within),
}

#[derive(Debug)]
enum Running {
    Process(Box<Process>),
    Within(Served),
}

/// One instance.
#[derive(Debug)]
pub(super) struct Instance {
    recipe: Recipe,
    running: Option<Running>,
}

impl Instance {
    /// One that does not run yet.
    pub fn new(recipe: Recipe) -> Self {
        Self { recipe, running: None }
    }

    /// Start it if it does not run, and wait until it serves.
    pub async fn start(&mut self, deadline: Instant) -> Result<(), ProcessError> {
        if let Some(Running::Process(process)) = &mut self.running
            && process.has_ended()
        {
            self.running = None;
        }
        if self.running.is_none() {
            self.running = Some(match &self.recipe {
                Recipe::Process(startup) => Running::Process(Box::new(Process::start(startup, deadline).await?)),
                Recipe::Within(within) => Running::Within(started(within).await?),
            });
        }
        Ok(())
    }

    /// End it in an orderly way. False if it had to be killed.
    pub async fn stop(&mut self) -> bool {
        match self.running.take() {
            None => true,
            Some(Running::Process(process)) => process.stop().await,
            Some(Running::Within(mut served)) => {
                served.shutdown.cancel();
                let orderly = tokio::time::timeout(STOP_WITHIN, &mut served.task).await.is_ok();
                if !orderly {
                    end(&mut served.task).await;
                }
                orderly
            }
        }
    }

    /// Hold it, or let it go on. False where that cannot be done: within this program, or where it does not run.
    pub fn freeze(&self, frozen: bool) -> bool {
        match &self.running {
            Some(Running::Process(process)) => process.freeze(frozen),
            Some(Running::Within(_)) | None => return false,
        }
        true
    }

    /// The process group of what runs; none within this program.
    pub fn group(&self) -> Option<i32> {
        match &self.running {
            Some(Running::Process(process)) => process.group(),
            Some(Running::Within(_)) | None => None,
        }
    }

    /// How it ended, if it does so by itself within this time; nothing is known of one within this program.
    pub async fn ended(&mut self, within: Duration) -> Option<Ended> {
        match &mut self.running {
            Some(Running::Process(process)) => process.ended(within).await,
            Some(Running::Within(_)) | None => None,
        }
    }

    /// Kill it.
    pub async fn kill(&mut self) {
        match self.running.take() {
            None => {}
            Some(Running::Process(process)) => process.kill().await,
            Some(Running::Within(mut served)) => end(&mut served.task).await,
        }
    }
}

/// It ends at once, with all that it holds.
async fn end(task: &mut JoinHandle<()>) {
    task.abort();
    let _ = task.await;
}

async fn started(within: &Within) -> Result<Served, ProcessError> {
    (within.0)().await.map_err(|problem| ProcessError::Port(std::io::Error::other(problem)))
}
