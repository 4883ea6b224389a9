//! A client that a person starts, such as a desktop application: it is told beforehand what starts its server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::clients::note;
use crate::acting::ActingProcesses;
use crate::plan::Axis;
use crate::scenario::{CLIENT, Scenario};
use crate::transcript::{Recorder, What};

/// Where such a client comes to.
#[derive(Clone, Debug)]
pub struct ByHand {
    /// What its shim connects to.
    pub socket: PathBuf,
    /// How long it may take to come.
    pub wait: Duration,
}

/// Wait for the client, and until it is gone; `limit` is the longest time for that once it has come. An error is ours.
pub(super) async fn play(
    scenario: &Scenario,
    axis: &Axis,
    hand: &ByHand,
    limit: Duration,
    recorder: &Arc<Recorder>,
) -> Result<(), String> {
    let mut server = ActingProcesses::new(scenario, axis.revision, recorder.clone()).map_err(|e| e.to_string())?;
    server.listen_at(&hand.socket).map_err(|e| e.to_string())?;
    let target = "a client that was started by hand".to_owned();
    recorder.append(CLIENT, None, What::Opened { target, instance: 1 });
    if !server.comes_by(Instant::now() + hand.wait).await {
        note(recorder, "no client started its server in time");
    } else if !server.leaves_by(Instant::now() + limit).await {
        note(recorder, "the client had not ended its server at its deadline");
    }
    server.close();
    Ok(())
}
