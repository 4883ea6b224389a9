//! The streams of a server that runs inside this program, in place of those of a process.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};

use crate::action::SignalName;
use crate::transcript::ProcessEnd;

/// What there is of a process, for whoever started it.
pub struct Pipes {
    /// What it reads.
    pub stdin: Box<dyn AsyncWrite + Send + Unpin>,
    /// What it writes.
    pub stdout: Box<dyn AsyncRead + Send + Unpin>,
    /// What it says besides.
    pub stderr: Box<dyn AsyncRead + Send + Unpin>,
    /// Takes signals.
    pub signals: mpsc::Sender<SignalName>,
    /// Tells its end.
    pub exit: oneshot::Receiver<ProcessEnd>,
}

/// Starts one more of them with every call.
#[derive(Clone)]
pub struct Starter(pub Arc<dyn Fn() -> Pipes + Send + Sync>);

impl std::fmt::Debug for Starter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Starter")
    }
}
