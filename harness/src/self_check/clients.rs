//! Trials of what judges clients: the reference client, as it is and behind a mutator, and clients that do nothing.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::null::Null;
use super::peers::{Peer, Setup};
use crate::acting::{ActingProcesses, ActingServer, Beyond};
use crate::authorizing::ClientSettings;
use crate::drive::{CaseSpec, Place, StdioTarget};
use crate::mutate::{self, Mutator};
use crate::plan::{Axis, Case, case_id};
use crate::requirement::Role;
use crate::revision::Revision;
use crate::run::{SentTo, play_client, told};
use crate::scenario::{CLIENT, Corpus, Mutation, Scenario, Transport};
use crate::transcript::{Event, Header, Recorder, What};
use crate::transport::{Spawn, fetch};

/// How long the server goes on after the client is done, so that what is under way is recorded.
const AFTERWARDS: Duration = Duration::from_millis(500);

/// The cases of these scenarios for clients.
pub(super) fn cases(corpus: &Corpus, names: &[String]) -> Vec<Case> {
    let loaded = names.iter().filter_map(|name| corpus.scenarios.get(name));
    let of_clients = loaded.filter(|loaded| loaded.item.applies.role == Role::Client);
    of_clients
        .flat_map(|loaded| {
            let places = Revision::SUPPORTED.into_iter().flat_map(|revision| Transport::ALL.map(|on| (revision, on)));
            places.filter(|(revision, on)| loaded.item.applies.includes(*revision, *on)).map(|(revision, transport)| {
                let axis = Axis { revision, transport, routing: "direct".to_owned() };
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
    if spec.transport == Transport::Stdio {
        over_pipes(peer, spec, &recorder, place).await?;
    } else {
        over_http(peer, spec, setup, &recorder, place).await?;
    }
    Ok((header, recorder.finish(None)))
}

async fn over_http(
    peer: &Peer,
    spec: &CaseSpec,
    setup: &Setup,
    recorder: &Arc<Recorder>,
    place: Option<Place>,
) -> Result<(), String> {
    let server = ActingServer::start(&spec.scenario, spec.revision, recorder.clone(), &[], Beyond::Nobodys);
    let server = server.await.map_err(|e| e.to_string())?;
    match peer {
        Peer::Null(Null::Silent) => {}
        Peer::Null(_) => {
            // Whatever it gets is nothing to it.
            let _ = fetch(server.url(), &setup.tls, "GET", &[], &[]).await;
        }
        Peer::Mutated(rules) => defective(rules, spec, &server, place).await?,
        Peer::Defective(switch) => return Err(format!("`{switch}` is a switch of the authorization server")),
        Peer::Switched(switch) => return Err(format!("`{}` is a switch of the reference server", switch.name())),
        Peer::Careless(careless) => {
            let mut how = sent_to(spec, &server);
            let to = SentTo::url(server.url(), spec.transport);
            how.careless.insert(*careless);
            play_client(&spec.scenario, spec.revision, &to, place, how).await?;
        }
        Peer::Reference | Peer::Playing(_) => {
            let how = sent_to(spec, &server);
            let to = SentTo::url(server.url(), spec.transport);
            play_client(&scenario(peer, spec), spec.revision, &to, place, how).await?;
            if matches!(peer, Peer::Reference) {
                server.mutator.verdict_on_rules()?;
            }
        }
    }
    let settled = |index: &crate::transcript::Index| index.streams.values().all(|s| s.is_over()).then_some(());
    recorder.wait(Instant::now() + AFTERWARDS, settled).await;
    Ok(())
}

/// The same for a client that starts its server, here within this program.
async fn over_pipes(
    peer: &Peer,
    spec: &CaseSpec,
    recorder: &Arc<Recorder>,
    place: Option<Place>,
) -> Result<(), String> {
    let server = ActingProcesses::new(&spec.scenario, spec.revision, recorder.clone()).map_err(|e| e.to_string())?;
    let rules: &[Mutation] = if let Peer::Mutated(rules) = peer { rules } else { &[] };
    let mutator = Arc::new(Mutator::new(rules.to_vec()).map_err(|e| e.to_string())?);
    recorder.append(CLIENT, None, What::Opened { target: "the reference client".to_owned(), instance: 1 });
    match peer {
        Peer::Null(Null::Silent) => {}
        // It starts the server, says nothing, and is gone.
        Peer::Null(_) => drop((server.starter().0)()),
        Peer::Defective(switch) => return Err(format!("`{switch}` is a switch of the authorization server")),
        Peer::Switched(switch) => return Err(format!("`{}` is a switch of the reference server", switch.name())),
        Peer::Careless(careless) => return Err(format!("nobody is authorized over stdio ({})", careless.name())),
        Peer::Reference | Peer::Playing(_) | Peer::Mutated(_) => {
            let spawn = Spawn { command: String::new(), env: Vec::new(), directory: None };
            let between = (!rules.is_empty()).then(|| mutator.clone());
            let to = SentTo::Stdio(StdioTarget { spawn, within: Some(server.starter()), mutator: between });
            let how = told(&spec.scenario, spec.revision, &server.context);
            play_client(&scenario(peer, spec), spec.revision, &to, place, how).await?;
            mutator.verdict_on_rules()?;
            if matches!(peer, Peer::Reference) {
                server.mutator.verdict_on_rules()?;
            }
        }
    }
    server.settle().await;
    server.close();
    Ok(())
}

/// What the reference client is told, and how it reaches the addresses that nobody has.
fn sent_to(spec: &CaseSpec, server: &ActingServer) -> ClientSettings {
    let mut how = told(&spec.scenario, spec.revision, &server.context);
    how.connect_to.clone_from(server.stand_ins());
    how
}

/// What the client plays: the steps of the scenario, or those of a worse one.
fn scenario(peer: &Peer, spec: &CaseSpec) -> Arc<Scenario> {
    match peer {
        Peer::Playing(steps) => Arc::new(Scenario { steps: steps.clone(), ..(*spec.scenario).clone() }),
        _ => spec.scenario.clone(),
    }
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
    let mut how = sent_to(spec, server);
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
    let to = SentTo::url(&url, spec.transport);
    play_client(&spec.scenario, spec.revision, &to, place, how).await?;
    mutator.verdict_on_rules()
}
