//! The reference client: plays the steps of a client's scenario against whatever server it is sent to.

use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

use crate::authorizing::{Authorizing, ClientSettings};
use crate::drive::{CaseSpec, Patience, Place, Target, drive};
use crate::revision::Revision;
use crate::scenario::{Scenario, Transport};
use crate::transport::{HttpTarget, TlsRoots};

/// Longest time for all steps.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);

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
    url: &Url,
    place: Option<Place>,
    how: ClientSettings,
) -> Result<(), String> {
    let authorizing = match scenario.authorization.is_empty() {
        true => None,
        false => Some(Authorizing::start(url, how).await.map_err(|e| e.to_string())?),
    };
    let url = authorizing.as_ref().map_or(url, Authorizing::url);
    let server = HttpTarget::new(url.as_str(), &[], TlsRoots::new(None)?).map_err(|e| e.to_string())?;
    let spec = CaseSpec {
        scenario: scenario.clone(),
        revision,
        transport: Transport::Http,
        routing: "direct".to_owned(),
        facts: Arc::default(),
        file: None,
    };
    let target = Target { http: vec![server], ..Target::default() };
    let recording = drive(&spec, &target, Patience::new(DEADLINE, place), None).await;
    recording.problem.map_or(Ok(()), Err)
}
