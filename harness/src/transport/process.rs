//! A process that speaks MCP over its standard streams, in a process group of its own.

use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::mpsc;

use super::reading::read_some;
use super::{LIMITS, Pipes};
use crate::action::{Chunks, SignalName};
use crate::transcript::{Payload, ProcessEnd, Recorder, SentKind, What};
use crate::wire::lines::{Piece, Splitter};

/// Between two pieces of a line.
const BETWEEN_PIECES: Duration = Duration::from_millis(2);
/// Pieces above which there is no waiting between them.
const PIECES_APART: usize = 4;
/// How long a process may take to end after its standard input was closed, before it is signalled; then as long again.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);
/// How long the end of a process and that of its output may lie apart and still be one.
const PIPES_GRACE: Duration = Duration::from_millis(500);
/// How much of the standard error stream is kept for one process, in bytes.
const STDERR_KEPT: usize = 64 * 1024;
/// Longest time that one line may take to be written, when the process does not read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Lines that may wait to be written.
const WRITE_QUEUE: usize = 1024;

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
#[error("failed to start '{command}': {source}; check the command, and that it works in a shell")]
pub struct SpawnError {
    command: String,
    source: std::io::Error,
}

/// How to start a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawn {
    /// Command line, read by the shell.
    pub command: String,
    /// Additional environment variables.
    pub env: Vec<(String, String)>,
    /// Working directory.
    pub directory: Option<std::path::PathBuf>,
}

/// Streams of a peer: what it reads and what it writes. A mutator can stand between them and the harness.
type Streams = (Box<dyn AsyncWrite + Send + Unpin>, Box<dyn AsyncRead + Send + Unpin>);

/// A command of a shell, in a process group of its own, all its streams ours.
///
/// # Errors
/// [`SpawnError`] when the operating system refuses.
pub fn spawn_group(spawn: &Spawn, stdin: Stdio) -> Result<(tokio::process::Child, Option<Pid>), SpawnError> {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(shell_line(&spawn.command)).envs(spawn.env.iter().map(|(k, v)| (k, v)));
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    if let Some(directory) = &spawn.directory {
        command.current_dir(directory);
    }
    let child = command.spawn().map_err(|source| SpawnError { command: spawn.command.clone(), source })?;
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    Ok((child, group))
}

enum Order {
    /// A line in the pieces in which it is to be written.
    Line(Vec<Vec<u8>>),
    Close,
}

/// Who is told about signals.
#[derive(Debug)]
enum Control {
    Group(Option<Pid>),
    Within(mpsc::Sender<SignalName>),
}

impl Control {
    fn signal(&self, signal: SignalName) {
        match self {
            // Fails only when the whole group is gone, which is what is wanted.
            Self::Group(Some(group)) => drop(kill_process_group(*group, number_of(signal))),
            Self::Group(None) => {}
            // Likewise.
            Self::Within(signals) => drop(signals.try_send(signal)),
        }
    }
}

fn number_of(signal: SignalName) -> Signal {
    match signal {
        SignalName::Term => Signal::TERM,
        SignalName::Int => Signal::INT,
        SignalName::Kill => Signal::KILL,
    }
}

/// A running process.
#[derive(Debug)]
pub struct Child {
    place: Place,
    control: Control,
    orders: mpsc::Sender<Order>,
    over: Arc<tokio::sync::Notify>,
    ended: Arc<Mutex<Option<ProcessEnd>>>,
    abandoned: bool,
}

impl Child {
    /// Start a process. `between` may put something between it and the harness.
    ///
    /// # Errors
    /// [`SpawnError`] when the operating system refuses.
    pub fn start(
        spawn: &Spawn,
        recorder: Arc<Recorder>,
        actor: &str,
        between: impl FnOnce(Streams) -> Streams,
    ) -> Result<Self, SpawnError> {
        let (mut child, group) = spawn_group(spawn, Stdio::piped())?;
        let missing = || SpawnError { command: spawn.command.clone(), source: std::io::Error::other("no pipe to it") };
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let exit = async move { child.wait().await.as_ref().map_or(ProcessEnd::Killed, end_of) };
        let streams = between((Box::new(stdin), Box::new(stdout)));
        Ok(Self::watch(streams, stderr, exit, Control::Group(group), Place::new(recorder, actor)))
    }

    /// Take up what stands in place of a process.
    pub fn attach(
        pipes: Pipes,
        recorder: Arc<Recorder>,
        actor: &str,
        between: impl FnOnce(Streams) -> Streams,
    ) -> Self {
        let exit = async move { pipes.exit.await.unwrap_or(ProcessEnd::Killed) };
        let streams = between((pipes.stdin, pipes.stdout));
        Self::watch(streams, pipes.stderr, exit, Control::Within(pipes.signals), Place::new(recorder, actor))
    }

    fn watch(
        (writer, reader): Streams,
        stderr: impl AsyncRead + Unpin + Send + 'static,
        exit: impl Future<Output = ProcessEnd> + Send + 'static,
        control: Control,
        place: Place,
    ) -> Self {
        let (orders, queue) = mpsc::channel(WRITE_QUEUE);
        let (over, ended) = (Arc::<tokio::sync::Notify>::default(), Arc::<Mutex<Option<ProcessEnd>>>::default());
        let this =
            Self { place: place.clone(), control, orders, over: over.clone(), ended: ended.clone(), abandoned: false };
        tokio::spawn(write_lines(writer, queue, place.clone()));
        let mut out = tokio::spawn(read_lines(reader, place.clone()));
        let err = tokio::spawn(read_stderr(stderr, place.clone()));
        tokio::spawn(async move {
            tokio::pin!(exit);
            let end = tokio::select! {
                end = &mut exit => {
                    // What it wrote before it ended comes before its end; a grandchild may hold the pipes open for ever.
                    let _ = tokio::time::timeout(PIPES_GRACE, async { tokio::join!(out, err) }).await;
                    end
                }
                _ = &mut out => match tokio::time::timeout(PIPES_GRACE, &mut exit).await {
                    Ok(end) => end,
                    Err(_) => {
                        place.note(What::Exited { end: ProcessEnd::OutputClosed });
                        exit.await
                    }
                },
            };
            ended.lock().unwrap_or_else(PoisonError::into_inner).replace(end.clone());
            place.note(What::Exited { end });
            over.notify_waiters();
        });
        this
    }

    /// Send one line; its line feed is added. Recorded at once, under a stream where it opens one.
    /// `parts` names the streams that the members of a batch open.
    pub fn send(
        &self,
        stream: Option<&str>,
        kind: SentKind,
        bytes: Vec<u8>,
        chunks: &Chunks,
        parts: Vec<Option<String>>,
        wrong: bool,
    ) {
        let payload = Payload(bytes.clone().into());
        let chunks_sent = chunks.clone();
        let what = What::Sent { kind, exchange: None, http: None, bytes: payload, chunks: chunks_sent, parts, wrong };
        self.place.record(stream, what);
        let mut line = bytes;
        line.push(b'\n');
        let pieces = chunks.split(&line).into_iter().map(<[u8]>::to_vec).collect();
        if self.orders.try_send(Order::Line(pieces)).is_err() {
            self.fail(format!(
                "it no longer reads its standard input ({WRITE_QUEUE} lines are waiting, or it is closed)"
            ));
        }
    }

    /// Close its standard input.
    pub fn close_stdin(&self) {
        self.place.note(What::StdinClosed);
        if self.orders.try_send(Order::Close).is_err() {
            self.fail("its standard input could not be closed: lines are still waiting".to_owned());
        }
    }

    /// Send a signal to its process group.
    pub fn signal(&self, signal: SignalName) {
        self.place.note(What::Signalled { signal: signal.name().to_owned() });
        self.control.signal(signal);
    }

    /// From now on everything is recorded elsewhere; what has come before is all in the former transcript.
    pub fn record_in(&self, recorder: Arc<Recorder>, actor: &str) {
        self.place.move_to(recorder, actor);
    }

    /// End it in the order the specification gives: close its input, then TERM, then KILL, each after a grace time.
    /// Whatever it started in its group ends too.
    pub async fn shut_down(self) {
        let _ = self.orders.try_send(Order::Close);
        if !self.ends_within(SHUTDOWN_GRACE).await {
            self.control.signal(SignalName::Term);
            if !self.ends_within(SHUTDOWN_GRACE).await {
                self.control.signal(SignalName::Kill);
                self.ends_within(SHUTDOWN_GRACE).await;
            }
        }
        self.control.signal(SignalName::Kill);
    }

    /// Leave it alone, as nobody should: it is not told to end, and goes on.
    pub fn abandon(mut self) {
        self.abandoned = true;
    }

    async fn ends_within(&self, grace: Duration) -> bool {
        let over = self.over.notified();
        tokio::pin!(over);
        over.as_mut().enable();
        if self.ended.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return true;
        }
        tokio::time::timeout(grace, over).await.is_ok()
    }

    fn fail(&self, problem: String) {
        self.place.note(What::ConnectionFailed { exchange: None, problem });
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.abandoned {
            self.control.signal(SignalName::Kill);
        }
    }
}

/// A word for a shell.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// `exec` lets a simple command take the shell's place, so that signals and the exit code are its own.
fn shell_line(command: &str) -> String {
    let assigns = command.split_whitespace().next().is_none_or(|word| word.contains('='));
    if assigns || command.contains([';', '&', '|', '<', '>', '(', ')', '\n']) {
        command.to_owned()
    } else {
        format!("exec {command}")
    }
}

pub(super) fn end_of(status: &ExitStatus) -> ProcessEnd {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => ProcessEnd::Code(code),
        (None, Some(signal)) => ProcessEnd::Signal(signal),
        (None, None) => ProcessEnd::Killed,
    }
}

/// Where what happens is recorded: whose transcript, and as which actor's.
#[derive(Clone, Debug)]
struct Place(Arc<Mutex<(Arc<Recorder>, String)>>);

impl Place {
    fn new(recorder: Arc<Recorder>, actor: &str) -> Self {
        Self(Arc::new(Mutex::new((recorder, actor.to_owned()))))
    }

    fn note(&self, what: What) {
        self.record(None, what);
    }

    fn record(&self, stream: Option<&str>, what: What) {
        let (recorder, actor) = &*self.lock();
        recorder.append(actor, stream, what);
    }

    fn is_full(&self) -> bool {
        self.lock().0.is_full()
    }

    fn move_to(&self, recorder: Arc<Recorder>, actor: &str) {
        *self.lock() = (recorder, actor.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, (Arc<Recorder>, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Write the pieces of a line one after the other, so that the other side sees each alone where they are few.
///
/// # Errors
/// When the other side takes no more.
pub async fn write_apart<P: AsRef<[u8]>>(writer: &mut (impl AsyncWrite + Unpin), pieces: &[P]) -> std::io::Result<()> {
    for (number, piece) in pieces.iter().enumerate() {
        if number > 0 && pieces.len() <= PIECES_APART {
            tokio::time::sleep(BETWEEN_PIECES).await;
        }
        writer.write_all(piece.as_ref()).await?;
        writer.flush().await?;
    }
    Ok(())
}

async fn write_lines(mut writer: Box<dyn AsyncWrite + Send + Unpin>, mut queue: mpsc::Receiver<Order>, place: Place) {
    while let Some(Order::Line(pieces)) = queue.recv().await {
        let problem = match tokio::time::timeout(WRITE_TIMEOUT, write_apart(&mut writer, &pieces)).await {
            Ok(Ok(())) => continue,
            Ok(Err(e)) => format!("its standard input cannot be written to: {e}"),
            Err(_) => format!("it did not read its standard input for {WRITE_TIMEOUT:?}"),
        };
        place.note(What::ConnectionFailed { exchange: None, problem });
        return;
    }
    let _ = tokio::time::timeout(WRITE_TIMEOUT, writer.shutdown()).await;
}

async fn read_lines(mut reader: Box<dyn AsyncRead + Send + Unpin>, place: Place) {
    let mut splitter = Splitter::new(&LIMITS);
    let mut buffer = Vec::new();
    let record = |bytes: Vec<u8>| place.note(What::Received { exchange: None, bytes: bytes.into() });
    while let Ok(count) = read_some(&mut reader, &mut buffer).await {
        if count == 0 || place.is_full() {
            break;
        }
        for piece in splitter.push(&buffer) {
            match piece {
                Piece::Line(line) => record(line.bytes),
                Piece::TooLong { limit } => {
                    let problem = format!("a line on its standard output is longer than {limit} bytes");
                    place.note(What::ConnectionFailed { exchange: None, problem });
                }
            }
        }
    }
    if let Some(line) = splitter.finish() {
        record(line.bytes);
    }
}

async fn read_stderr(mut reader: impl AsyncRead + Unpin, place: Place) {
    let mut kept = 0;
    let mut buffer = Vec::new();
    while let Ok(count) = read_some(&mut reader, &mut buffer).await {
        if count == 0 {
            return;
        }
        let room = STDERR_KEPT.saturating_sub(kept).min(count);
        if room > 0 {
            kept += room;
            let bytes = buffer.get(..room).unwrap_or_default().to_vec();
            place.note(What::Stderr { bytes: bytes.into() });
        }
    }
}
