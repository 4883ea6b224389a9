//! One case: carried out, judged, and carried out again where what was found cannot be relied on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::RunOptions;
use super::axes::transcript_path;
use crate::check::{self, Finding, Judge, Said};
use crate::drive::{CaseSpec, Lending, Manner, Patience, Recording, Sharing, Target, drive};
use crate::plan::Case;
use crate::scenario::Transport;

/// How many ids a case has to itself where it shares a process, so that none is used twice.
const IDS_OF_A_CASE: u32 = 1000;
/// Ids of cases that share a process lie beyond those that scenarios write out.
const SHARED_IDS_AFTER: u32 = 1_000_000;
/// How many cases are carried out side by side to find out whether they wait in vain again.
const CALM: usize = 4;
/// How long cases are begun again for that, counted from the last that did not wait in vain again; a server that answers
/// nothing at all is not asked for ever.
const CONFIRMING: Duration = Duration::from_secs(60);

/// What came of a case.
pub(super) struct Outcome {
    pub recording: Recording,
    pub said: Said,
}

impl Outcome {
    /// Whether what was found stands. With a borrowed process only what went smoothly does, and found nothing broken: an
    /// earlier case must not be the cause of a failure.
    pub fn counts(&self) -> bool {
        !self.recording.borrowed || self.recording.smooth && !self.any(|said| matches!(said, check::Outcome::Broken(_)))
    }

    /// Whether it waited in vain and decided less, or worse, than it could have: on a machine that has much to do, an
    /// answer can be late that would come at other times.
    pub fn is_doubtful(&self) -> bool {
        self.recording.in_vain && self.any(|said| !matches!(said, check::Outcome::Held))
    }

    /// It counts, and the other does not.
    pub fn instead_of(mut self, other: Self) -> Self {
        self.recording.leaving.extend(other.recording.leaving);
        self
    }

    fn any(&self, test: impl Fn(&check::Outcome) -> bool) -> bool {
        self.said.checks.iter().chain(&self.said.monitors).any(|finding: &Finding| test(&finding.outcome))
    }
}

/// How a case shares a process with others, if it can.
pub(super) fn sharing(case: &Case, number: u32, lending: Option<&Arc<Lending>>) -> Option<Sharing> {
    let manner = Manner::of(&case.scenario.item);
    let shares = |lending: &&Arc<Lending>| {
        case.axis.transport == Transport::Stdio && manner != Manner::Alone && lending.shares(case.axis.revision)
    };
    let ids_after = SHARED_IDS_AFTER + number * IDS_OF_A_CASE;
    lending.filter(shares).map(|lending| Sharing { lending: lending.clone(), manner, ids_after })
}

/// Carries cases out and judges them.
pub(super) struct Player {
    target: Target,
    options: RunOptions,
    judge: Arc<Judge>,
    /// Judging is work for a processor: more at a time would only keep the exchanges waiting.
    judging: Semaphore,
}

impl Player {
    pub fn new(target: Target, options: RunOptions, judge: Arc<Judge>, cores: usize) -> Self {
        Self { target, options, judge, judging: Semaphore::new(cores) }
    }

    /// Carry a case out and judge it.
    pub async fn play(
        &self,
        case: &Case,
        startup: Duration,
        place: Option<OwnedSemaphorePermit>,
        sharing: Option<Sharing>,
    ) -> Outcome {
        let recording = self.carry_out(case, startup, place, sharing).await;
        self.judged(recording).await
    }

    /// Carry cases out again that waited in vain, few at a time; what they find now counts. Gives all, in order.
    pub async fn confirm(self: &Arc<Self>, mut doubtful: Vec<(Case, Outcome)>) -> Vec<(Case, Outcome)> {
        doubtful.sort_by(|a, b| a.0.id.cmp(&b.0.id));
        let until = Arc::new(Mutex::new(Instant::now() + CONFIRMING));
        let places = Arc::new(Semaphore::new(CALM));
        let mut tasks = JoinSet::new();
        let mut confirmed = Vec::new();
        for (case, outcome) in doubtful {
            let place = places.clone().acquire_owned().await.ok();
            if Instant::now() > *until.lock().await {
                confirmed.push((case, outcome));
                continue;
            }
            let (player, until) = (self.clone(), until.clone());
            tasks.spawn(async move {
                let again = player.play(&case, player.options.startup, None, None).await;
                if !again.recording.in_vain {
                    *until.lock().await = Instant::now() + CONFIRMING;
                }
                drop(place);
                (case, again.instead_of(outcome))
            });
        }
        confirmed.extend(tasks.join_all().await);
        confirmed
    }

    async fn carry_out(
        &self,
        case: &Case,
        startup: Duration,
        place: Option<OwnedSemaphorePermit>,
        sharing: Option<Sharing>,
    ) -> Recording {
        let spec = CaseSpec {
            scenario: case.scenario.item.clone(),
            revision: case.axis.revision,
            transport: case.axis.transport,
            routing: case.axis.routing.clone(),
            facts: case.facts.clone(),
            file: self.options.out.as_deref().map(|out| transcript_path(out, &case.id)),
        };
        let limit = case.scenario.item.deadline.map_or(self.options.deadline, |own| own.0.min(self.options.deadline));
        let patience = match case.axis.transport {
            Transport::Http | Transport::Sse => Patience::new(limit, place),
            Transport::Stdio => Patience::with_startup(limit, startup, place),
        };
        drive(&spec, &self.target, patience, sharing).await
    }

    /// Judge a recording on a thread of its own, so that cases are judged side by side and none waits for another's.
    async fn judged(&self, mut recording: Recording) -> Outcome {
        // Never closed.
        let _place = self.judging.acquire().await;
        let events = std::mem::take(&mut recording.events);
        let (header, judge) = (recording.header.clone(), self.judge.clone());
        let work = tokio::task::spawn_blocking(move || {
            let said = judge.judge(&header, &events);
            (events, said)
        });
        match work.await {
            Ok((events, said)) => {
                recording.events = events;
                Outcome { recording, said }
            }
            Err(panic) => {
                recording.problem = Some(format!("the transcript could not be judged: {panic}"));
                Outcome { recording, said: Said::default() }
            }
        }
    }
}
