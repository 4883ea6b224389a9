//! Where clients are run: how to start one, what it does where nothing is wrong, and how long to wait for it.

use std::time::Duration;

use futures_util::future::join_all;

use super::baseline::{Baseline, said};
use super::case::{Case, Nature};
use super::meter::Meter;
use super::oracle::{self, Oracle, Suspicion};
use super::places::Places;
use super::play::{Start, Trace, play};
use crate::check::{Judge, Scope};
use crate::requirement::{Catalogue, Role};
use crate::scenario::{Corpus, Mutation};

/// Least runs that say what the client does where nothing is wrong; clients that show a finding again at a time.
const RUNS: usize = 3;
/// The longest that such a run may take; one that goes on for ever is killed then.
const FIRST: Duration = Duration::from_secs(20);
/// So many times as long as where nothing is wrong a client may take with what is.
const SLOWER: u32 = 2;
/// And so much longer: no client's own time limits are as long where it has nothing to wait for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where it may have something to wait for, and is not waited for.
const IMPATIENCE: Duration = Duration::from_millis(1_500);

/// What is wanted of a client, for those whose client is not so.
fn wanted() -> String {
    format!(
        "give --command what starts a client that connects to the server in its last argument, lists and calls something, and ends \
         within {} s, or fewer --jobs",
        FIRST.as_secs()
    )
}

/// Where clients are run.
#[derive(Debug)]
pub struct Table {
    /// How.
    pub start: Start,
    /// What it does where nothing is wrong.
    pub baseline: Baseline,
    judge: Judge,
    meter: Meter,
    places: Places,
    deadline: Duration,
}

impl Table {
    /// See what the client does where nothing is wrong: once alone, and then `jobs` at a time, as later on. One that seems to hang is
    /// given until `deadline`.
    ///
    /// # Errors
    /// In words, where it does not get to the point from which on it can be fuzzed.
    pub async fn set(start: &Start, deadline: Duration, jobs: usize) -> Result<Self, String> {
        let corpus = Corpus::embedded().map_err(|e| format!("{e:?}"))?;
        let catalogue = Catalogue::embedded().map_err(|e| e.to_string())?;
        let revisions = [start.axis.revision].into();
        let scope = Scope { scenarios: Some(&[]), revisions: Some(&revisions), role: Some(Role::Client) };
        let judge = Judge::new(&corpus, catalogue, &scope).map_err(|e| format!("{e:?}"))?;
        let meter = Meter::start();
        let mut traces = vec![play(start, &meter, &[], FIRST).await?];
        // One that goes on for ever or comes nowhere does so again.
        if traces.iter().all(|trace| trace.end.is_some()) {
            let more = join_all((0..jobs.max(RUNS - 1)).map(|_| play(start, &meter, &[], FIRST))).await;
            traces.extend(more.into_iter().collect::<Result<Vec<_>, _>>()?);
            if traces.iter().any(|trace| trace.end.is_none()) {
                return Err(format!("it did not end each time when {jobs} ran at a time; {}", wanted()));
            }
        }
        let baseline = Baseline::of(&traces, &judge).map_err(|why| format!("{why}; {}", wanted()))?;
        Ok(Self { start: start.clone(), baseline, judge, meter, places: Places::new(jobs), deadline })
    }

    /// The same, to show findings again.
    ///
    /// # Errors
    /// As there.
    pub async fn to_replay(start: &Start, deadline: Duration) -> Result<Self, String> {
        Self::set(start, deadline, RUNS).await
    }

    /// Run the client with a case, for so long at most, once there is a place for it.
    ///
    /// # Errors
    /// In words, where it cannot be run at all.
    pub async fn play(&self, case: &Case, limit: Duration) -> Result<Trace, String> {
        self.run(&case.rules, limit).await
    }

    async fn run(&self, rules: &[Mutation], limit: Duration) -> Result<Trace, String> {
        self.places.carry_out(self.usual(), play(&self.start, &self.meter, rules, limit)).await
    }

    /// In what time it has done all that it does where nothing is wrong.
    fn usual(&self) -> Duration {
        match self.baseline.end {
            Some(_) => self.baseline.took,
            // One that does not end by itself has a time in which it says all that it says.
            None => self.baseline.talked.max(IMPATIENCE),
        }
    }

    /// How long it may take at first; `settled` where it is known whether the client waits then.
    pub fn limit(&self, case: &Case, settled: bool) -> Duration {
        let more = match (case.nature, &self.baseline.end) {
            (Nature::Broken, _) | (_, None) => IMPATIENCE,
            _ if settled => IMPATIENCE,
            _ => PATIENCE,
        };
        self.usual() * SLOWER + more
    }

    /// What looks wrong in a run.
    pub fn judge(&self, trace: &Trace, case: &Case) -> Vec<Suspicion> {
        oracle::judge(trace, case, &self.baseline, &self.judge)
    }

    /// In how many of so many tries it is shown again, and what the client said then.
    pub async fn confirm(&self, case: &Case, wanted: &Suspicion, tries: usize) -> (usize, String) {
        // Who is busy all the time must have a processor of its own.
        let at_once = if wanted.oracle == Oracle::Spins { 1 } else { RUNS };
        let limit = match wanted.oracle {
            Oracle::Hang => self.deadline.max(self.limit(case, false)),
            _ => self.limit(case, false),
        };
        let (mut shown, mut words) = (0, String::new());
        let mut left = tries;
        while left > 0 {
            let now = left.min(at_once);
            left -= now;
            let tried = join_all((0..now).map(|_| self.play(case, limit)));
            let (traces, as_ever) = tokio::join!(tried, self.is_as_ever(wanted, now));
            for trace in traces.into_iter().flatten().filter(|_| as_ever) {
                if self.judge(&trace, case).iter().any(|found| found.is_like(wanted)) {
                    shown += 1;
                    words = trace.words();
                }
            }
        }
        (shown, words)
    }

    /// Whether a difference in time or in what is said tells something about the client: beside the tries, so many runs where nothing
    /// is wrong are as ever. They are not where the machine is too busy, or where the client does more the longer it takes.
    async fn is_as_ever(&self, wanted: &Suspicion, runs: usize) -> bool {
        let runs = match wanted.oracle {
            Oracle::Hang | Oracle::Spins => 1,
            Oracle::Differs => runs,
            _ => 0,
        };
        let limit = self.usual() * SLOWER + PATIENCE;
        let good = join_all((0..runs).map(|_| self.run(&[], limit))).await;
        good.into_iter().all(|trace| {
            trace.is_ok_and(|trace| {
                let same = self.baseline.said.as_ref().is_none_or(|ever| *ever == said(&trace.events));
                trace.end.is_some() && (same || wanted.oracle != Oracle::Differs)
            })
        })
    }

    /// Whether it is shown once.
    pub async fn shows(&self, case: &Case, wanted: &Suspicion) -> bool {
        self.confirm(case, wanted, 1).await.0 > 0
    }
}
