//! A client that starts its server itself: it is given the command of a shim in place of a URL.

use std::path::Path;
use std::sync::Arc;

use tokio::time::Instant;

use super::ClientOptions;
use super::clients::{CAME_NOT, OUTLIVED, note, told};
use crate::acting::ActingProcesses;
use crate::plan::Axis;
use crate::scenario::{CLIENT, Scenario};
use crate::transcript::{Recorder, What};
use crate::transport::{Program, Spawn, quote};

/// The command that starts the server, for a client that does not take it as its last argument.
const COMMAND: &str = "MCP_ASSAY_SERVER_COMMAND";

/// Start the client, and wait until it is done. An error is ours.
pub(super) async fn play(
    scenario: &Scenario,
    axis: &Axis,
    options: &ClientOptions,
    recorder: &Arc<Recorder>,
    deadline: Instant,
    started: &(dyn Fn(i32) + Send + Sync),
) -> Result<(), String> {
    let mut server = ActingProcesses::new(scenario, axis.revision, recorder.clone()).map_err(|e| e.to_string())?;
    let shim = shim_command(&options.program, &server.listen().map_err(|e| e.to_string())?);
    let command = format!("{} {}", options.command, quote(&shim));
    let mut env = told(scenario, axis, &server.context);
    env.push((COMMAND.to_owned(), shim));
    recorder.append(CLIENT, None, What::Opened { target: command.clone(), instance: 1 });
    let program = Program::start(&Spawn { command, env, directory: None }, recorder.clone(), CLIENT);
    let mut program = program.map_err(|e| e.to_string())?;
    program.group().into_iter().for_each(started);
    let ended = program.ends_by(deadline).await;
    if ended {
        server.settle().await;
    } else {
        note(recorder, OUTLIVED);
    }
    // What is killed from here on is not the client's doing.
    server.close();
    program.end_by(deadline).await;
    if recorder.look(|index| index.streams.is_empty()) {
        note(recorder, CAME_NOT);
    }
    Ok(())
}

/// The command of a shim that connects to this socket. `program` starts this program.
pub fn shim_command(program: &str, socket: &Path) -> String {
    format!("{program} shim {}", quote(&socket.display().to_string()))
}
