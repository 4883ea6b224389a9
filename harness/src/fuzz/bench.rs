//! Looking twice: cases played again, on connections of their own.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use super::case::Case;
use super::oracle::{Judge, Oracle, Suspicion};
use super::patience::Patience;
use super::peer::{Connection, Manner, Offer, Peer, Round};
use crate::scenario::Transport;

/// How long to listen for a second answer.
const LINGER: Duration = Duration::from_millis(250);
/// Cases that are tried alone before the whole round is.
const SUSPECTS: usize = 6;
/// Processes that a finding is shown by at a time.
const TRIED_AT_ONCE: usize = 4;
/// Calls of one measurement, and how many there are after the first.
const CALLS: usize = 60;
const INTERVALS: usize = 4;
/// Of which so many are under way at a time.
const GROWING: usize = 2;
/// Calls of one measurement of many kinds.
const ENOUGH: usize = 600;
/// What a call has to take to be a leak, in KiB: less may be garbage that nobody has collected yet.
const LEAST_MEMORY: f64 = 200.0;
/// And in descriptors.
const LEAST_DESCRIPTORS: f64 = 0.5;
/// Connections that may be made for one campaign.
const MAX_CONNECTIONS: usize = 4000;

/// Where suspicions are tried.
#[derive(Debug)]
pub struct Bench {
    peer: Peer,
    offer: Arc<Offer>,
    judge: Arc<Judge>,
    kept: Option<Connection>,
    /// What the server said at the end of the last play that ended it.
    pub words: String,
    /// Connections made so far.
    pub connections: usize,
    /// The server over HTTP was started anew: whatever else was connected to it is not any more.
    pub renewed: bool,
    /// Cases are played at the same time, for only that shows what is looked for.
    pub together: bool,
    /// What is seen counts only where it is seen on a new connection, too: what was tried before may have left its mark.
    pub careful: bool,
    /// Cases that are under way at a time where a whole round is played again.
    width: usize,
    /// Calls that are under way at a time while it is seen whether the server grows.
    pub side_by_side: usize,
    /// How long to wait for what may never come.
    pub patience: Patience,
}

impl Bench {
    /// For a server that offers this.
    pub fn new(peer: Peer, offer: Arc<Offer>, judge: Arc<Judge>) -> Self {
        Self {
            peer,
            offer,
            judge,
            kept: None,
            words: String::new(),
            connections: 0,
            renewed: false,
            together: false,
            careful: false,
            width: usize::MAX,
            side_by_side: GROWING,
            patience: Patience::default(),
        }
    }

    /// What the server offers.
    pub fn offer(&self) -> Arc<Offer> {
        self.offer.clone()
    }

    /// Whether the suspicion is seen when these cases are played, in the shortest way that can show it.
    pub async fn shows(&mut self, cases: &[Arc<Case>], wanted: &Suspicion) -> Option<Suspicion> {
        if wanted.oracle.grows() {
            return self.grows(cases, wanted).await;
        }
        let side_by_side = if self.together { usize::MAX } else { 1 };
        let mut seen = self.play(cases, wanted, wanted.oracle.spoils(), self.patience.short, side_by_side).await;
        if seen.is_some() && self.careful && self.kept.is_some() {
            seen = self.play(cases, wanted, true, self.patience.short, side_by_side).await;
        }
        seen
    }

    /// Whether it is seen on a new connection, with all patience. The number of times out of `times`, and what was seen.
    pub async fn confirm(
        &mut self,
        cases: &[Arc<Case>],
        wanted: &Suspicion,
        times: usize,
    ) -> (usize, Option<Suspicion>) {
        if wanted.oracle.grows() {
            let found = self.grows(cases, wanted).await;
            return (if found.is_some() { times } else { 0 }, found);
        }
        // Processes of their own can be tried at the same time, as far as none has to wait long for the others; one server cannot.
        if self.peer.transport == Transport::Stdio {
            let mut benches: Vec<Self> = (0..times).map(|_| self.another()).collect();
            let tries = benches.iter_mut().enumerate().map(|(number, bench)| bench.attempt(cases, wanted, number));
            let found: Vec<_> = stream::iter(tries).buffered(TRIED_AT_ONCE).collect().await;
            self.connections += benches.iter().map(|bench| bench.connections).sum::<usize>();
            if let Some(bench) = benches.iter().find(|bench| !bench.words.is_empty()) {
                self.words.clone_from(&bench.words);
            }
            // What never comes is waited for long once, and that decides.
            if wanted.waits() && found.first().is_none_or(Option::is_none) {
                return (0, None);
            }
            return (found.iter().flatten().count(), found.into_iter().flatten().last());
        }
        let (mut shown, mut last) = (0, None);
        for number in 0..times {
            let found = self.attempt(cases, wanted, number).await;
            if number == 0 && found.is_none() && wanted.waits() {
                return (0, None);
            }
            if let Some(found) = found {
                shown += 1;
                last = Some(found);
            }
        }
        (shown, last)
    }

    /// One try of several: the first is the most patient.
    async fn attempt(&mut self, cases: &[Arc<Case>], wanted: &Suspicion, number: usize) -> Option<Suspicion> {
        let silence = match (number, wanted.oracle) {
            (0, Oracle::Hang) => Patience::LONGEST,
            (0, _) => self.patience.long,
            _ => self.patience.short,
        };
        let side_by_side = if self.together { usize::MAX } else { 1 };
        self.play(cases, wanted, true, silence, side_by_side).await
    }

    /// Another one for the same server.
    fn another(&self) -> Self {
        let new = Self::new(self.peer.clone(), self.offer.clone(), self.judge.clone());
        Self { together: self.together, width: self.width, patience: self.patience, ..new }
    }

    /// Whether cases played side by side show it.
    async fn at_once(&mut self, cases: &[Arc<Case>], wanted: &Suspicion) -> Option<Suspicion> {
        self.play(cases, wanted, true, self.patience.short, self.width).await
    }

    async fn play(
        &mut self,
        cases: &[Arc<Case>],
        wanted: &Suspicion,
        anew: bool,
        silence: Duration,
        side_by_side: usize,
    ) -> Option<Suspicion> {
        let (round, http) = self.round(cases, anew, silence, side_by_side, wanted.oracle).await?;
        self.judge.judge(&round, http).into_iter().find(|found| found.is_like(wanted))
    }

    /// What the server answers to the last act of a case, on a new connection.
    pub async fn answer(&mut self, case: &Arc<Case>) -> Option<serde_json::Value> {
        let (round, _) = self.round(std::slice::from_ref(case), true, self.patience.long, 1, Oracle::Drift).await?;
        round.replies.first()?.last()?.result().map(super::oracle::canonical)
    }

    /// Whether the server takes more and more with each time that the cases are played.
    async fn grows(&mut self, cases: &[Arc<Case>], wanted: &Suspicion) -> Option<Suspicion> {
        let per_call = self.growth(cases, wanted.oracle, CALLS, None).await?;
        let (least, unit) = match wanted.oracle {
            Oracle::Memory => (LEAST_MEMORY, "KiB"),
            _ => (LEAST_DESCRIPTORS, "descriptors"),
        };
        if per_call < least {
            return None;
        }
        let seen = format!("{per_call:.1} {unit} more for each call, in each of {INTERVALS} times {CALLS} calls");
        Some(Suspicion::whole(wanted.oracle, &wanted.sign, &seen))
    }

    /// How much more the server takes for each of so many plays of the cases: the least of several times in a row. Nothing where the time is
    /// over before that.
    async fn growth(
        &mut self,
        cases: &[Arc<Case>],
        oracle: Oracle,
        calls: usize,
        until: Option<Instant>,
    ) -> Option<f64> {
        self.kept = None;
        self.renew().await;
        let mut connection =
            self.peer.for_cases(cases.iter().map(AsRef::as_ref)).connect(Some(self.offer.clone())).await.ok()?;
        self.connections += 1;
        let group = match connection.group() {
            Some(group) => group,
            None => self.peer.group().await?,
        };
        let all: Vec<Arc<Case>> = cases.iter().cycle().take(cases.len() * calls).cloned().collect();
        let mut before: Option<f64> = None;
        let mut least = f64::INFINITY;
        // The first time warms up.
        for _ in 0..=INTERVALS {
            if until.is_some_and(|until| Instant::now() >= until) {
                return None;
            }
            let manner =
                Manner { silence: self.patience.short, linger: Duration::ZERO, side_by_side: self.side_by_side };
            let round = connection.play(all.clone(), manner).await;
            if round.ended.is_some() || !round.alive {
                return None;
            }
            let usage = super::peer::usage(group)?;
            let now = match oracle {
                Oracle::Memory => usage.memory,
                _ => usage.descriptors,
            };
            let now = f64::from(u32::try_from(now).unwrap_or(u32::MAX));
            if let Some(before) = before {
                let calls = f64::from(u32::try_from(calls).unwrap_or(u32::MAX));
                least = least.min((now - before) / calls);
            }
            before = Some(now);
        }
        Some(least)
    }

    /// Of these kinds of cases, that with which the server takes more and more; nothing where the time is over before it is alone.
    pub async fn growing(&mut self, mut cases: Vec<Arc<Case>>, oracle: Oracle, until: Instant) -> Option<Arc<Case>> {
        // Each of several plays of all of them has to show it.
        let least = match oracle {
            Oracle::Memory => LEAST_MEMORY / 2.0,
            _ => LEAST_DESCRIPTORS / 2.0,
        };
        while cases.len() > 1 {
            let half = cases.len() / 2;
            let (first, second) = cases.split_at(half);
            let calls = (ENOUGH / half.max(1)).clamp(4, CALLS);
            let more = self.growth(first, oracle, calls, Some(until)).await;
            if Instant::now() >= until {
                return None;
            }
            let chosen = if more.is_some_and(|more| more >= least) { first } else { second };
            cases = chosen.to_vec();
        }
        cases.into_iter().next()
    }

    /// Start the server anew, so that nothing is left of what was. False where that cannot be done.
    async fn renew(&mut self) -> bool {
        let done = self.peer.renew().await;
        self.renewed |= done && !self.peer.has_others();
        done
    }

    /// Play the cases. Nothing where the server cannot be reached at all.
    async fn round(
        &mut self,
        cases: &[Arc<Case>],
        anew: bool,
        silence: Duration,
        side_by_side: usize,
        oracle: Oracle,
    ) -> Option<(Round, bool)> {
        if anew {
            self.kept = None;
            if matches!(oracle, Oracle::Exit | Oracle::Hang | Oracle::Drift) {
                self.renew().await;
            }
        }
        if oracle == Oracle::Crossed {
            self.kept = None;
        }
        let clients = cases.iter().map(|case| case.clients()).max().unwrap_or(1);
        let peer = self.peer.for_cases(cases.iter().map(AsRef::as_ref));
        let mut connection = match self.kept.take() {
            Some(connection) if clients == 1 && connection.is_able() == peer.able => connection,
            _ => {
                if self.connections >= MAX_CONNECTIONS {
                    return None;
                }
                self.connections += 1;
                match peer.connect_all(clients, Some(self.offer.clone())).await {
                    Ok(connection) => connection,
                    Err(_) => {
                        // A server that ended before is started anew, where we can.
                        if !self.renew().await {
                            return None;
                        }
                        peer.connect_all(clients, Some(self.offer.clone())).await.ok()?
                    }
                }
            }
        };
        // Whatever else was connected to an instance that was ended is so no more.
        self.renewed |= !self.peer.has_others() && cases.iter().any(|case| case.operates());
        let linger = if oracle == Oracle::Twice { LINGER } else { Duration::ZERO };
        let round = connection.play(cases.to_vec(), Manner { silence, linger, side_by_side }).await;
        let http = connection.is_http();
        if round.ended.is_some() {
            self.words.clone_from(&round.words);
        } else if round.alive && clients == 1 && !anew {
            self.kept = Some(connection);
        }
        Some((round, http))
    }

    /// The cases of a round that show what was suspected in it: one where one does, else as few as it takes.
    /// Only single cases are tried where not `whole`.
    pub async fn isolate(
        &mut self,
        wanted: &Suspicion,
        round: &Round,
        whole: bool,
        until: Instant,
    ) -> Option<Vec<Arc<Case>>> {
        self.together = false;
        self.width = round.side_by_side;
        let mut suspects: Vec<Arc<Case>> = wanted.also.clone();
        match wanted.place {
            Some((case, _)) => suspects.extend(round.cases.get(case).cloned()),
            None => suspects.extend(round.unanswered()),
        }
        for suspect in suspects.into_iter().take(SUSPECTS) {
            let one = [suspect];
            // What was tried before may have left its mark on the connection.
            let marked = self.kept.is_some();
            let mut shown = self.shows(&one, wanted).await;
            if shown.is_none() && marked {
                self.kept = None;
                shown = self.shows(&one, wanted).await;
            }
            if shown.is_some() {
                return Some(one.to_vec());
            }
        }
        if !whole {
            return None;
        }
        let end = wanted.place.map_or(round.cases.len(), |(case, _)| case + 1);
        let all = round.cases.get(..end)?.to_vec();
        self.at_once(&all, wanted).await?;
        // The shortest beginning that shows it ends with a case that it takes.
        let (mut low, mut high) = (0, all.len());
        while high - low > 1 && Instant::now() < until {
            let middle = low + (high - low) / 2;
            let tried = match wanted.place {
                // What shows it has to stay.
                Some(_) => [all.get(..middle)?, all.get(end - 1..)?].concat(),
                None => all.get(..middle)?.to_vec(),
            };
            if self.at_once(&tried, wanted).await.is_some() {
                high = middle;
            } else {
                low = middle;
            }
        }
        let mut found = all.get(..high)?.to_vec();
        if wanted.place.is_some() && high < end {
            found.extend(all.last().cloned());
        }
        let last = found.last().cloned().into_iter().collect::<Vec<_>>();
        if self.shows(&last, wanted).await.is_some() {
            return Some(last);
        }
        let found = self.fewer(found, wanted, until).await;
        // Whether they have to be under way at the same time.
        self.together = self.shows(&found, wanted).await.is_none();
        Some(found)
    }

    /// Leave out cases as long as the rest shows it (delta debugging, from halves to single ones).
    async fn fewer(&mut self, mut cases: Vec<Arc<Case>>, wanted: &Suspicion, until: Instant) -> Vec<Arc<Case>> {
        let mut size = cases.len().div_ceil(2);
        while size >= 1 && cases.len() > 1 && Instant::now() < until {
            let mut at = 0;
            let mut fewer = false;
            while at < cases.len() && cases.len() > 1 && Instant::now() < until {
                let rest: Vec<_> = cases.iter().take(at).chain(cases.iter().skip(at + size)).cloned().collect();
                let shown = !rest.is_empty()
                    && (self.shows(&rest, wanted).await.is_some() || self.at_once(&rest, wanted).await.is_some());
                if shown {
                    cases = rest;
                    fewer = true;
                } else {
                    at += size;
                }
            }
            size = match (size, fewer) {
                (1, false) => 0,
                (1, true) => 1,
                (size, _) => size.div_ceil(2),
            };
        }
        cases
    }
}
