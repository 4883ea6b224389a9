//! A campaign against a client: many runs at a time, each with another case, until the time is over.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::case::Case;
use super::finding::{Finding, cause};
use super::oracle::{Oracle, Suspicion};
use super::places::Places;
use super::play::{Start, Trace};
use super::reduce::reduce;
use super::source::Source;
use super::table::Table;
use crate::fuzz::extent::Extent;
use crate::fuzz::finding::{folder, remove, write};
use crate::fuzz::state::State;

/// How often a cause is looked into that cannot be shown again.
const MAX_LOOKS: usize = 2;
/// Causes of hanging that are looked into, which takes a minute each: a client that hangs with everything hangs for one reason.
const MAX_HANGS: usize = 8;
/// Tries, all of which have to show what is a finding.
pub const CONFIRMATIONS: usize = 3;
/// How much of what a client said is kept with a finding, in characters from the end.
const MAX_WORDS: usize = 4_000;

/// What a campaign is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much, from where, and where findings are kept.
    pub extent: Extent,
    /// Clients that run at a time.
    pub jobs: usize,
    /// The longest that a client may take which seems to hang: longer than its own limits.
    pub deadline: Duration,
}

/// What a campaign came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Revision and transport.
    pub axis: String,
    /// Cases carried out.
    pub cases: usize,
    /// The client ends by itself where nothing is wrong: one that does not is never said to hang.
    pub ends_by_itself: bool,
    /// Cases of the catalogue that there was no time for.
    pub left: usize,
    /// Messages that crossed.
    pub messages: usize,
    /// How long it took in all.
    pub lasted: Duration,
    /// How runs ended: how often each.
    pub ends: BTreeMap<String, usize>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Files of findings that are not shown any more, and are gone.
    pub mended: Vec<PathBuf>,
    /// Suspicions that could not be shown again: how often each.
    pub unconfirmed: BTreeMap<String, usize>,
    /// Hash of the sequence of cases, to compare two campaigns.
    pub sequence: u64,
    /// Why it ended before its time, if it did.
    pub stopped: Option<String>,
}

/// Whoever watches.
pub trait Show: Send + Sync {
    /// How far it is now.
    fn show(&self, state: &State);
    /// Something was found.
    fn found(&self, finding: &Finding);
}

/// Carry it out.
///
/// # Errors
/// In words, where the client does not get to where it can be fuzzed, or nothing was tried on it.
pub async fn campaign(start: &Start, options: &Options, show: &dyn Show) -> Result<Report, String> {
    let begun = Instant::now();
    let table = Table::set(start, options.deadline, options.jobs).await;
    let table = Arc::new(table.map_err(|why| format!("it does not get to where it can be fuzzed: {why}"))?);
    let source = Source::new(options.extent.seed, options.extent.partition, &table.baseline, &start.axis);
    let ends_by_itself = table.baseline.end.is_some();
    let report = Report { axis: start.axis.to_string(), ends_by_itself, ..Report::default() };
    let until = Instant::now() + options.extent.time;
    let (causes, looking) = (BTreeMap::new(), JoinSet::new());
    let mut campaign = Campaign { table, options, show, source, report, causes, hangs: 0, looking, begun, until };
    campaign.replay().await;
    campaign.run().await;
    let mut report = campaign.report;
    report.sequence = campaign.source.sequence;
    report.left = campaign.source.left();
    report.findings.sort_by_key(crate::fuzz::finding::Kept::name);
    report.lasted = begun.elapsed();
    let took = campaign.table.baseline.took;
    nothing_tried(&report, took).map_or(Ok(report), Err)
}

/// Why a campaign says nothing about the client, which takes so long where nothing is wrong; none where it says something.
fn nothing_tried(report: &Report, took: Duration) -> Option<String> {
    if report.messages > 0 || !report.findings.is_empty() {
        return None;
    }
    let why = report.stopped.clone().unwrap_or_else(|| {
        let took = took.as_secs_f64();
        format!("it takes {took:.1} s where nothing is wrong: give more --time, or a client that does less")
    });
    Some(format!("no message crossed in {} cases: {why}", report.cases))
}

struct Campaign<'a> {
    table: Arc<Table>,
    options: &'a Options,
    show: &'a dyn Show,
    source: Source,
    report: Report,
    /// What is known of each cause that is no finding.
    causes: BTreeMap<String, Looks>,
    /// How many causes of hanging were looked into.
    hangs: usize,
    /// What is being looked into.
    looking: JoinSet<Looked>,
    begun: Instant,
    until: Instant,
}

/// How often a cause that is no finding was looked into, and is now.
#[derive(Debug, Default)]
struct Looks {
    in_vain: usize,
    now: bool,
}

/// A run of a case.
type Played = (Case, Result<Trace, String>);

/// What became of something that looked wrong.
struct Looked {
    cause: String,
    case: Case,
    suspicion: Suspicion,
    shown: usize,
    words: String,
}

impl Campaign<'_> {
    /// What was found earlier comes first. What is not shown any more goes away.
    async fn replay(&mut self) {
        let Some(path) = &self.options.extent.findings else { return };
        for (path, mut finding) in folder::<Finding>(path).unwrap_or_default() {
            let axis = &self.table.start.axis;
            if finding.revision != axis.revision || finding.transport != axis.transport {
                continue;
            }
            let (shown, _) = self.table.confirm(&finding.case, &finding.suspicion(), CONFIRMATIONS).await;
            if shown == 0 {
                if remove(&path).is_ok() {
                    self.report.mended.push(path);
                }
                continue;
            }
            finding.shown = (shown, CONFIRMATIONS);
            self.add(finding);
        }
    }

    async fn run(&mut self) {
        let mut running: JoinSet<Played> = JoinSet::new();
        let mut begun = 0;
        let most = self.options.extent.cases.unwrap_or(usize::MAX);
        let places = Places::all(self.options.jobs.max(1));
        loop {
            let goes_on = Instant::now() < self.until && self.report.stopped.is_none();
            while running.len() < places && begun < most && goes_on {
                begun += 1;
                let (case, table) = (self.source.next(), self.table.clone());
                let limit = table.limit(&case, self.is_settled(&case));
                running.spawn(async move {
                    let trace = table.play(&case, limit).await;
                    (case, trace)
                });
            }
            // Who was begun with when the time is over is not waited for; what is looked into is.
            if !goes_on {
                running.abort_all();
            }
            tokio::select! {
                Some(played) = running.join_next() => match played {
                    Ok((case, trace)) => self.took(case, trace),
                    Err(e) if e.is_cancelled() => {}
                    Err(panic) => self.report.stopped = Some(format!("a run failed: {panic}")),
                },
                Some(looked) = self.looking.join_next() => match looked {
                    Ok(looked) => self.looked(looked),
                    Err(panic) => self.report.stopped = Some(format!("a look failed: {panic}")),
                },
                // Once the last case is begun there is no time to wait for.
                () = tokio::time::sleep_until(self.until), if goes_on && begun < most => {}
                else => return,
            }
        }
    }

    /// Whether it is known that the client waits in cases like this one, be that a finding or not.
    fn is_settled(&self, case: &Case) -> bool {
        let cause = cause(&Suspicion::hang(case, ""));
        self.causes.contains_key(&cause) || self.report.findings.iter().any(|finding| finding.cause() == cause)
    }

    fn took(&mut self, case: Case, trace: Result<Trace, String>) {
        let trace = match trace {
            Ok(trace) => trace,
            Err(problem) => {
                self.report.stopped = Some(format!("{}: {problem}", case.kind));
                return;
            }
        };
        self.report.cases += 1;
        self.report.messages += trace.messages();
        *self.report.ends.entry(trace.ended()).or_default() += 1;
        let settled = self.is_settled(&case);
        for suspicion in self.table.judge(&trace, &case) {
            if !(suspicion.oracle == Oracle::Hang && settled) {
                self.look(&case, suspicion);
            }
        }
        self.show.show(&State {
            axis: self.report.axis.clone(),
            sent: self.report.messages,
            playing: self.begun.elapsed(),
            classes: self.report.ends.len(),
            places: None,
            findings: self.report.findings.len(),
            left: self.until.saturating_duration_since(Instant::now()),
        });
    }

    /// Look again at what looked wrong, while others run.
    fn look(&mut self, case: &Case, suspicion: Suspicion) {
        let cause = cause(&suspicion);
        if let Some(known) = self.report.findings.iter_mut().find(|finding| finding.cause() == cause) {
            known.see(case.kind.clone());
            return;
        }
        if suspicion.oracle == Oracle::Hang && !self.causes.contains_key(&cause) {
            if self.hangs >= MAX_HANGS {
                *self.report.unconfirmed.entry(format!("{cause} (not looked into)")).or_default() += 1;
                return;
            }
            self.hangs += 1;
        }
        let looks = self.causes.entry(cause.clone()).or_default();
        if looks.now || looks.in_vain >= MAX_LOOKS {
            return;
        }
        looks.now = true;
        let (table, case, until) = (self.table.clone(), case.clone(), self.until);
        self.looking.spawn(async move {
            let (mut shown, mut words) = table.confirm(&case, &suspicion, CONFIRMATIONS).await;
            let mut small = case.clone();
            if shown == CONFIRMATIONS {
                small = reduce(&table, case.clone(), &suspicion, until).await;
                if small != case {
                    (shown, words) = table.confirm(&small, &suspicion, CONFIRMATIONS).await;
                }
            }
            Looked { cause, case: small, suspicion, shown, words }
        });
    }

    fn looked(&mut self, looked: Looked) {
        let Looked { cause, case, suspicion, shown, words } = looked;
        if shown < CONFIRMATIONS {
            let looks = self.causes.entry(cause.clone()).or_default();
            looks.now = false;
            looks.in_vain += 1;
            *self.report.unconfirmed.entry(format!("{cause} ({})", case.kind)).or_default() += 1;
            return;
        }
        let length = words.chars().count();
        let axis = &self.table.start.axis;
        self.add(Finding {
            oracle: suspicion.oracle,
            sign: suspicion.sign,
            seen: suspicion.seen,
            revision: axis.revision,
            transport: axis.transport,
            case,
            shown: (shown, CONFIRMATIONS),
            words: words.chars().skip(length.saturating_sub(MAX_WORDS)).collect(),
            seed: self.options.extent.seed,
            also: Vec::new(),
        });
    }

    fn add(&mut self, finding: Finding) {
        self.show.found(&finding);
        if let Some(folder) = &self.options.extent.findings
            && let Err(e) = write(folder, &finding)
        {
            self.report.stopped = Some(e.to_string());
        }
        self.report.findings.push(finding);
    }
}
