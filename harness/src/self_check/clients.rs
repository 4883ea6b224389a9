//! Trials of what judges clients: the reference client, as it is and behind a mutator, and clients that do nothing.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::time::Instant;
use url::Url;

use super::null::Null;
use super::peers::{Peer, Setup};
use crate::acting::ActingServer;
use crate::drive::{CaseSpec, Place};
use crate::mutate::{self, Mutator};
use crate::plan::{Axis, Case, case_id};
use crate::requirement::Role;
use crate::revision::Revision;
use crate::run::play_client;
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
        Peer::Mutated(rules) => defective(rules, spec, server.url(), place).await?,
        Peer::Switched(switch) => return Err(format!("`{}` is a switch of the reference server", switch.name())),
        Peer::Reference => {
            play_client(&spec.scenario, spec.revision, server.url(), place).await?;
            server.mutator.verdict_on_rules()?;
        }
    }
    let settled = |index: &crate::transcript::Index| index.streams.values().all(|s| s.is_over()).then_some(());
    recorder.wait(Instant::now() + AFTERWARDS, settled).await;
    Ok((header, recorder.finish(None)))
}

/// The reference client behind a mutator that makes a worse one of it.
async fn defective(rules: &[Mutation], spec: &CaseSpec, url: &Url, place: Option<Place>) -> Result<(), String> {
    let mutator = Arc::new(Mutator::new(rules.to_vec()).map_err(|e| e.to_string())?);
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| format!("failed to listen: {e}"))?;
    let mut between = url.clone();
    let port = listener.local_addr().map_err(|e| e.to_string())?.port();
    between.set_port(Some(port)).map_err(|()| format!("{url} takes no port"))?;
    let serving = tokio::spawn({
        let (url, mutator) = (url.clone(), mutator.clone());
        async move {
            let _ = mutate::http::serve(listener, url, mutator).await;
        }
    });
    let played = play_client(&spec.scenario, spec.revision, &between, place).await;
    serving.abort();
    played?;
    mutator.verdict_on_rules()
}
