//! Carrying the cases out side by side, as far as they leave each other alone.
//!
//! Each lane has its places: over HTTP the cases share a server, over stdio each has processes. Cases that no other may
//! disturb come when the server has no other to serve; what is in doubt is asked again when everything else is done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::play::{Outcome, Player, sharing};
use crate::action::Action;
use crate::drive::{Lending, Manner, Place, Recording, Sharing};
use crate::plan::{Axis, Case};
use crate::scenario::Transport;

/// Most cases that wait for a silent peer at the same time.
const MAX_WAITING: usize = 128;
/// Cases over stdio side by side for each core: most of their time they wait.
const STDIO_CASES_PER_CORE: usize = 2;
/// Words in needs that are met by tools which take their time, the longest first: what waits longest begins first.
const LASTING_TOOLS: [&str; 5] = ["slow", "task", "logging", "progress", "reconnection"];
/// Beyond this, starting a process costs more than waiting for one.
const SLOW_START: Duration = Duration::from_millis(250);
/// What a process is given to start, on top of four times what it took when it was first asked.
const STARTUP_ALLOWANCE: Duration = Duration::from_secs(2);
/// How many cases are carried out side by side to find out whether they wait in vain again.
const CALM: usize = 4;
/// How long cases are begun again for that, counted from the last that did not wait in vain again; a server that answers
/// nothing at all is not asked for ever.
const CONFIRMING: Duration = Duration::from_secs(60);

/// A case with what came of it.
type Done = (Case, Outcome);

/// Carries cases out.
#[derive(Clone)]
pub(super) struct Lanes {
    player: Arc<Player>,
    /// How long the IUT took to answer for the first time, by axis.
    first_answers: Arc<BTreeMap<Axis, Duration>>,
    lending: Option<Arc<Lending>>,
    over_http: Arc<Semaphore>,
    over_stdio: Arc<Semaphore>,
    /// Where a process is slow to start, the cases that can share one stand in line for it.
    lines: Arc<BTreeMap<(Axis, Manner), Semaphore>>,
    /// Processes that start side by side slow each other down.
    starting: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Lanes {
    pub fn new(
        player: Arc<Player>,
        first_answers: BTreeMap<Axis, Duration>,
        lending: Option<Arc<Lending>>,
        jobs: usize,
        cores: usize,
    ) -> Self {
        let places = |most: usize| Arc::new(Semaphore::new(jobs.clamp(1, most.max(1))));
        let slow = first_answers.iter().filter(|(_, took)| **took > SLOW_START).map(|(axis, _)| axis);
        let lines = slow.flat_map(|axis| {
            [Manner::Ordinary, Manner::Rough].map(|manner| ((axis.clone(), manner), Semaphore::new(1)))
        });
        Self {
            player,
            lines: Arc::new(lines.collect()),
            first_answers: Arc::new(first_answers),
            lending,
            over_http: places(Semaphore::MAX_PERMITS),
            over_stdio: places(cores * STDIO_CASES_PER_CORE),
            starting: places(cores),
            waiting: places(MAX_WAITING),
        }
    }

    /// Carry all out; each comes out of the receiver as soon as its result stands.
    pub fn carry_out(self, cases: Vec<Case>) -> mpsc::UnboundedReceiver<Done> {
        let (results, receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut cases: Vec<_> = (1u32..).zip(cases).collect();
            cases.sort_by_key(|(_, case)| turn(case));
            let (alone, together): (Vec<_>, Vec<_>) =
                cases.into_iter().partition(|(_, case)| is_over_http(case) && case.scenario.item.alone);
            // Closed when nothing is asked of the server over HTTP any more.
            let (busy, quiet) = mpsc::channel(1);
            let mut tasks = JoinSet::new();
            for (number, case) in together {
                let (lanes, busy) = (self.clone(), is_over_http(&case).then(|| busy.clone()));
                tasks.spawn(async move { lanes.one(number, case, busy).await });
            }
            drop(busy);
            let (in_doubt, alone_in_doubt) =
                tokio::join!(settled(tasks, &results), self.one_by_one(alone, quiet, &results));
            self.confirm(in_doubt, &results).await;
            for (case, outcome) in alone_in_doubt {
                let again = self.player.play(&case, None).await;
                let _ = results.send((case, again.instead_of(outcome)));
            }
        });
        receiver
    }

    /// Carried out when it is quiet, one after the other; gives those that are in doubt.
    async fn one_by_one(
        &self,
        cases: Vec<(u32, Case)>,
        mut quiet: mpsc::Receiver<()>,
        results: &mpsc::UnboundedSender<Done>,
    ) -> Vec<Done> {
        let _ = quiet.recv().await;
        let mut judging = JoinSet::new();
        for (_, case) in cases {
            let recording = self.player.carry_out(&case, None, self.startup(&case), None).await;
            let player = self.player.clone();
            judging.spawn(async move { (case, player.judged(recording).await) });
        }
        settled(judging, results).await
    }

    /// One case, `busy` as long as it asks anything.
    async fn one(&self, number: u32, case: Case, busy: Option<mpsc::Sender<()>>) -> Done {
        let sharing = sharing(&case, number, self.lending.as_ref());
        let line = sharing.as_ref().and_then(|sharing| self.lines.get(&(case.axis.clone(), sharing.manner)));
        let recording = {
            let _turn = match line {
                Some(line) => line.acquire().await.ok(),
                None => None,
            };
            self.recorded(&case, sharing).await
        };
        drop(busy);
        let outcome = self.player.judged(recording).await;
        if outcome.counts() {
            return (case, outcome);
        }
        let again = self.player.judged(self.recorded(&case, None).await).await;
        (case, again.instead_of(outcome))
    }

    async fn recorded(&self, case: &Case, sharing: Option<Sharing>) -> Recording {
        let place = self.place(case).await;
        let _alive = self.waiting.acquire().await;
        self.player.carry_out(case, place, self.startup(case), sharing).await
    }

    /// Carry cases out again that waited in vain, few at a time; what they find now counts.
    async fn confirm(&self, mut in_doubt: Vec<Done>, results: &mpsc::UnboundedSender<Done>) {
        in_doubt.sort_by(|a, b| a.0.id.cmp(&b.0.id));
        let until = Arc::new(Mutex::new(Instant::now() + CONFIRMING));
        let places = Arc::new(Semaphore::new(CALM));
        let mut tasks = JoinSet::new();
        for (case, outcome) in in_doubt {
            let place = places.clone().acquire_owned().await;
            if Instant::now() > *until.lock().await {
                let _ = results.send((case, outcome));
                continue;
            }
            let (player, until, results) = (self.player.clone(), until.clone(), results.clone());
            tasks.spawn(async move {
                let again = player.play(&case, None).await;
                if !again.recording.in_vain {
                    *until.lock().await = Instant::now() + CONFIRMING;
                }
                drop(place);
                let _ = results.send((case, again.instead_of(outcome)));
            });
        }
        tasks.join_all().await;
    }

    /// Wait until the case may begin. The semaphores are never closed.
    async fn place(&self, case: &Case) -> Option<Place> {
        if is_over_http(case) {
            return self.over_http.clone().acquire_owned().await.ok().map(Place::running);
        }
        let running = self.over_stdio.clone().acquire_owned().await.ok()?;
        Some(Place::starting(running, self.starting.clone().acquire_owned().await.ok()?))
    }

    /// What a process of the case may take to start; what the options allow at most.
    fn startup(&self, case: &Case) -> Option<Duration> {
        self.first_answers.get(&case.axis).map(|took| *took * 4 + STARTUP_ALLOWANCE)
    }
}

/// The place of a case in the order of beginning: those that let time pass, such as a ttl, before all others.
fn turn(case: &Case) -> (bool, usize) {
    let scenario = &case.scenario.item;
    let lets_pass = scenario.steps.iter().any(|step| matches!(step.value, Action::Pause(_)));
    let lasting = |word: &str| scenario.needs.tools.iter().any(|need| need.split('_').any(|part| part == word));
    let tools = LASTING_TOOLS.iter().position(|word| lasting(word)).unwrap_or(LASTING_TOOLS.len());
    (!lets_pass, tools)
}

fn is_over_http(case: &Case) -> bool {
    case.axis.transport != Transport::Stdio
}

/// Hand on what stands; gives what is in doubt.
async fn settled(mut tasks: JoinSet<Done>, results: &mpsc::UnboundedSender<Done>) -> Vec<Done> {
    let mut in_doubt = Vec::new();
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok(done) if done.1.is_doubtful() => in_doubt.push(done),
            // Whoever would take it has given up, then.
            Ok(done) => drop(results.send(done)),
            // A task that panicked leaves its case out.
            Err(_) => {}
        }
    }
    in_doubt
}
