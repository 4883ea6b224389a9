//! The place of a process between a client and its server, whatever carries it: a shim, or nothing but memory.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};

use crate::action::SignalName;
use crate::transcript::ProcessEnd;
use crate::transport::Pipes;

/// What may wait in either direction; whoever has more waits.
const WAITING: usize = 64;
/// Bytes passed on at a time.
pub(super) const PIECE: usize = 16 * 1024;

/// What a client does to the process of its server.
#[derive(Debug)]
pub(super) enum Done {
    /// It wrote to its standard input.
    Wrote(Vec<u8>),
    /// It closed that.
    Closed,
    /// It sent a signal.
    Signalled(SignalName),
    /// The process is gone, and had no word in it.
    Gone,
}

/// What the process shows its client.
#[derive(Debug)]
pub(super) enum Shown {
    /// On its standard output.
    Out(Vec<u8>),
    /// On its standard error stream.
    Err(Vec<u8>),
    /// It ends.
    Ended(ProcessEnd),
}

/// The server's side of one process.
#[derive(Debug)]
pub(super) struct Seat {
    pub done: mpsc::Receiver<Done>,
    pub shown: mpsc::Sender<Shown>,
}

/// The client's side of the same.
#[derive(Debug)]
pub(super) struct FarSide {
    pub done: mpsc::Sender<Done>,
    pub shown: mpsc::Receiver<Shown>,
}

/// Both sides of one process.
pub(super) fn seat() -> (Seat, FarSide) {
    let (did, done) = mpsc::channel(WAITING);
    let (show, shown) = mpsc::channel(WAITING);
    (Seat { done, shown: show }, FarSide { done: did, shown })
}

/// Gives the client's side the form of pipes.
pub(super) fn pipes(far: FarSide) -> Pipes {
    let (stdin, mut written) = tokio::io::duplex(PIECE);
    let (mut out, stdout) = tokio::io::duplex(PIECE);
    let (mut err, stderr) = tokio::io::duplex(PIECE);
    let (signals, mut signalled) = mpsc::channel(WAITING);
    let (end, exit) = oneshot::channel();
    let FarSide { done, mut shown } = far;
    tokio::spawn(async move {
        let (mut open, mut held) = (true, true);
        let mut buffer = vec![0; PIECE];
        while open || held {
            let what = tokio::select! {
                read = written.read(&mut buffer), if open => match read {
                    Ok(0) | Err(_) => {
                        open = false;
                        Done::Closed
                    }
                    Ok(count) => Done::Wrote(buffer.get(..count).unwrap_or_default().to_vec()),
                },
                signal = signalled.recv(), if held => match signal {
                    Some(SignalName::Kill) => Done::Gone,
                    Some(signal) => Done::Signalled(signal),
                    None => {
                        held = false;
                        continue;
                    }
                },
            };
            if done.send(what).await.is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some(what) = shown.recv().await {
            // Whoever does not read does not want to.
            match what {
                Shown::Out(bytes) => drop(out.write_all(&bytes).await),
                Shown::Err(bytes) => drop(err.write_all(&bytes).await),
                Shown::Ended(how) => {
                    // Likewise.
                    let _ = end.send(how);
                    return;
                }
            }
        }
    });
    Pipes { stdin: Box::new(stdin), stdout: Box::new(stdout), stderr: Box::new(stderr), signals, exit }
}
