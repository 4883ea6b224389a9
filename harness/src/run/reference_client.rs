//! The reference client: plays the steps of a client's scenario against whatever server it is sent to.

use std::sync::Arc;

use url::Url;

use crate::drive::{CaseSpec, Patience, Place, Target, drive};
use crate::revision::Revision;
use crate::scenario::{Scenario, Transport};
use crate::transport::{HttpTarget, TlsRoots};

/// Longest time for all steps.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);

/// Do what a conforming client does in this scenario.
///
/// # Errors
/// In words, where the steps cannot be played at all. That the server does not answer as they want is no error.
pub async fn play_client(
    scenario: &Arc<Scenario>,
    revision: Revision,
    url: &Url,
    place: Option<Place>,
) -> Result<(), String> {
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
