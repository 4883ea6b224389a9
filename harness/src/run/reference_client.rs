//! The reference client: plays the steps of a client's scenario against whatever server it is sent to.

use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

use crate::authorizing::{Authorizing, ClientSettings};
use crate::drive::{Breaks, CaseSpec, Patience, Place, StdioTarget, Target, drive};
use crate::reference::EVENTS;
use crate::revision::Revision;
use crate::router::Faults;
use crate::scenario::{Scenario, Transport};
use crate::transport::{HttpTarget, Spawn, TlsRoots, quote};

/// Longest time for all steps.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);

/// Where a client is sent.
#[derive(Clone, Debug)]
pub enum SentTo {
    /// To a URL, over Streamable HTTP.
    Http(Url),
    /// To the URL of an event stream, over HTTP+SSE.
    Sse(Url),
    /// To a process that it starts.
    Stdio(StdioTarget),
}

impl SentTo {
    /// To the server of ours at a URL, over either of the transports that have one.
    #[must_use]
    pub fn url(url: &Url, transport: Transport) -> Self {
        let mut url = url.clone();
        if transport == Transport::Sse {
            url.set_path(EVENTS);
            return Self::Sse(url);
        }
        Self::Http(url)
    }

    /// To what this command starts.
    #[must_use]
    pub fn command(command: String) -> Self {
        let spawn = Spawn { command, env: Vec::new(), directory: None };
        Self::Stdio(StdioTarget { spawn, within: None, mutator: None })
    }

    /// As a word on a command line.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Http(url) | Self::Sse(url) => url.to_string(),
            Self::Stdio(stdio) => quote(&stdio.spawn.command),
        }
    }

    fn target(&self) -> Result<(Transport, Target), String> {
        let at = |url: &Url| HttpTarget::new(url.as_str(), &[], TlsRoots::new(None)?).map_err(|e| e.to_string());
        Ok(match self {
            Self::Http(url) => (Transport::Http, Target { http: vec![at(url)?], ..Target::default() }),
            Self::Sse(url) => (Transport::Sse, Target { sse: vec![at(url)?], ..Target::default() }),
            Self::Stdio(stdio) => (Transport::Stdio, Target { stdio: Some(stdio.clone()), ..Target::default() }),
        })
    }
}

/// What it is told about authorization in this scenario, by `MCP_CONFORMANCE_CONTEXT`.
pub fn told(scenario: &Scenario, revision: Revision, context: &Map<String, Value>) -> ClientSettings {
    let mut context = context.clone();
    // Some contexts can be told apart by the scenario alone, as in the official suite.
    let name = scenario.also_known_as.first().unwrap_or(&scenario.scenario);
    context.entry("name").or_insert_with(|| name.clone().into());
    ClientSettings::new(revision, &Value::Object(context))
}

/// Do what a conforming client does in this scenario; where its server is protected, as one of these settings.
///
/// # Errors
/// In words, where the steps cannot be played at all. That the server does not answer as they want is no error.
pub async fn play_client(
    scenario: &Arc<Scenario>,
    revision: Revision,
    to: &SentTo,
    place: Option<Place>,
    how: ClientSettings,
) -> Result<(), String> {
    play_broken_client(scenario, revision, to, place, how, &Arc::default()).await
}

/// The same with faults, one of which may keep it from ending.
///
/// # Errors
/// As without.
pub async fn play_broken_client(
    scenario: &Arc<Scenario>,
    revision: Revision,
    to: &SentTo,
    place: Option<Place>,
    how: ClientSettings,
    breaks: &Arc<Breaks>,
) -> Result<(), String> {
    let authorizing = match to {
        SentTo::Http(url) if !scenario.authorization.is_empty() || !how.careless.is_empty() => {
            Some(Authorizing::start(url, how).await.map_err(|e| e.to_string())?)
        }
        _ => None,
    };
    let to = authorizing.as_ref().map_or_else(|| to.clone(), |between| SentTo::Http(between.url().clone()));
    let (transport, target) = to.target()?;
    let spec = CaseSpec {
        scenario: scenario.clone(),
        revision,
        transport,
        routing: "direct".to_owned(),
        facts: Arc::default(),
        seed: 0,
        faults: Faults::default(),
        breaks: breaks.clone(),
        file: None,
    };
    let recording = drive(&spec, &target, Patience::new(DEADLINE, place), None).await;
    for process in recording.leaving {
        // It ends within its grace times.
        let _ = process.await;
    }
    if breaks.hangs() {
        std::future::pending::<()>().await;
    }
    recording.problem.map_or(Ok(()), Err)
}
