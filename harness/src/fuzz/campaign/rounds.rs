//! Rounds of cases, some at a time, until the time is over.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::lanes::{Lane, Lanes, Played};
use super::quiet::Wanted;
use super::{Campaign, MAX_LOOKS, Options};
use crate::fuzz::case::{Act, Case, Expect};
use crate::fuzz::oracle::Suspicion;
use crate::fuzz::peer::{ConnectError, Connection, Manner, Peer, Reply, Round};
use crate::scenario::Transport;

/// Cases of a round; of one that is played one by one, so that what is found in it soon counts.
const ROUND: usize = 256;
const ROUND_ONE_BY_ONE: usize = 32;
/// Rounds in a row that the server answers to the end, after which they have twice as many cases, so many times: each ends with its slowest answer.
const GROWS_AFTER: usize = 16;
const MAX_GROWTH: usize = 3;
/// Servers over HTTP that rounds are played on, at most: each has many exchanges at a time, and more bring nothing.
const OVER_HTTP: usize = 4;
/// How often it is seen whether the server has grown, at most.
const GROWTH_EVERY: Duration = Duration::from_millis(100);
/// Findings after which a campaign ends.
const MAX_FINDINGS: usize = 200;
/// Times that the server is reached anew before the campaign ends.
const MAX_RECONNECTS: usize = 500;
/// Kinds of cases of which one is kept.
const MAX_RECENT: usize = 4096;

impl Campaign<'_> {
    /// Rounds are played some at a time, and looked at in the order in which they were chosen; then the next is. So each is chosen by
    /// what all before it brought but the last few, however fast the server is. So are cases that are played alone, each behind the
    /// round that it was chosen with.
    pub(super) async fn rounds(&mut self, connection: Connection) {
        let mut lanes = Lanes::default();
        lanes.give_back(Lane::new((self.followed.clone(), connection)));
        while Instant::now() < self.until && !self.is_over(lanes.left() > 0) {
            // What was looked into may have taken the server from under the connections.
            if self.bench.renewed && !self.begin_anew(&mut lanes).await {
                return;
            }
            let begun = Instant::now();
            self.fill(&mut lanes).await;
            let played = match lanes.next().await {
                Some(Ok(Some(played))) => played,
                Some(Ok(None)) => continue,
                Some(Err(e)) => {
                    self.report.stopped = Some(e.to_string());
                    return;
                }
                None => break,
            };
            let sent = played.round.sent;
            self.count(&played.round.cases);
            self.report.sent += sent;
            let goes_on = if played.alone {
                self.look_at_one(played, begun, &mut lanes).await
            } else {
                self.look_at_many(played, begun, &mut lanes).await
            };
            if !goes_on {
                return;
            }
            self.show.show(&self.state());
            if let Some(rate) = self.options.rate {
                tokio::time::sleep_until((begun + rate.time_for(sent)).min(self.until)).await;
            }
        }
    }

    /// What a round brought. False when there is no going on.
    async fn look_at_many(&mut self, played: Played, begun: Instant, lanes: &mut Lanes) -> bool {
        let whole = played.is_whole();
        let Played { round, lane: Some(mut lane), .. } = played else { return true };
        let suspicions = self.judge(&round);
        self.report.playing += begun.elapsed();
        let broken_off = !whole || !self.reached(&mut lane.connection, &round).await;
        self.look_into(suspicions, &round).await;
        if lane.before.is_none() || self.measured.elapsed() >= GROWTH_EVERY {
            self.measured = Instant::now();
            for oracle in self.grown(&mut lane).await {
                self.look_for_growth(oracle).await;
            }
        }
        if broken_off {
            for Played { round, .. } in lanes.broken().await.iter().rev() {
                self.report.sent += round.sent;
                self.source.again(unread(round));
            }
            self.source.again(unread(&round));
        }
        self.careful = broken_off || self.careful && self.source.owes();
        self.in_a_row = if broken_off { 0 } else { self.in_a_row + 1 };
        let marked = self.was_marked();
        if !broken_off {
            lanes.give_back(if marked { self.unmarked(lane).await } else { lane });
        }
        !(broken_off || self.bench.renewed) || self.begin_anew(lanes).await
    }

    /// What a case brought that was played where nothing else goes on. False when there is no going on.
    async fn look_at_one(&mut self, played: Played, begun: Instant, lanes: &mut Lanes) -> bool {
        let whole = played.is_whole();
        let Played { round, lane, .. } = played;
        self.bench.renewed |= !self.peer.has_others() && round.cases.iter().any(|case| case.operates());
        self.report.playing += begun.elapsed();
        self.classes.add(&round);
        self.source.learn(&round);
        for suspicion in self.judge.judge(&round, self.peer.transport != Transport::Stdio) {
            self.look(suspicion, &round).await;
        }
        if self.was_marked() {
            lanes.drop_quiet();
        } else if let Some(lane) = lane {
            lanes.give_back(lane);
        }
        // The one server that there is is needed by the next case, too. Where it was looked into, that is done.
        let gone = !whole && !self.peer.has_others() && !self.bench.renewed;
        !gone || self.begin_anew(lanes).await
    }

    /// Begin as many turns as may be under way.
    async fn fill(&mut self, lanes: &mut Lanes) {
        let side_by_side = if self.careful { 1 } else { self.side_by_side };
        // One by one, rounds are played on several processes all the same.
        let slowly = self.options.rate.is_some() || self.options.coverage || self.careful && !self.peer.has_others();
        let mut width = if slowly { 1 } else { self.jobs };
        let manner = self.manner(side_by_side);
        self.begin_waiting(lanes, width);
        if lanes.len() < width && lanes.under_way() < width {
            let more = (lanes.len()..width).map(|_| self.one_more());
            join_all(more).await.into_iter().flatten().for_each(|one| lanes.give_back(Lane::new(one)));
            // A server that lets no more of us in is not asked again.
            lanes.full |= lanes.len() < width;
            self.jobs = lanes.len();
            width = width.min(self.jobs);
        }
        while lanes.under_way() < width
            && lanes.has_free()
            && let Some(chosen) = self.choose(side_by_side)
        {
            let (alone, cases): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|case| case.alone);
            lanes.begin(cases, manner);
            for case in alone {
                if slowly || lanes.full {
                    lanes.wait(case);
                } else {
                    let wanted = self.wanted(&case);
                    lanes.begin_beside(case, self.manner(1), wanted);
                }
            }
            self.begin_waiting(lanes, width);
        }
    }

    /// Begin cases that are played alone, in the place of rounds.
    fn begin_waiting(&self, lanes: &mut Lanes, width: usize) {
        lanes.begin_waiting(width, self.manner(1), |case| self.wanted(case));
    }

    /// How cases are played of which so many are under way at a time.
    pub(super) fn manner(&self, side_by_side: usize) -> Manner {
        let patience = self.bench.patience;
        let silence = if side_by_side > 1 { patience.many } else { patience.round };
        Manner { silence, linger: Duration::ZERO, side_by_side }
    }

    /// What a case takes that is played alone.
    fn wanted(&self, case: &Case) -> Wanted {
        Wanted { peer: self.peer_of(case), clients: case.clients(), offer: self.bench.offer() }
    }

    /// The server as it is followed, or as it is where several clients are needed.
    fn peer_of(&self, case: &Case) -> Peer {
        if case.clients() == 1 { self.followed.for_cases([case]) } else { self.peer.for_cases([case]) }
    }

    /// The cases of the next round; nothing when there are no more.
    fn choose(&mut self, side_by_side: usize) -> Option<Vec<Arc<Case>>> {
        let grown = (self.in_a_row / GROWS_AFTER).min(MAX_GROWTH);
        let round = if side_by_side == 1 { ROUND_ONE_BY_ONE } else { ROUND << grown };
        let left = self.options.extent.cases.map_or(round, |most| most.saturating_sub(self.source.chosen));
        let mut cases = self.source.next(round, left, &self.classes);
        self.report.sequence = self.source.sequence;
        if side_by_side > 1 {
            // What may take long begins first, so that a round does not end with it.
            cases.sort_by_key(|case| !case.works());
        }
        (!cases.is_empty()).then_some(cases)
    }

    /// Whether what was looked into last has left its mark. What is looked into next is another matter.
    pub(super) fn was_marked(&mut self) -> bool {
        self.vain.clear();
        std::mem::take(&mut self.marked)
    }

    /// Another process of the server, or session of it, in place of this one, if there can be one.
    async fn unmarked(&self, lane: Lane) -> Lane {
        let another = lane.peer.connect_for_cases(Some(self.bench.offer())).await;
        match another {
            Ok(connection) => Lane::new((lane.peer, connection)),
            Err(_) => lane,
        }
    }

    /// One more connection. False when there is none.
    async fn begin_anew(&mut self, lanes: &mut Lanes) -> bool {
        if !self.peer.has_others() {
            lanes.drop_free();
        }
        let Some(one) = self.again().await else { return false };
        lanes.give_back(Lane::new(one));
        true
    }

    /// What looks wrong in a round, after it was counted what it brought.
    fn judge(&mut self, round: &Round) -> Vec<Suspicion> {
        // How far a server got that ends is a matter of time: where many were under way, they count when they are played again.
        if round.is_whole() || round.side_by_side == 1 {
            for number in self.classes.add(round) {
                if let Some(case) = round.cases.get(number) {
                    self.source.keep(case);
                }
            }
        }
        self.judge.judge(round, self.peer.transport != Transport::Stdio)
    }

    async fn look_into(&mut self, suspicions: Vec<Suspicion>, round: &Round) {
        for suspicion in suspicions {
            self.look(suspicion, round).await;
        }
        self.pass_over(round);
    }

    /// What goes unanswered again and again, for whatever reason, is not waited for in every round.
    fn pass_over(&mut self, round: &Round) {
        let answered = |replies: &Vec<Reply>| replies.iter().any(Reply::came);
        let whole = round.is_whole();
        // Of a round that was broken off, only what others came after and were answered.
        let end = match round.replies.iter().rposition(answered) {
            _ if whole => round.cases.len(),
            Some(last) if round.side_by_side == 1 => last,
            _ => 0,
        };
        for (case, replies) in round.cases.iter().zip(&round.replies).take(end) {
            for (act, reply) in case.acts.iter().zip(replies) {
                let open = reply.sent && reply.answers.is_empty() && !reply.is_over();
                let waited = act.expect.is_answer() || reply.hangs();
                if !open || !waited || act.wrong().is_empty() {
                    continue;
                }
                let times = self.unanswered.entry(act.kind().into_owned()).or_default();
                *times += 1;
                if *times >= MAX_LOOKS {
                    self.source.shun(act);
                }
            }
        }
    }

    /// Two clients of one server: what the oracles know of them needs no more than that both are there.
    pub(super) async fn two_clients(&mut self) {
        let Ok(mut connection) = self.peer.connect_all(2, Some(self.bench.offer())).await else { return };
        let probe = connection.request(1, "ping", None);
        let of = |client| Act { client, expect: Expect::Anything, ..Act::plain(probe.clone()) };
        let case = Case { acts: vec![of(0), of(1)], ..Case::default() };
        let round = connection.play(vec![Arc::new(case)], self.manner(1)).await;
        for mut suspicion in self.judge.judge(&round, true) {
            suspicion.also = round.cases.clone();
            self.look(suspicion, &round).await;
        }
    }

    fn is_over(&mut self, more: bool) -> bool {
        let done =
            !more && self.options.extent.cases.is_some_and(|most| self.source.chosen >= most) && !self.source.owes();
        if self.report.findings.len() >= MAX_FINDINGS {
            self.report.stopped = Some(format!("{MAX_FINDINGS} findings are enough"));
            return true;
        }
        done
    }

    fn count(&mut self, cases: &[Arc<Case>]) {
        self.report.cases += cases.len();
        for case in cases {
            if let Some(act) = case.acts.first().filter(|_| case.acts.len() == 1 && self.recent.len() < MAX_RECENT) {
                self.recent.entry(act.kind().into_owned()).or_insert_with(|| case.clone());
            }
        }
    }

    /// A connection to a server of its own, where there can be more than one.
    async fn one_more(&self) -> Result<(Peer, Connection), ConnectError> {
        let peer = self.followed.another().await?;
        let connection = peer.connect_for_cases(Some(self.bench.offer())).await?;
        Ok((peer, connection))
    }

    /// The server once more; nothing when it is gone, or another one answers.
    async fn again(&mut self) -> Option<(Peer, Connection)> {
        self.bench.renewed = false;
        self.reconnects += 1;
        if self.reconnects > MAX_RECONNECTS {
            self.report.stopped = Some(format!("the server had to be reached anew {MAX_RECONNECTS} times"));
            return None;
        }
        let mut reached = self.one_more().await;
        if reached.is_err() && (self.peer.has_others() || self.peer.renew().await) {
            reached = self.one_more().await;
        }
        match reached {
            Ok(one) => Some(one),
            Err(e) => {
                self.report.stopped = Some(e.to_string());
                None
            }
        }
    }
}

/// How many rounds are played at a time, each on a server of its own, and no more than there are cases for. Where there is but one, one after
/// the other, or it would not be clear which has ended it.
pub(super) fn jobs(options: &Options, peer: &Peer) -> usize {
    let rounds = options.extent.cases.map_or(usize::MAX, |cases| cases.div_ceil(ROUND));
    let most = match peer.transport {
        _ if !peer.has_others() => 1,
        Transport::Stdio => options.jobs,
        _ => options.jobs.min(OVER_HTTP),
    };
    most.min(rounds).max(1)
}

/// The cases of a round that the server may not have read to their end: where they were played one by one, those behind the one
/// at which it ended.
fn unread(round: &Round) -> &[Arc<Case>] {
    if round.side_by_side > 1 {
        return &round.cases;
    }
    let waits =
        |(act, reply): (&Act, &Reply)| !reply.sent || !reply.came() && (act.expect.is_answer() || reply.is_unread());
    let answered = |replies: &Vec<Reply>| replies.iter().any(Reply::came);
    // What was passed over unanswered, before others were answered, is not what ended it.
    let last = round.replies.iter().rposition(answered).map_or(0, |last| last + 1);
    let mut rest = round.cases.iter().zip(&round.replies).skip(last);
    let open = rest.position(|(case, replies)| case.acts.iter().zip(replies).any(waits));
    open.and_then(|open| round.cases.get(last + open + 1..)).unwrap_or_default()
}
