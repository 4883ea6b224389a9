//! One case: carried out, judged, and carried out again where what was found cannot be relied on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SetOnce};

use super::RunOptions;
use super::axes::transcript_path;
use crate::check::{self, Finding, Judge, Said};
use crate::drive::{CaseSpec, Lending, Manner, Patience, Place, Recording, Sharing, Target, drive};
use crate::plan::Case;
use crate::scenario::Transport;

/// How many ids a case has to itself where it shares a process, so that none is used twice.
const IDS_OF_A_CASE: u32 = 1000;
/// Ids of cases that share a process lie beyond those that scenarios write out.
const SHARED_IDS_AFTER: u32 = 1_000_000;

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
    /// Comes when it is compiled; until then transcripts wait for it.
    judge: SetOnce<Arc<Judge>>,
    /// Judging is work for a processor: more at a time would only keep the exchanges waiting.
    judging: Semaphore,
}

impl Player {
    pub fn new(target: Target, options: RunOptions, cores: usize) -> Self {
        Self { target, options, judge: SetOnce::new(), judging: Semaphore::new(cores) }
    }

    /// Judge by this one. The first stays.
    pub fn judge_by(&self, judge: Arc<Judge>) {
        let _ = self.judge.set(judge);
    }

    /// Carry a case out and judge it.
    pub async fn play(&self, case: &Case, startup: Option<Duration>) -> Outcome {
        self.judged(self.carry_out(case, None, startup, None).await).await
    }

    /// Carry a case out. Its processes may take `startup` to start, or else what the options allow.
    pub async fn carry_out(
        &self,
        case: &Case,
        place: Option<Place>,
        startup: Option<Duration>,
        sharing: Option<Sharing>,
    ) -> Recording {
        let spec = CaseSpec {
            scenario: case.scenario.item.clone(),
            revision: case.axis.revision,
            transport: case.axis.transport,
            routing: case.axis.routing.clone(),
            facts: case.facts.clone(),
            seed: self.options.seed,
            faults: self.options.faults.clone(),
            breaks: Arc::default(),
            file: self.options.out.as_deref().map(|out| transcript_path(out, &case.id)),
        };
        let limit = case.scenario.item.deadline.map_or(self.options.deadline, |own| own.0.min(self.options.deadline));
        let patience = match case.axis.transport {
            Transport::Http | Transport::Sse => Patience::new(limit, place),
            Transport::Stdio => {
                let most = self.options.startup;
                Patience::with_startup(limit, startup.map_or(most, |startup| startup.min(most)), place)
            }
        };
        drive(&spec, &self.target, patience, sharing).await
    }

    /// Judge a recording on a thread of its own, so that cases are judged side by side and none waits for another's.
    pub async fn judged(&self, mut recording: Recording) -> Outcome {
        let judge = self.judge.wait().await.clone();
        // Never closed.
        let _place = self.judging.acquire().await;
        let events = std::mem::take(&mut recording.events);
        let header = recording.header.clone();
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
