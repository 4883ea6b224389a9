//! A server that its client starts: one process after another, or several, all of one case.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::net::UnixListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ActingError;
use super::places::Places;
use super::process::{Shared, serve};
use super::seat::{Seat, pipes, seat};
use super::shim::Door;
use crate::mutate::Mutator;
use crate::reference::Options;
use crate::revision::Revision;
use crate::scenario::{Mutation, PROCESS, Scenario};
use crate::transcript::{ActorStatus, Recorder, What};
use crate::transport::Starter;

/// Most processes that a client can start in one case; further ones end at once.
const MAX_PROCESSES: u32 = 64;
/// How long a client may take to start another process once the last has ended.
const AGAIN: Duration = Duration::from_secs(2);
/// How long what ends may take to do so once the client is gone.
const AFTERWARDS: Duration = Duration::from_millis(500);

/// The processes of a server. They end when it is dropped.
#[derive(Debug)]
pub struct ActingProcesses {
    /// Applies the rules of the scenario.
    pub mutator: Arc<Mutator>,
    /// What the client is told besides.
    pub context: Map<String, Value>,
    house: Arc<House>,
    door: Option<Door>,
    _doorman: JoinSet<()>,
}

#[derive(Debug)]
pub(super) struct House {
    shared: Arc<Shared>,
    started: AtomicU32,
}

impl House {
    /// One more process.
    pub fn admit(&self, seat: Seat) {
        let number = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        if number > MAX_PROCESSES {
            return;
        }
        let actor = format!("{PROCESS}{number}");
        let target = "the server, as a process of the client's".to_owned();
        let instance = usize::try_from(number).unwrap_or(usize::MAX);
        self.shared.recorder.append(&actor, None, What::Opened { target, instance });
        tokio::spawn(serve(seat, self.shared.clone(), actor));
    }
}

impl ActingProcesses {
    /// A server that keeps to the specification but for what the scenario says, and writes into `recorder` what a client
    /// does.
    ///
    /// # Errors
    /// [`ActingError`] when a rule is in the way.
    pub fn new(scenario: &Scenario, revision: Revision, recorder: Arc<Recorder>) -> Result<Self, ActingError> {
        // Nobody else plays.
        let places = Places::default();
        let rules = scenario.acting.iter().map(|rule| places.fill(rule)).collect::<Result<Vec<Mutation>, _>>();
        let mutator = Arc::new(Mutator::new(rules.map_err(ActingError::Place)?)?);
        let context = places.fill(&scenario.context).map_err(ActingError::Place)?;
        let options = Options { revisions: scenario.spoken_in(revision), converses: true, ..Options::default() };
        let process = scenario.process.clone();
        let curtain = CancellationToken::new();
        let streams = AtomicU32::new(0);
        let shared = Arc::new(Shared { recorder, mutator: mutator.clone(), options, process, curtain, streams });
        let house = Arc::new(House { shared, started: AtomicU32::new(0) });
        Ok(Self { mutator, context, house, door: None, _doorman: JoinSet::new() })
    }

    /// Starts processes within this program.
    pub fn starter(&self) -> Starter {
        let house = self.house.clone();
        Starter(Arc::new(move || {
            let (near, far) = seat();
            house.admit(near);
            pipes(far)
        }))
    }

    /// Let shims in, from now on; the socket they connect to, which no other user can.
    ///
    /// # Errors
    /// [`ActingError`] when the operating system is in the way.
    pub fn listen(&mut self) -> Result<PathBuf, ActingError> {
        let opened = Door::open()?;
        Ok(self.let_in(opened))
    }

    /// The same at a socket whose place is known before.
    ///
    /// # Errors
    /// [`ActingError`] when the operating system is in the way, or somebody waits there already.
    pub fn listen_at(&mut self, socket: &Path) -> Result<PathBuf, ActingError> {
        let opened = Door::open_at(socket)?;
        Ok(self.let_in(opened))
    }

    fn let_in(&mut self, (door, listener): (Door, UnixListener)) -> PathBuf {
        let path = door.path().to_owned();
        self.door = Some(door);
        self._doorman.spawn(super::shim::welcome(listener, self.house.clone()));
        path
    }

    /// Wait until every process has ended, or for a short while: no longer than what is under way needs.
    pub async fn settle(&self) {
        self.wait(Instant::now() + AFTERWARDS, all_ended).await;
    }

    /// Wait until a client starts a process. False when none comes by then.
    pub async fn comes_by(&self, deadline: Instant) -> bool {
        self.wait(deadline, |processes| !processes.is_empty()).await
    }

    /// Wait until every process has ended, and no further one is started soon. False when that does not come by then.
    pub async fn leaves_by(&self, deadline: Instant) -> bool {
        while self.wait(deadline, all_ended).await {
            if !self.wait(Instant::now() + AGAIN, |processes| !all_ended(processes)).await {
                return true;
            }
        }
        false
    }

    async fn wait(&self, deadline: Instant, ready: impl Fn(&[&ActorStatus]) -> bool) -> bool {
        let recorder = &self.house.shared.recorder;
        let found = recorder.wait(deadline, |index| {
            let processes = index.actors.iter().filter(|(name, _)| name.starts_with(PROCESS));
            ready(&processes.map(|(_, actor)| actor).collect::<Vec<_>>()).then_some(())
        });
        found.await.is_some()
    }

    /// End all processes; from now on nothing that becomes of them is recorded.
    pub fn close(&self) {
        self.house.shared.curtain.cancel();
    }
}

impl Drop for ActingProcesses {
    fn drop(&mut self) {
        self.close();
    }
}

fn all_ended(processes: &[&ActorStatus]) -> bool {
    processes.iter().all(|process| process.has_ended())
}
