//! A campaign: rounds of cases against one server in one revision over one transport, until the time is over.

mod drift;
mod ends;
mod found;
mod growth;
mod hurry;
mod lanes;
mod look;
mod quiet;
mod reached;
mod rounds;
mod settle;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use settle::settle;
pub use told::{Options, Report};

use super::bench::Bench;
use super::case::Case;
use super::class::Classes;
use super::finding::Cause;
use super::oracle::Judge;
use super::peer::{ConnectError, Offer, Peer, Session, Usage};
use super::reach::Reach;
use super::source::{Scene, Source, Stories, bases};
use super::state::{Show, State};
use crate::generate::Choices;
use crate::revision::Era;
use crate::scenario::Transport;

/// How often the same suspicion is looked into before it is let go.
const MAX_LOOKS: usize = 2;
/// Tries that say whether a finding is stable.
const CONFIRMATIONS: usize = 3;

/// Carry it out.
///
/// # Errors
/// [`ConnectError`] when the server cannot be reached at the beginning, or not be followed.
pub async fn campaign(mut peer: Peer, options: &Options, show: &dyn Show) -> Result<Report, ConnectError> {
    let begun = Instant::now();
    // What is looked into is so beside everything else, where another one can run.
    peer.single = options.jobs == 1;
    let beside = peer.another().await;
    peer.single |= beside.is_err();
    let unfollowed = |e: std::io::Error| ConnectError::Unfollowed(e.to_string());
    let mut reach = options.coverage.then(Reach::start).transpose().map_err(unfollowed)?;
    let followed = reach.as_ref().map_or_else(|| peer.clone(), |reach| reach.hook(&peer));
    let mut connection = followed.connect_for_cases(None).await?;
    if let Some(reach) = &mut reach {
        reach.wait().await.map_err(ConnectError::Unfollowed)?;
    }
    let offer = connection.offer.clone();
    let mut choices = Choices::seeded(options.extent.seed);
    let session = Session::new(peer.revision, 0);
    let bases = bases(&session, &offer, &options.permits, &mut choices);
    let judge = Arc::new(Judge::new(peer.revision, &offer));
    let settled = settle(&followed, &mut connection, bases).await;
    let http = connection.is_http();
    let patience = settled.patience(&connection);
    let scene = Scene {
        http: peer.transport == Transport::Http,
        instances: connection.instances(),
        shared: peer.shared,
        control: peer.has_control(),
        protected: peer.target.http.iter().any(|http| http.protected),
        stranger: connection.has_stranger(),
    };
    let able = offer_to_the_able(&followed).await;
    let offers = (&*offer, able.as_deref().unwrap_or(&offer));
    let stories = Stories::new(&session, offers, &options.permits, scene, &mut choices);
    let source =
        Source::new(options.extent.seed, peer.revision, &offer, settled.bases, stories, http, options.extent.partition);
    let mut bench = Bench::new(beside.unwrap_or_else(|_| peer.clone()), offer.clone(), judge.clone());
    bench.patience = patience;
    let report = Report { axis: peer.axis(), server: offer.name.clone(), left_out: settled.slow, ..Report::default() };
    let jobs = rounds::jobs(options, &peer);
    let mut campaign = Campaign {
        peer,
        followed,
        reach,
        options,
        show,
        judge,
        source,
        bench,
        classes: Classes::default(),
        causes: BTreeMap::new(),
        broken_off: BTreeMap::new(),
        looks: BTreeMap::new(),
        report,
        until: Instant::now() + options.extent.time,
        reconnects: 0,
        side_by_side: usize::MAX,
        jobs,
        unanswered: BTreeMap::new(),
        careful: false,
        in_a_row: 0,
        measured: Instant::now(),
        marked: false,
        vain: BTreeSet::new(),
        allowed: growth::ALLOWED,
        recent: BTreeMap::new(),
    };
    campaign.replay().await;
    if http {
        campaign.two_clients().await;
    }
    for round in &settled.ended {
        for suspicion in campaign.judge.clone().judge(round, http) {
            campaign.look(suspicion, round).await;
        }
    }
    campaign.took(settled.took).await;
    campaign.was_marked();
    campaign.rounds(connection).await;
    let mut report = campaign.report;
    report.classes = campaign.classes.seen();
    report.places = campaign.reach.as_ref().map(Reach::places);
    report.by_method = campaign.classes.by_method();
    report.lasted = begun.elapsed();
    Ok(report)
}

/// What the server offers a client that it can ask things in the midst of a call, where it can be reached once more.
async fn offer_to_the_able(peer: &Peer) -> Option<Arc<Offer>> {
    if peer.revision.era() == Era::Stateless {
        return None;
    }
    let able = Peer { able: true, ..peer.clone() };
    able.connect(None).await.ok().map(|connection| connection.offer.clone())
}

struct Campaign<'a> {
    peer: Peer,
    /// The same for rounds, followed where that is wanted: what is suspected is shown by the server as it is.
    followed: Peer,
    reach: Option<Reach>,
    options: &'a Options,
    show: &'a dyn Show,
    judge: Arc<Judge>,
    source: Source,
    bench: Bench,
    classes: Classes,
    /// What was found, by cause: its place among the findings.
    causes: BTreeMap<Cause, usize>,
    /// How many rounds of many each of them has broken off.
    broken_off: BTreeMap<usize, usize>,
    /// How often each suspicion was looked into.
    looks: BTreeMap<String, usize>,
    report: Report,
    until: Instant,
    reconnects: usize,
    /// Cases at a time: fewer where the server has been found to lose answers when there are many.
    side_by_side: usize,
    /// Rounds at a time, at most: fewer where no more processes of the server can be had.
    jobs: usize,
    /// How often kinds of acts went unanswered that should be answered.
    unanswered: BTreeMap<String, usize>,
    /// The last round ended the server: the next goes one by one, so that it is clear what does it.
    careful: bool,
    /// Rounds in a row that were answered to the end.
    in_a_row: usize,
    /// When it was last seen whether the server has grown.
    measured: Instant,
    /// What was played may have left its mark on the connection that it was played on.
    marked: bool,
    /// What was suspected since, and tried in vain or not: once will do.
    vain: BTreeSet<String>,
    /// What it may take up more before that is looked into.
    allowed: Usage,
    /// A case of each kind that was sent.
    recent: BTreeMap<String, Arc<Case>>,
}

impl Campaign<'_> {
    fn state(&self) -> State {
        State {
            axis: self.report.axis.clone(),
            sent: self.report.sent,
            playing: self.report.playing,
            classes: self.classes.len(),
            places: self.reach.as_ref().map(Reach::places),
            findings: self.report.findings.len(),
            left: self.until.saturating_duration_since(Instant::now()),
        }
    }
}
