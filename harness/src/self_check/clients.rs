//! Trials of what judges clients: the reference client, as it is and behind a mutator, and clients that do nothing.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::null::Null;
use super::peers::{Peer, Setup};
use crate::acting::ActingServer;
use crate::drive::{CaseSpec, Place};
use crate::mutate::{self, Mutator};
use crate::plan::{Axis, Case, case_id};
use crate::requirement::Role;
use crate::revision::Revision;
use crate::run::{play_client, told};
use crate::scenario::{Corpus, Mutation, Transport};
use crate::transcript::{Event, Header, Recorder};
use crate::transport::fetch;

/// How long the server goes on after the client is done, so that what is under way is recorded.
const AFTERWARDS: Duration = Duration::from_millis(500);

/// The cases of these scenarios for clients.
pub(super) fn cases(corpus: &Corpus, names: &[String]) -> Vec<Case> {
    let loaded = names.iter().filter_map(|name| corpus.scenarios.get(name));
    let of_clients = loaded.filter(|loaded| loaded.item.applies.role == Role::Client);
    of_clients
        .flat_map(|loaded| {
            let applies = |revision: &Revision| loaded.item.applies.includes(*revision, Transport::Http);
            Revision::SUPPORTED.into_iter().filter(applies).map(|revision| {
                let axis = Axis { revision, transport: Transport::Http, routing: "direct".to_owned() };
                let facts = Arc::new(Value::Object(Map::new()));
                Case { id: case_id(&loaded.item.scenario, &axis), scenario: loaded.clone(), axis, facts }
            })
        })
        .collect()
}

/// Send a client to a server of ours; what it did.
pub(super) async fn record(
    peer: &Peer,
    spec: &CaseSpec,
    setup: &Setup,
    place: Option<Place>,
) -> Result<(Header, Vec<Event>), String> {
    let header = spec.header();
    let recorder = Arc::new(Recorder::unkept());
    let server =
        ActingServer::start(&spec.scenario, spec.revision, recorder.clone()).await.map_err(|e| e.to_string())?;
    match peer {
        Peer::Null(Null::Silent) => {}
        Peer::Null(_) => {
            // Whatever it gets is nothing to it.
            let _ = fetch(server.url(), &setup.tls, "GET", &[], &[]).await;
        }
        Peer::Mutated(rules) => defective(rules, spec, &server, place).await?,
        Peer::Switched(switch) => return Err(format!("`{}` is a switch of the reference server", switch.name())),
        Peer::Careless(careless) => {
            let mut how = told(&spec.scenario, spec.revision, &server.context);
            how.careless.insert(*careless);
            play_client(&spec.scenario, spec.revision, server.url(), place, how).await?;
        }
        Peer::Reference => {
            let how = told(&spec.scenario, spec.revision, &server.context);
            play_client(&spec.scenario, spec.revision, server.url(), place, how).await?;
            server.mutator.verdict_on_rules()?;
        }
    }
    let settled = |index: &crate::transcript::Index| index.streams.values().all(|s| s.is_over()).then_some(());
    recorder.wait(Instant::now() + AFTERWARDS, settled).await;
    Ok((header, recorder.finish(None)))
}

/// The reference client behind a mutator that makes a worse one of it: before the server, and before everybody else that
/// plays.
async fn defective(
    rules: &[Mutation],
    spec: &CaseSpec,
    server: &ActingServer,
    place: Option<Place>,
) -> Result<(), String> {
    let mutator = Arc::new(Mutator::new(rules.to_vec()).map_err(|e| e.to_string())?);
    let mut between = JoinSet::new();
    let mut url = server.url().clone();
    let mut how = told(&spec.scenario, spec.revision, &server.context);
    for origin in server.origins() {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| format!("failed to listen: {e}"))?;
        let address = listener.local_addr().map_err(|e| e.to_string())?;
        if spec.scenario.authorization.is_empty() {
            url.set_port(Some(address.port())).map_err(|()| format!("{url} takes no port"))?;
        } else {
            how.connect_to.insert(origin.authority().to_owned(), address);
        }
        let (origin, mutator) = (origin.clone(), mutator.clone());
        between.spawn(async move {
            let _ = mutate::http::serve(listener, origin, mutator).await;
        });
    }
    play_client(&spec.scenario, spec.revision, &url, place, how).await?;
    mutator.verdict_on_rules()
}
