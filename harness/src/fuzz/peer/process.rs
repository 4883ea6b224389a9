//! A server as a process, over its standard streams: lines out and in, many at a time, none of them kept.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::mpsc;

use super::heard::Heard;
use crate::transport::{LIMITS, Spawn, SpawnError, spawn_group, write_apart};
use crate::wire::lines::{Piece, Splitter};

/// How much is read at a time.
const READ_BUFFER: usize = 64 * 1024;
/// How much of the end of the standard error stream is kept, in bytes.
const STDERR_KEPT: usize = 8 * 1024;
/// Writes that may wait.
const WRITE_QUEUE: usize = 1024;
/// How long the end of a process and that of its output may lie apart.
const PIPES_GRACE: Duration = Duration::from_millis(500);

/// A running server. Dropped, it is killed with all that it started.
#[derive(Debug)]
pub struct Process {
    orders: mpsc::Sender<Vec<Bytes>>,
    group: Option<Pid>,
    stderr: Arc<Mutex<VecDeque<u8>>>,
}

impl Process {
    /// Start it; what comes from it goes to `heard`.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn start(spawn: &Spawn, heard: mpsc::Sender<Vec<Heard>>) -> Result<Self, SpawnError> {
        let (mut child, group) = spawn_group(spawn, Stdio::piped())?;
        let (orders, queue) = mpsc::channel(WRITE_QUEUE);
        let stderr = Arc::<Mutex<VecDeque<u8>>>::default();
        if let Some(stdin) = child.stdin.take() {
            tokio::spawn(write(stdin, queue));
        }
        let kept = child.stderr.take().map(|stream| tokio::spawn(keep(stream, stderr.clone())));
        let read = child.stdout.take().map(|stdout| tokio::spawn(read(stdout, heard.clone())));
        tokio::spawn(async move {
            let end = child.wait().await.map_or_else(|e| e.to_string(), |status| status.to_string());
            // What it wrote before it ended comes before its end; a grandchild may hold the pipes open for ever.
            let pipes = async {
                if let Some(read) = read {
                    let _ = read.await;
                }
                if let Some(kept) = kept {
                    let _ = kept.await;
                }
            };
            let _ = tokio::time::timeout(PIPES_GRACE, pipes).await;
            // Nobody may be left to be told.
            let _ = heard.send(vec![Heard::Exited(end)]).await;
        });
        Ok(Self { orders, group, stderr })
    }

    /// Write these pieces, one after the other. False when it takes no more.
    pub async fn write(&self, pieces: Vec<Bytes>) -> bool {
        self.orders.send(pieces).await.is_ok()
    }

    /// The end of what it said on its standard error stream.
    pub fn last_words(&self) -> String {
        let kept = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Its process group.
    pub fn group(&self) -> Option<i32> {
        self.group.map(|group| group.as_raw_nonzero().get())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // Fails only when the whole group is gone, which is what is wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

async fn write(mut stdin: ChildStdin, mut queue: mpsc::Receiver<Vec<Bytes>>) {
    while let Some(pieces) = queue.recv().await {
        // The end of the process is told by whoever waits for it.
        if write_apart(&mut stdin, &pieces).await.is_err() {
            return;
        }
    }
}

async fn read(mut stdout: ChildStdout, heard: mpsc::Sender<Vec<Heard>>) {
    let mut splitter = Splitter::new(&LIMITS);
    let mut buffer = vec![0; READ_BUFFER];
    while let Ok(count) = stdout.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        let mut batch = Vec::new();
        for piece in splitter.push(buffer.get(..count).unwrap_or_default()) {
            // A line that is too long is known by the answer that is missing.
            if let Piece::Line(line) = piece {
                batch.push(Heard::Message { exchange: None, bytes: line.bytes.into() });
            }
        }
        if !batch.is_empty() && heard.send(batch).await.is_err() {
            return;
        }
    }
    if let Some(line) = splitter.finish() {
        let _ = heard.send(vec![Heard::Message { exchange: None, bytes: line.bytes.into() }]).await;
    }
}

async fn keep(mut stderr: ChildStderr, kept: Arc<Mutex<VecDeque<u8>>>) {
    let mut buffer = vec![0; 4096];
    while let Ok(count) = stderr.read(&mut buffer).await {
        if count == 0 {
            return;
        }
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(buffer.get(..count).unwrap_or_default());
        let over = kept.len().saturating_sub(STDERR_KEPT);
        kept.drain(..over);
    }
}
