//! The axes of a run and what the IUT offers on each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Revisions, RunError, RunOptions};
use crate::drive::{Lending, Manner, Patience, Probe, Sharing, Spoken, Target, probe};
use crate::plan::{Axis, DIRECT, GATEWAY, Offer, case_id};
use crate::revision::Revision;
use crate::router::Policy;
use crate::scenario::Transport;

/// What the IUT said when it was asked what it speaks and offers.
#[derive(Debug)]
pub struct Asked {
    pub(super) probes: BTreeMap<Axis, Probe>,
    /// Where the processes wait that answered; none where cases share nothing.
    pub(super) lending: Option<Arc<Lending>>,
    pub(super) started: Instant,
}

/// Ask the IUT on every axis at once. Nothing that a run needs besides has to be there yet.
///
/// # Errors
/// [`RunError::Unreachable`] when nobody answers anywhere.
pub async fn ask(target: &Target, options: &RunOptions) -> Result<Asked, RunError> {
    let started = Instant::now();
    let lending = (!options.isolated).then(Arc::<Lending>::default);
    let probes = probe_all(target, options, lending.as_ref()).await;
    match unreachable(&probes) {
        Some(why) => Err(RunError::Unreachable(why)),
        None => Ok(Asked { probes, lending, started }),
    }
}

async fn probe_all(target: &Target, options: &RunOptions, lending: Option<&Arc<Lending>>) -> BTreeMap<Axis, Probe> {
    let out = options.out.as_deref();
    let mut tasks = JoinSet::new();
    for transport in target.transports() {
        let (wanted, or_older) = match &options.revisions {
            Revisions::Newest => (vec![Revision::NEWEST_HANDSHAKE, Revision::NEWEST_STATELESS], true),
            Revisions::These(these) => (these.clone(), false),
        };
        // HTTP+SSE is that of one revision.
        let wanted: Vec<Revision> = match transport {
            Transport::Sse if or_older => vec![Revision::V2024_11_05],
            _ => wanted.into_iter().filter(|revision| transport.is_in(*revision)).collect(),
        };
        for revision in wanted {
            // A gateway may speak and offer something else.
            let routings = [DIRECT, GATEWAY];
            let gateway = transport == Transport::Http && target.gateway.is_some();
            for routing in routings.into_iter().take(if gateway { 2 } else { 1 }) {
                let (target, options, out) = (target.clone(), options.clone(), options.out.clone());
                let lending = lending.cloned();
                let axis = Axis { revision, transport, routing: routing.to_owned() };
                tasks.spawn(async move {
                    let (axis, probe) = probe_one(&target, &options, out.as_deref(), axis, lending.as_ref()).await;
                    match probe.answered.filter(|answered| or_older && *answered != revision) {
                        // What the handshake settles on is the newest that is spoken; only that is tested.
                        Some(older) => {
                            let axis = Axis { revision: older, ..axis };
                            probe_one(&target, &options, out.as_deref(), axis, lending.as_ref()).await
                        }
                        None => (axis, probe),
                    }
                });
            }
        }
    }
    let mut probes = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        // A task that panicked leaves its axis out; the plan then has no case on it and the run decides nothing there.
        if let Ok((axis, probe)) = done {
            probes.insert(axis, probe);
        }
    }
    fall_back(&mut probes, target, options, out).await;
    probes
}

/// A URL may be that of the event stream of HTTP+SSE: where a POST of `initialize` is refused there, a GET tells
/// (2025-03-26, basic/transports#backwards-compatibility).
async fn fall_back(probes: &mut BTreeMap<Axis, Probe>, target: &Target, options: &RunOptions, out: Option<&Path>) {
    let old = match &options.revisions {
        Revisions::Newest => true,
        Revisions::These(these) => these.contains(&Revision::V2024_11_05),
    };
    let over_http = || probes.iter().filter(|(axis, _)| axis.transport == Transport::Http);
    let refused = over_http().any(|(_, probe)| matches!(probe.spoken, Spoken::No(_)));
    let spoken = over_http().any(|(_, probe)| probe.spoken == Spoken::Yes);
    if !old || !refused || spoken || !target.sse.is_empty() {
        return;
    }
    let axis = Axis { revision: Revision::V2024_11_05, transport: Transport::Sse, routing: DIRECT.to_owned() };
    let (axis, probe) = probe_one(target, options, out, axis, None).await;
    if probe.spoken == Spoken::Yes {
        probes.retain(|axis, _| axis.transport != Transport::Http);
        probes.insert(axis, probe);
    }
}

async fn probe_one(
    target: &Target,
    options: &RunOptions,
    out: Option<&Path>,
    axis: Axis,
    lending: Option<&Arc<Lending>>,
) -> (Axis, Probe) {
    let file = out.map(|out| transcript_path(out, &case_id("probe", &axis)));
    let patience = match axis.transport {
        Transport::Http | Transport::Sse => Patience::new(options.deadline, None),
        Transport::Stdio => Patience::with_startup(options.deadline, options.startup, None),
    };
    let lending = lending.filter(|_| axis.transport == Transport::Stdio);
    let sharing = lending.map(|lending| Sharing { lending: lending.clone(), manner: Manner::Ordinary, ids_after: 0 });
    let probed = probe(&axis, target, patience, file, sharing).await;
    (axis, probed)
}

/// Where the transcript of a case is written.
pub fn transcript_path(out: &Path, id: &str) -> std::path::PathBuf {
    let safe: String =
        id.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.@,".contains(c) { c } else { '~' }).collect();
    out.join("transcripts").join(format!("{safe}.jsonl"))
}

/// What the plan needs to know. A server that speaks one revision merely does not offer those it keeps silent in.
///
/// Over HTTP everything is offered once more over each of the `routes`.
pub fn offers(probes: &BTreeMap<Axis, Probe>, routes: &[Policy]) -> BTreeMap<Axis, Offer> {
    let speaks = |axis: &Axis| {
        probes.iter().any(|(other, probe)| other.transport == axis.transport && probe.spoken == Spoken::Yes)
    };
    let offer = |axis: &Axis, probe: &Probe| match &probe.spoken {
        Spoken::Yes => Offer::Spoken(probe.server.clone()),
        Spoken::Guarded(why) => Offer::Guarded(
            probe.server.clone(),
            format!("the server is protected: {why}; give --header 'Authorization: Bearer ...' or --issuer"),
        ),
        Spoken::Silent(why) | Spoken::Unreachable(why) if !speaks(axis) => {
            Offer::Silent(format!("the server does not answer: {why}"))
        }
        Spoken::No(why) | Spoken::Silent(why) | Spoken::Unreachable(why) => {
            Offer::NotSpoken(format!("the server does not offer this revision: {why}"))
        }
    };
    let mut offers: BTreeMap<Axis, Offer> =
        probes.iter().map(|(axis, probe)| (axis.clone(), offer(axis, probe))).collect();
    for axis in probes.keys().filter(|axis| axis.transport == Transport::Http && axis.routing == DIRECT) {
        for route in routes {
            if let Some(offer) = offers.get(axis).cloned() {
                offers.insert(Axis { routing: route.to_string(), ..axis.clone() }, offer);
            }
        }
    }
    offers
}

/// Why nothing at all could be reached, if so.
fn unreachable(probes: &BTreeMap<Axis, Probe>) -> Option<String> {
    let reasons: Option<Vec<&String>> = probes
        .values()
        .map(|probe| match &probe.spoken {
            Spoken::Unreachable(why) => Some(why),
            _ => None,
        })
        .collect();
    reasons?.first().map(|why| (*why).clone())
}
