//! Testing an authorization server: what a client of its does, well and badly, and what it says to that.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::RunError;
use super::assembly::{Assembly, Played};
use super::axes::transcript_path;
use super::pool::{compile, result};
use crate::drive::{CaseSpec, Patience, Place as Running, Recording, Target, drive};
use crate::oauth::Place;
use crate::plan::{Axis, Selection, case_id};
use crate::report::Progress;
use crate::requirement::Role;
use crate::revision::Revision;
use crate::router::Faults;
use crate::scenario::{Corpus, Transport};
use crate::transport::fetch;
use crate::verdict::RunResult;

/// Where the official suite has itself redirected to.
pub const REDIRECT_URI: &str = "http://127.0.0.1:3000/callback";

/// Options of a run against an authorization server.
#[derive(Clone, Debug)]
pub struct AuthorizationOptions {
    /// Its issuer identifier, as the user wrote it.
    pub issuer: String,
    /// The client that it knows already; one registers itself where none is given.
    pub client_id: Option<String>,
    /// What the client is called at the server that an identity provider gives assertions for.
    pub client_id_elsewhere: Option<String>,
    /// A server for which the policy of an identity provider gives the user nothing.
    pub denied_audience: Option<String>,
    /// Where that client may be redirected to.
    pub redirect_uri: String,
    /// Scopes to ask for, by spaces.
    pub scope: Option<String>,
    /// The resource to ask for tokens for.
    pub resource: Option<String>,
    /// Revisions to test.
    pub revisions: Vec<Revision>,
    /// Scenarios to test.
    pub selection: Selection,
    /// Cases that run at a time.
    pub jobs: usize,
    /// Longest time for one case.
    pub deadline: Duration,
    /// Folder for transcripts; none are written without.
    pub out: Option<PathBuf>,
    /// The command line that repeats this run, to which a selection can be added.
    pub repeat: String,
}

/// What is known of an authorization server beforehand, as scenarios see it.
pub fn authorization_facts(issuer: &str, redirect_uri: &str) -> Value {
    json!({ "server": { "issuer": issuer, "redirect_uri": redirect_uri } })
}

/// Test an authorization server.
///
/// # Errors
/// [`RunError`] when nothing can be tested at all.
pub async fn run_authorization(
    corpus: &Corpus,
    target: &Target,
    options: &AuthorizationOptions,
    progress: &Progress,
) -> Result<RunResult, RunError> {
    let started = Instant::now();
    let names = options.selection.names(corpus)?;
    let (catalogue, judge) =
        compile(corpus, &names, &options.revisions.iter().copied().collect(), Role::AuthorizationServer)?;
    let facts = Arc::new(facts(target, options).await?);
    let specs = specs(corpus, &names, options, &facts);
    progress.started(specs.len());
    let places = Arc::new(Semaphore::new(options.jobs.max(1)));
    let mut running = JoinSet::new();
    for spec in specs {
        let (places, target, limit) = (places.clone(), target.clone(), options.deadline);
        running.spawn(async move {
            // Never closed.
            let place = places.acquire_owned().await.ok().map(Running::running);
            let limit = spec.scenario.deadline.map_or(limit, |own| own.0.min(limit));
            let recording = drive(&spec, &target, Patience::new(limit, place), None).await;
            (spec, recording)
        });
    }
    let mut assembly = Assembly::new(catalogue, judge.clone(), options.repeat.clone());
    while let Some(done) = running.join_next().await {
        let (spec, recording): (CaseSpec, Recording) = done.map_err(|panic| RunError::Internal(panic.to_string()))?;
        let said = judge.judge(&recording.header, &recording.events);
        let axis = Axis { revision: spec.revision, transport: spec.transport, routing: spec.routing.clone() };
        let played = Played::of(&recording, &axis, options.out.is_some(), &options.repeat);
        progress.case_finished(assembly.add(played, &said, &spec.scenario));
    }
    progress.finished();
    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok(RunResult { duration_us, ..result(assembly.cases(), options.issuer.clone(), BTreeMap::new()) })
}

fn specs(corpus: &Corpus, names: &[String], options: &AuthorizationOptions, facts: &Arc<Value>) -> Vec<CaseSpec> {
    let mut specs = Vec::new();
    for loaded in names.iter().filter_map(|name| corpus.scenarios.get(name)) {
        let name = &loaded.item.scenario;
        for revision in &options.revisions {
            let axis = Axis { revision: *revision, transport: Transport::Http, routing: "direct".to_owned() };
            let applies = loaded.item.applies.includes(*revision, Transport::Http);
            if applies && options.selection.admits(name, &axis.to_string()) {
                specs.push(CaseSpec {
                    scenario: loaded.item.clone(),
                    revision: *revision,
                    transport: Transport::Http,
                    routing: axis.routing.clone(),
                    facts: facts.clone(),
                    seed: 0,
                    faults: Faults::default(),
                    breaks: Arc::default(),
                    file: options.out.as_deref().map(|out| transcript_path(out, &case_id(name, &axis))),
                });
            }
        }
    }
    specs
}

/// What the user said, and where the metadata are.
async fn facts(target: &Target, options: &AuthorizationOptions) -> Result<Value, RunError> {
    let mut facts = authorization_facts(&options.issuer, &options.redirect_uri);
    let (mut place, mut problem) = (None, None);
    let mut answered = false;
    if let Some(http) = target.http.first() {
        for candidate in Place::ALL {
            let mut url = http.url.clone();
            url.set_path(&candidate.of(http.url.path().trim_end_matches('/')));
            let got = fetch(&url, http.tls(), "GET", &http.headers, &[]).await;
            match &got {
                Ok(_) => answered = true,
                Err(why) => problem = Some(why.clone()),
            }
            let document = got.ok().filter(|got| got.head.status == 200);
            let document = document.and_then(|got| serde_json::from_slice::<Value>(&got.body).ok());
            if document.is_some_and(|document| document.is_object()) {
                place = Some(candidate);
                break;
            }
        }
    }
    if let (false, Some(why)) = (answered, problem) {
        return Err(RunError::Unreachable(format!("{}: {why}", options.issuer)));
    }
    let more = [
        ("place", json!(place)),
        ("client_id", json!(options.client_id)),
        ("client_id_elsewhere", json!(options.client_id_elsewhere)),
        ("denied_audience", json!(options.denied_audience)),
        ("scope", json!(options.scope)),
        ("resource", json!(options.resource)),
    ];
    for (name, value) in more {
        if !value.is_null() {
            facts["server"][name] = value;
        }
    }
    Ok(facts)
}
