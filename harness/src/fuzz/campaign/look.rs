//! Looking into a suspicion: alone, reduced, shown again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{CONFIRMATIONS, Campaign, MAX_LOOKS};
use crate::fuzz::case::{Act, Case};
use crate::fuzz::finding::Finding;
use crate::fuzz::oracle::{Oracle, Suspicion};
use crate::fuzz::peer::Round;
use crate::fuzz::reduce::reduce;

/// Longest time to isolate and reduce one finding, and the least that it is given in a short campaign.
const PER_FINDING: Duration = Duration::from_secs(25);
const LEAST_PER_FINDING: Duration = Duration::from_secs(5);
/// Acts that belong together; more are many.
const A_FEW: usize = 3;
/// So many that are wrong may all be to blame.
const SUSPECTS: usize = 2;
/// Findings for which a campaign has time.
const FINDINGS: u32 = 30;

impl Campaign<'_> {
    /// Look into a suspicion, unless that was done.
    pub(super) async fn look(&mut self, suspicion: Suspicion, round: &Round) {
        if self.is_known(&suspicion, round) {
            return;
        }
        let key = self.key(&suspicion, round);
        if self.marked && !self.vain.insert(key.clone()) {
            return;
        }
        if self.looks.get(&key).is_some_and(|looks| *looks >= MAX_LOOKS) || Instant::now() >= self.until {
            return;
        }
        let until = Instant::now() + self.patience();
        let Some(cases) = self.isolated(&suspicion, round, &key, until).await else { return };
        if suspicion.oracle.spoils() && suspicion.oracle != Oracle::Drift {
            self.shun_suspects(&cases);
        }
        let first = self.finding(suspicion.clone(), &cases, 0);
        if self.causes.contains_key(&first.cause()) {
            self.looks.insert(key, MAX_LOOKS);
            self.avoid(suspicion.oracle, &cases);
            self.add(first);
            return;
        }
        let reduced = self.reduced(cases, &suspicion, until).await;
        let Some((cases, shown, seen)) = reduced.filter(|(_, shown, seen)| seen.holds(*shown, CONFIRMATIONS)) else {
            self.not_again(key);
            return;
        };
        self.looks.insert(key, MAX_LOOKS);
        if self.is_excused(&seen, &cases).await {
            return;
        }
        if seen.oracle == Oracle::NoAnswer && several_alike(&cases) {
            self.bench.together = true;
        }
        if self.bench.together && seen.oracle == Oracle::NoAnswer {
            // From now on one at a time, or everything would show this.
            (self.side_by_side, self.bench.side_by_side) = (1, 1);
        }
        self.avoid(seen.oracle, &cases);
        let finding = self.finding(seen, &cases, shown);
        self.known(&finding);
        self.add(finding);
    }

    /// Whether it would come to what is known.
    fn is_known(&mut self, suspicion: &Suspicion, round: &Round) -> bool {
        match suspicion.oracle {
            Oracle::NoAnswer if self.overloaded(suspicion, round) => true,
            Oracle::Exit => self.is_known_end(suspicion, round),
            _ => self.is_known_cause(suspicion, round),
        }
    }

    /// What tells a suspicion from others that have to be looked into, too.
    fn key(&self, suspicion: &Suspicion, round: &Round) -> String {
        // What is lost has nothing wrong in it: then it is what came before that tells one from another.
        let plain = suspicion.oracle == Oracle::NoAnswer && at_plain(suspicion, round);
        if ends(suspicion) || plain || suspicion.place.is_none() && suspicion.sign.is_empty() {
            // Whatever else ends the server has to be known too, so that it is not sent again.
            format!("{} {}", suspicion.key(), self.kinds(suspicion, round).join(", "))
        } else {
            suspicion.key()
        }
    }

    /// The cases that show it, of the round.
    async fn isolated(
        &mut self,
        suspicion: &Suspicion,
        round: &Round,
        key: &str,
        until: Instant,
    ) -> Option<Vec<Arc<Case>>> {
        let looks = self.looks.entry(key.to_owned()).or_default();
        *looks += 1;
        // A round that was broken off is played again one by one: that tells sooner what it was.
        let again = ends(suspicion) && round.side_by_side > 1 && *looks < MAX_LOOKS;
        // What else is done beside two spellings may change the answer: they have to differ on their own.
        // Nor does a round tell what came before it.
        let whole = !again && suspicion.oracle != Oracle::Differs && !self.marked;
        let Some(cases) = self.bench.isolate(suspicion, round, whole, until).await else {
            if whole || suspicion.oracle == Oracle::Differs {
                self.not_again(key.to_owned());
            } else if !again {
                self.looks.entry(key.to_owned()).and_modify(|looks| *looks -= 1);
            }
            return None;
        };
        if suspicion.oracle == Oracle::Drift { self.really_drifts(&cases).await } else { Some(cases) }
    }

    /// What is wrong in cases is not sent again, unless it is not known which of many.
    fn shun_suspects(&mut self, cases: &[Arc<Case>]) {
        let acts = cases.iter().flat_map(|case| &case.acts);
        let wrong: Vec<&Act> = acts.filter(|act| !act.wrong().is_empty()).collect();
        if wrong.len() <= SUSPECTS {
            wrong.into_iter().for_each(|act| self.source.shun(act));
        }
    }

    /// Whether it is no finding, for it has to be so.
    async fn is_excused(&mut self, seen: &Suspicion, cases: &[Arc<Case>]) -> bool {
        match seen.oracle {
            Oracle::NoAnswer => {
                let several = cases.iter().map(|case| case.acts.len()).sum::<usize>() > A_FEW;
                // It is known that answers are lost where there are many requests.
                self.side_by_side == 1 && several || self.takes_its_time(cases).await
            }
            Oracle::Drift => self.is_its_nature(cases) || self.differs_alone(cases, seen).await,
            _ => false,
        }
    }

    /// What was seen is not seen again: what came in earlier rounds may have left its mark on the connection.
    fn not_again(&mut self, key: String) {
        self.marked = true;
        *self.report.unconfirmed.entry(key).or_default() += 1;
    }

    /// The cases made smaller, how often they then show it, and what is seen. Where a step on the way changed what the server does from
    /// then on, once more with a new connection for each.
    async fn reduced(
        &mut self,
        cases: Vec<Arc<Case>>,
        wanted: &Suspicion,
        until: Instant,
    ) -> Option<(Vec<Arc<Case>>, usize, Suspicion)> {
        let smaller = reduce(&mut self.bench, cases.clone(), wanted, until).await;
        if let (shown, Some(seen)) = self.bench.confirm(&smaller, wanted, CONFIRMATIONS).await {
            return Some((smaller, shown, seen));
        }
        let until = Instant::now() + self.patience();
        self.bench.careful = true;
        let smaller = reduce(&mut self.bench, cases, wanted, until).await;
        self.bench.careful = false;
        let (shown, seen) = self.bench.confirm(&smaller, wanted, CONFIRMATIONS).await;
        Some((smaller, shown, seen?))
    }

    /// Longest time to look into one suspicion.
    pub(super) fn patience(&self) -> Duration {
        (self.options.extent.time / FINDINGS).clamp(LEAST_PER_FINDING, PER_FINDING)
    }

    /// What is known to end the server, or to go unanswered, is left out from now on.
    fn avoid(&mut self, oracle: Oracle, cases: &[Arc<Case>]) {
        let acts: Vec<&Act> = cases.iter().flat_map(|case| &case.acts).collect();
        let Some(last) = acts.last() else { return };
        if oracle == Oracle::Drift {
            // From then on everything would be answered differently.
            self.marked = true;
            self.shun_suspects(cases);
            return;
        }
        if matches!(oracle, Oracle::NoAnswer | Oracle::Unasked) && !self.bench.together && acts.len() <= 2 {
            for act in acts.iter().filter(|act| !act.wrong().is_empty()) {
                self.source.shun_wrong(act);
            }
            return;
        }
        if !matches!(oracle, Oracle::Exit | Oracle::Hang) || self.bench.together {
            return;
        }
        if acts.len() > 1 && last.subject != "bytes" && acts.iter().all(|act| act.subject == last.subject) {
            self.source.shun_subject(&last.subject);
        } else if acts.iter().all(|act| act.wrong().is_empty()) {
            self.source.shun(last);
        }
    }

    pub(super) fn finding(&self, seen: Suspicion, cases: &[Arc<Case>], shown: usize) -> Finding {
        Finding {
            oracle: seen.oracle,
            sign: seen.sign,
            seen: seen.seen,
            revision: self.peer.revision,
            transport: self.peer.transport,
            cases: cases.iter().map(|case| (**case).clone()).collect(),
            together: self.bench.together && !seen.oracle.grows(),
            shown: (shown, CONFIRMATIONS),
            words: if seen.oracle == Oracle::Exit { self.bench.words.clone() } else { String::new() },
            server: self.report.server.clone(),
            seed: self.options.extent.seed,
            also: Vec::new(),
        }
    }

    /// Whether what is suspected would be one with a finding, whatever became of it.
    fn is_known_cause(&mut self, suspicion: &Suspicion, round: &Round) -> bool {
        if !matches!(suspicion.oracle, Oracle::Twice | Oracle::Code | Oracle::Accepted | Oracle::Unasked) {
            return false;
        }
        let placed = suspicion.place.and_then(|(case, _)| round.cases.get(case));
        let Some(case) = placed.or(suspicion.also.first()).cloned() else { return false };
        self.bench.together = false;
        self.causes.contains_key(&self.finding(suspicion.clone(), &[case], 0).cause())
    }

    /// The round was played before it was found that the server loses answers when there are many: it says nothing more.
    fn overloaded(&self, suspicion: &Suspicion, round: &Round) -> bool {
        let case = suspicion.place.and_then(|(case, _)| round.cases.get(case));
        let several = case.is_some_and(|case| several_alike(std::slice::from_ref(case)));
        self.side_by_side == 1 && (several || round.cases.len() > 1 && round.side_by_side > 1)
    }

    /// The kinds of acts that a suspicion may be about.
    fn kinds(&self, suspicion: &Suspicion, round: &Round) -> Vec<String> {
        let of = |case: &Case| case.acts.iter().map(Act::kind).collect::<Vec<_>>().join(" + ");
        match suspicion.place {
            Some((case, _)) => round.cases.get(case).map(|case| of(case)).into_iter().collect(),
            None => round.unanswered().iter().map(|case| of(case)).take(1).collect(),
        }
    }
}

/// Whether nothing comes from the server after it.
fn ends(suspicion: &Suspicion) -> bool {
    matches!(suspicion.oracle, Oracle::Exit | Oracle::Hang)
}

fn at_plain(suspicion: &Suspicion, round: &Round) -> bool {
    let act = suspicion.place.and_then(|(case, act)| round.cases.get(case)?.acts.get(act));
    act.is_some_and(|act| act.wrong().is_empty())
}

/// Whether it is one case of requests with nothing wrong in them, several of them at the same time.
fn several_alike(cases: &[Arc<Case>]) -> bool {
    let [case] = cases else { return false };
    let at_once = case.acts.iter().filter(|act| !act.awaited).count() > 1;
    at_once && case.acts.iter().all(|act| act.wrong().is_empty())
}
