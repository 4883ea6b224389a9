//! A campaign: rounds of cases against one server in one revision over one transport, until the time is over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::bench::Bench;
use super::case::{Act, Case, Expect};
use super::class::Classes;
use super::finding::{Cause, Finding, folder, remove, write};
use super::oracle::{Judge, Oracle, Suspicion, canonical};
use super::peer::{ConnectError, Connection, Manner, Peer, Round, Session, Usage, usage};
use super::reduce::reduce;
use super::safety::{Permits, Rate};
use super::source::{Base, Source, bases};
use super::state::{Show, State};
use crate::generate::Choices;

/// Cases of a round.
const ROUND: usize = 256;
/// Silence after which a round is over.
const SILENCE: Duration = Duration::from_millis(1500);
/// Longest time to isolate and reduce one finding.
const PER_FINDING: Duration = Duration::from_secs(25);
/// How often the same suspicion is looked into before it is let go.
const MAX_LOOKS: usize = 2;
/// Tries that say whether a finding is stable.
const CONFIRMATIONS: usize = 3;
/// How often each request is sent at first, to see whether its answers are the same.
const SAME: usize = 3;
/// Findings after which a campaign ends.
const MAX_FINDINGS: usize = 200;
/// Times that the server is reached anew before the campaign ends.
const MAX_RECONNECTS: usize = 500;

/// What a campaign is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// Seed of everything random.
    pub seed: u64,
    /// How long it lasts.
    pub time: Duration,
    /// Most cases; no limit unless given.
    pub cases: Option<usize>,
    /// This share, from 0, of so many.
    pub partition: (usize, usize),
    /// Folder of findings.
    pub findings: Option<PathBuf>,
    /// What may be called.
    pub permits: Permits,
    /// Messages a second, at most.
    pub rate: Option<Rate>,
}

/// What a campaign came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Revision and transport.
    pub axis: String,
    /// Name and version of the server.
    pub server: String,
    /// Messages sent in rounds.
    pub sent: usize,
    /// Cases carried out in rounds.
    pub cases: usize,
    /// How long rounds took.
    pub playing: Duration,
    /// How long it took in all.
    pub lasted: Duration,
    /// Classes of answers seen.
    pub classes: usize,
    /// Per method, with which outcomes it was seen.
    pub by_method: BTreeMap<String, BTreeMap<String, u64>>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Files of findings that are not shown any more, and are gone.
    pub mended: Vec<PathBuf>,
    /// Suspicions that could not be shown again: how often each.
    pub unconfirmed: BTreeMap<String, usize>,
    /// Hash of the sequence of cases, to compare two campaigns.
    pub sequence: u64,
    /// Requests that are not answered at once, or not at all, and were left out.
    pub left_out: Vec<String>,
    /// Why it ended before its time, if it did.
    pub stopped: Option<String>,
}

/// Carry it out.
///
/// # Errors
/// [`ConnectError`] when the server cannot be reached at the beginning.
pub async fn campaign(peer: Peer, options: &Options, show: &dyn Show) -> Result<Report, ConnectError> {
    let begun = Instant::now();
    let mut connection = peer.connect(None).await?;
    let offer = connection.offer.clone();
    let mut choices = Choices::seeded(options.seed);
    let session = Session::new(peer.revision);
    let mut bases = bases(&session, &offer, &options.permits, &mut choices);
    let judge = Arc::new(Judge::new(peer.revision, &offer));
    let mut slow = Vec::new();
    let ended = settle(&peer, &mut connection, &mut bases, &mut slow).await;
    let http = connection.is_http();
    let source = Source::new(options.seed, peer.revision, &offer, bases, http, options.partition);
    let bench = Bench::new(peer.clone(), offer.clone(), judge.clone());
    let report = Report { axis: peer.axis(), server: offer.name.clone(), left_out: slow, ..Report::default() };
    let mut campaign = Campaign {
        peer,
        options,
        show,
        judge,
        source,
        bench,
        classes: Classes::default(),
        causes: BTreeMap::new(),
        looks: BTreeMap::new(),
        report,
        until: Instant::now() + options.time,
        reconnects: 0,
        side_by_side: usize::MAX,
        unanswered: BTreeMap::new(),
        quiet: None,
        before: None,
        allowed: Usage { memory: MEMORY, descriptors: DESCRIPTORS },
        recent: BTreeMap::new(),
    };
    campaign.replay().await;
    for round in &ended {
        for suspicion in campaign.judge.clone().judge(round, http) {
            campaign.look(suspicion, round).await;
        }
    }
    if http {
        campaign.two_clients().await;
    }
    campaign.rounds(connection).await;
    let mut report = campaign.report;
    report.classes = campaign.classes.len();
    report.by_method = campaign.classes.by_method();
    report.lasted = begun.elapsed();
    Ok(report)
}

/// Ask everything a few times in a row: what is answered the same each time is known from then on. What ends the server, or is
/// not answered in time, is left out: whatever takes long says nothing when it is broken. Given back is what ended it.
async fn settle(peer: &Peer, connection: &mut Connection, bases: &mut Vec<Base>, slow: &mut Vec<String>) -> Vec<Round> {
    let mut ended = Vec::new();
    let mut kept = Vec::new();
    for mut base in std::mem::take(bases) {
        if slow.contains(&base.act.subject) {
            continue;
        }
        let case = Arc::new(Case { acts: vec![base.act.clone()], alone: false });
        // What is kept on the server by it is a matter of sequences.
        let times = if base.act.subject == "resources/subscribe" { 1 } else { SAME };
        let mut answers = Vec::new();
        let mut quick = true;
        for _ in 0..times {
            let begun = Instant::now();
            let manner = Manner { silence: PATIENCE, linger: Duration::ZERO, side_by_side: 1 };
            let round = connection.play(vec![case.clone()], manner).await;
            if round.ended.is_some() || !round.alive {
                ended.push(round);
                let mut again = peer.connect(Some(connection.offer.clone())).await;
                if again.is_err() && peer.renew().await {
                    again = peer.connect(Some(connection.offer.clone())).await;
                }
                match again {
                    Ok(again) => *connection = again,
                    Err(_) => return ended,
                }
                quick = false;
                break;
            }
            let reply = round.replies.first().and_then(|replies| replies.first());
            let answered = reply.is_some_and(|reply| reply.answer().is_some());
            quick = answered && begun.elapsed() < QUICK;
            if !quick {
                slow.push(base.act.subject.clone());
                break;
            }
            base.code = base.code.or(reply.and_then(super::peer::Reply::code));
            // What a tool says that failed is for it to word.
            let result = reply.and_then(super::peer::Reply::result).map(canonical);
            answers.push(result.filter(|result| result.get("isError") != Some(&serde_json::Value::Bool(true))));
        }
        if !quick {
            continue;
        }
        let first = answers.first().cloned().flatten();
        base.stable = first.filter(|first| times == SAME && answers.iter().all(|one| one.as_ref() == Some(first)));
        kept.push(base);
    }
    *bases = kept;
    ended
}

struct Campaign<'a> {
    peer: Peer,
    options: &'a Options,
    show: &'a dyn Show,
    judge: Arc<Judge>,
    source: Source,
    bench: Bench,
    classes: Classes,
    /// What was found, by cause: its place among the findings.
    causes: BTreeMap<Cause, usize>,
    /// How often each suspicion was looked into.
    looks: BTreeMap<String, usize>,
    report: Report,
    until: Instant,
    reconnects: usize,
    /// Cases at a time: fewer where the server has been found to lose answers when there are many.
    side_by_side: usize,
    /// How often kinds of acts went unanswered that should be answered.
    unanswered: BTreeMap<String, usize>,
    /// The connection of cases that are played alone.
    quiet: Option<Connection>,
    /// What the server took up before.
    before: Option<Usage>,
    /// What it may take up more before that is looked into.
    allowed: Usage,
    /// A case of each kind that was sent.
    recent: BTreeMap<String, Arc<Case>>,
}

/// What a server may take up more, in KiB and descriptors, before that is looked into.
const MEMORY: u64 = 64 * 1024;
const DESCRIPTORS: u64 = 48;
/// Kinds of cases of which one is kept.
const MAX_RECENT: usize = 4096;
/// Longest time of an answer to what is sent all the time.
const QUICK: Duration = Duration::from_millis(150);
/// How long a first answer may take.
const PATIENCE: Duration = Duration::from_secs(1);

impl Campaign<'_> {
    /// What was found earlier comes first. What is not shown any more goes away.
    async fn replay(&mut self) {
        let Some(path) = &self.options.findings else { return };
        let Ok(earlier) = folder(path) else { return };
        for (path, mut finding) in earlier {
            if finding.revision != self.peer.revision || finding.transport != self.peer.transport {
                continue;
            }
            self.bench.together = finding.together;
            let (shown, seen) = self.bench.confirm(&finding.shared(), &finding.suspicion(), CONFIRMATIONS).await;
            if shown == 0 {
                if remove(&path).is_ok() {
                    self.report.mended.push(path);
                }
                continue;
            }
            finding.shown = (shown, CONFIRMATIONS);
            finding.seen = seen.map_or(finding.seen, |seen| seen.seen);
            self.known(&finding);
            self.add(finding);
        }
    }

    async fn rounds(&mut self, mut connection: Connection) {
        while Instant::now() < self.until && !self.is_over() {
            let begun = Instant::now();
            let left = self.options.cases.map_or(ROUND, |most| most.saturating_sub(self.report.cases).min(ROUND));
            let cases = self.source.next(left, &self.classes);
            if cases.is_empty() {
                return;
            }
            self.count(&cases);
            let (alone, cases): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.alone);
            let manner = Manner { silence: SILENCE, linger: Duration::ZERO, side_by_side: self.side_by_side };
            let round = connection.play(cases, manner).await;
            self.report.sent += round.sent;
            self.report.playing += begun.elapsed();
            for number in self.classes.add(&round) {
                if let Some(case) = round.cases.get(number) {
                    self.source.keep(case);
                }
            }
            let suspicions = self.judge.judge(&round, connection.is_http());
            for suspicion in suspicions {
                self.look(suspicion, &round).await;
            }
            self.pass_over(&round);
            for case in alone {
                self.alone(case).await;
            }
            self.grown(&connection).await;
            self.show.show(&self.state());
            let spoilt = round.ended.is_some() || !round.alive || self.bench.renewed;
            self.bench.renewed = false;
            if spoilt {
                drop(connection);
                self.before = None;
                match self.again().await {
                    Some(anew) => connection = anew,
                    None => return,
                }
            }
            if let Some(rate) = self.options.rate {
                tokio::time::sleep_until((begun + rate.time_for(round.sent)).min(self.until)).await;
            }
        }
    }

    /// What goes unanswered again and again, for whatever reason, is not waited for in every round.
    fn pass_over(&mut self, round: &Round) {
        for (case, replies) in round.cases.iter().zip(&round.replies).filter(|_| round.ended.is_none() && round.alive) {
            for (act, reply) in case.acts.iter().zip(replies) {
                if !reply.sent
                    || !reply.answers.is_empty()
                    || reply.over
                    || !act.expect.is_answer()
                    || act.wrong().is_empty()
                {
                    continue;
                }
                let times = self.unanswered.entry(act.kind()).or_default();
                *times += 1;
                if *times >= MAX_LOOKS {
                    self.source.shun(act);
                }
            }
        }
    }

    /// A case on a connection where nothing else goes on.
    async fn alone(&mut self, case: Arc<Case>) {
        let connection = match self.quiet.take() {
            Some(connection) => Some(connection),
            None => self.peer.connect(Some(self.bench.offer())).await.ok(),
        };
        let Some(mut connection) = connection else { return };
        let begun = Instant::now();
        let manner = Manner { silence: SILENCE, linger: Duration::ZERO, side_by_side: 1 };
        let round = connection.play(vec![case], manner).await;
        self.report.sent += round.sent;
        self.report.playing += begun.elapsed();
        self.classes.add(&round);
        for suspicion in self.judge.judge(&round, connection.is_http()) {
            self.look(suspicion, &round).await;
        }
        if round.ended.is_none() && round.alive && !self.bench.renewed {
            self.quiet = Some(connection);
        }
    }

    /// Two clients of one server: what the oracles know of them needs no more than that both are there.
    async fn two_clients(&mut self) {
        let Ok(mut connection) = self.peer.connect_all(2, Some(self.bench.offer())).await else { return };
        let probe = connection.request(1, "ping", None);
        let case = Case { acts: vec![Act { client: 1, expect: Expect::Anything, ..Act::plain(probe) }], alone: false };
        let manner = Manner { silence: SILENCE, linger: Duration::ZERO, side_by_side: 1 };
        let round = connection.play(vec![Arc::new(case)], manner).await;
        for mut suspicion in self.judge.judge(&round, true) {
            suspicion.also = round.cases.clone();
            self.look(suspicion, &round).await;
        }
    }

    /// Look into what the server takes up, where that has grown.
    async fn grown(&mut self, connection: &Connection) {
        let group = match connection.group() {
            Some(group) => Some(group),
            None => self.peer.group().await,
        };
        let Some(now) = group.and_then(usage) else { return };
        let before = *self.before.get_or_insert(now);
        for oracle in [Oracle::Memory, Oracle::Descriptors] {
            let (more, allowed) = match oracle {
                Oracle::Memory => (now.memory.saturating_sub(before.memory), self.allowed.memory),
                _ => (now.descriptors.saturating_sub(before.descriptors), self.allowed.descriptors),
            };
            if more < allowed || Instant::now() >= self.until {
                continue;
            }
            // What was found once is not looked for again; what was not is looked for later.
            match oracle {
                Oracle::Memory => self.allowed.memory = more * 3,
                _ => self.allowed.descriptors = more * 3,
            }
            let until = Instant::now() + PER_FINDING;
            let cases: Vec<Arc<Case>> = self.recent.values().cloned().collect();
            let Some(case) = self.bench.growing(cases, oracle, until).await else { continue };
            let sign = case.acts.first().map(super::finding::broad).unwrap_or_default();
            let wanted = Suspicion::whole(oracle, &sign, "");
            let cases = vec![case];
            let Some(seen) = self.bench.shows(&cases, &wanted).await else {
                *self.report.unconfirmed.entry(wanted.key()).or_default() += 1;
                continue;
            };
            let (shown, _) = self.bench.confirm(&cases, &wanted, CONFIRMATIONS).await;
            let finding = self.finding(seen, &cases, shown);
            self.add(finding);
        }
    }

    fn is_over(&mut self) -> bool {
        let done = self.options.cases.is_some_and(|most| self.report.cases >= most);
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
                self.recent.entry(act.kind()).or_insert_with(|| case.clone());
            }
            for act in &case.acts {
                // FNV-1a over what is sent.
                for byte in act.bytes(0, &["0".to_owned()]) {
                    self.report.sequence =
                        (self.report.sequence ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3).wrapping_add(1);
                }
            }
        }
    }

    /// The server once more; nothing when it is gone, or another one answers.
    async fn again(&mut self) -> Option<Connection> {
        self.reconnects += 1;
        if self.reconnects > MAX_RECONNECTS {
            self.report.stopped = Some(format!("the server had to be reached anew {MAX_RECONNECTS} times"));
            return None;
        }
        let mut reached = self.peer.connect(None).await;
        if reached.is_err() && self.peer.renew().await {
            reached = self.peer.connect(None).await;
        }
        match reached {
            Ok(connection) if connection.offer.name == self.report.server => Some(connection),
            Ok(connection) => {
                let name = connection.offer.name.clone();
                self.report.stopped = Some(format!(
                    "the server calls itself {name:?} now, no longer {:?}: it is another",
                    self.report.server
                ));
                None
            }
            Err(e) => {
                self.report.stopped = Some(e.to_string());
                None
            }
        }
    }

    /// Look into a suspicion, unless that was done.
    async fn look(&mut self, suspicion: Suspicion, round: &Round) {
        let kinds = self.kinds(&suspicion, round);
        let key = if suspicion.place.is_none() && suspicion.sign.is_empty() {
            format!("{} {}", suspicion.oracle, kinds.join(", "))
        } else {
            suspicion.key()
        };
        if suspicion.oracle == Oracle::NoAnswer && self.overloaded(round) {
            return;
        }
        let looks = self.looks.entry(key.clone()).or_default();
        if *looks >= MAX_LOOKS || Instant::now() >= self.until {
            return;
        }
        *looks += 1;
        let until = Instant::now() + PER_FINDING;
        let Some(cases) = self.bench.isolate(&suspicion, round, until).await else {
            *self.report.unconfirmed.entry(key).or_default() += 1;
            return;
        };
        let cases = match suspicion.oracle {
            Oracle::Drift => match self.really_drifts(&cases).await {
                Some(cases) => cases,
                None => return,
            },
            _ => cases,
        };
        if suspicion.oracle.spoils() && suspicion.oracle != Oracle::Drift {
            for act in cases.iter().flat_map(|case| &case.acts).filter(|act| !act.wrong().is_empty()) {
                self.source.shun(act);
            }
        }
        let first = self.finding(suspicion.clone(), &cases, 0);
        if self.causes.contains_key(&first.cause()) {
            self.looks.insert(key, MAX_LOOKS);
            self.add(first);
            return;
        }
        let cases = reduce(&mut self.bench, cases, &suspicion, until).await;
        let (shown, seen) = self.bench.confirm(&cases, &suspicion, CONFIRMATIONS).await;
        let Some(seen) = seen else {
            *self.report.unconfirmed.entry(key).or_default() += 1;
            return;
        };
        self.looks.insert(key, MAX_LOOKS);
        if self.bench.together && matches!(seen.oracle, Oracle::NoAnswer) {
            // From now on one at a time, or everything would show this.
            self.side_by_side = 1;
        }
        let finding = self.finding(seen, &cases, shown);
        self.known(&finding);
        self.add(finding);
    }

    fn finding(&self, seen: Suspicion, cases: &[Arc<Case>], shown: usize) -> Finding {
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
            seed: self.options.seed,
            also: Vec::new(),
        }
    }

    /// What a request is answered with on its own may not be what was taken for it: cases that still differ from that. Nothing
    /// where its answer is not the same each time.
    async fn really_drifts(&mut self, cases: &[Arc<Case>]) -> Option<Vec<Arc<Case>>> {
        let mut cases: Vec<Case> = cases.iter().map(|case| (**case).clone()).collect();
        let act = cases.last_mut()?.acts.iter_mut().rev().find(|act| matches!(act.expect, Expect::Equals(_)))?;
        let alone = Arc::new(Case { acts: vec![act.clone()], alone: false });
        let (first, second) = (self.bench.answer(&alone).await, self.bench.answer(&alone).await);
        if first.is_none() || first != second {
            let subject = act.subject.clone();
            self.source.forget(&subject);
            return None;
        }
        act.expect = Expect::Equals(first?);
        Some(cases.into_iter().map(Arc::new).collect())
    }

    /// The round was played before it was found that the server loses answers when there are many: it says nothing more.
    fn overloaded(&self, round: &Round) -> bool {
        self.side_by_side == 1 && round.cases.len() > 1 && round.side_by_side > 1
    }

    /// The kinds of acts that a suspicion may be about.
    fn kinds(&self, suspicion: &Suspicion, round: &Round) -> Vec<String> {
        let of = |case: &Case| case.acts.iter().map(Act::kind).collect::<Vec<_>>().join(" + ");
        match suspicion.place {
            Some((case, _)) => round.cases.get(case).map(|case| of(case)).into_iter().collect(),
            None => {
                let open = round.cases.iter().zip(&round.replies).filter(|(case, replies)| {
                    case.acts
                        .iter()
                        .zip(replies.iter())
                        .any(|(act, reply)| reply.sent && reply.answers.is_empty() && act.expect.is_answer())
                });
                open.map(|(case, _)| of(case)).take(1).collect()
            }
        }
    }

    /// What shows a finding need not be looked into again.
    fn known(&mut self, finding: &Finding) {
        self.looks.insert(finding.suspicion().key(), MAX_LOOKS);
    }

    fn add(&mut self, finding: Finding) {
        let cause = finding.cause();
        if let Some(known) = self.causes.get(&cause).and_then(|at| self.report.findings.get_mut(*at)) {
            let kinds: BTreeSet<String> = finding.cases.iter().flat_map(|case| &case.acts).map(Act::kind).collect();
            for kind in kinds {
                if known.also.len() < MAX_ALSO && !known.also.contains(&kind) {
                    known.also.push(kind);
                }
            }
            return;
        }
        self.show.found(&finding);
        if let Some(folder) = &self.options.findings
            && let Err(e) = write(folder, &finding)
        {
            self.report.stopped = Some(e.to_string());
        }
        self.causes.insert(cause, self.report.findings.len());
        self.report.findings.push(finding);
    }

    fn state(&self) -> State {
        State {
            axis: self.report.axis.clone(),
            sent: self.report.sent,
            playing: self.report.playing,
            classes: self.classes.len(),
            findings: self.report.findings.len(),
            left: self.until.saturating_duration_since(Instant::now()),
        }
    }
}

/// Other kinds that are told with a finding.
const MAX_ALSO: usize = 20;
