//! A program under test that is not spoken to over its standard streams: a client, started with the URL of our server.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncRead;
use tokio::time::Instant;

use super::process::{Spawn, SpawnError, end_of, spawn_group};
use super::reading::read_some;
use crate::transcript::{ProcessEnd, Recorder, What};

/// How much of what it prints is kept, in bytes.
const OUTPUT_KEPT: usize = 64 * 1024;
/// How long its output may last beyond its end.
const PIPES_GRACE: Duration = Duration::from_millis(500);

/// A running program. When it is dropped, its whole process group is killed.
#[derive(Debug)]
pub struct Program {
    child: tokio::process::Child,
    group: Option<Pid>,
    recorder: Arc<Recorder>,
    actor: String,
    output: tokio::task::JoinHandle<()>,
}

impl Program {
    /// Start it; what it prints goes into the transcript as what `actor` wrote on its standard error stream.
    ///
    /// # Errors
    /// [`SpawnError`] when the operating system refuses.
    pub fn start(spawn: &Spawn, recorder: Arc<Recorder>, actor: &str) -> Result<Self, SpawnError> {
        let (mut child, group) = spawn_group(spawn, Stdio::null())?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (place, name) = (recorder.clone(), actor.to_owned());
        let output = tokio::spawn(async move {
            tokio::join!(keep(out, &place, &name), keep(err, &place, &name));
        });
        Ok(Self { child, group, recorder, actor: actor.to_owned(), output })
    }

    /// Its process group, while there is one.
    pub fn group(&self) -> Option<i32> {
        self.group.map(Pid::as_raw_pid)
    }

    /// Wait until it ends by itself, or the deadline passes. True when it ended by itself.
    pub async fn ends_by(&mut self, deadline: Instant) -> bool {
        tokio::time::timeout_at(deadline, self.child.wait()).await.is_ok()
    }

    /// Wait until it ends by itself, or kill it at the deadline, with all that it started. True when it ended by itself.
    pub async fn end_by(mut self, deadline: Instant) -> bool {
        let ended = tokio::time::timeout_at(deadline, self.child.wait()).await;
        let end = match &ended {
            Ok(status) => status.as_ref().map_or(ProcessEnd::Killed, end_of),
            Err(_) => ProcessEnd::Killed,
        };
        self.kill();
        let _ = tokio::time::timeout(PIPES_GRACE, &mut self.output).await;
        self.recorder.append(&self.actor, None, What::Exited { end });
        ended.is_ok()
    }

    fn kill(&self) {
        if let Some(group) = self.group {
            // Fails only when the whole group is gone, which is what is wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        self.output.abort();
    }
}

async fn keep(reader: Option<impl AsyncRead + Unpin>, recorder: &Recorder, actor: &str) {
    let Some(mut reader) = reader else { return };
    let mut kept = 0;
    let mut buffer = Vec::new();
    while let Ok(count) = read_some(&mut reader, &mut buffer).await {
        if count == 0 {
            return;
        }
        let room = OUTPUT_KEPT.saturating_sub(kept).min(count);
        if room > 0 {
            kept += room;
            let bytes = buffer.get(..room).unwrap_or_default().to_vec();
            recorder.append(actor, None, What::Stderr { bytes: bytes.into() });
        }
    }
}
