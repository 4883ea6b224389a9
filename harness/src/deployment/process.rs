//! A process that listens on a port: an instance, a balancer, or what instances share.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::port;

/// How much of the end of what it prints is kept, in bytes.
const LAST_WORDS: usize = 4 * 1024;
/// How long it may take to end after SIGTERM.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How long the end of a process and that of what it printed may lie apart.
const PIPES_GRACE: Duration = Duration::from_millis(500);
/// How often it is looked whether all of a group is gone: nobody tells.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What to start.
#[derive(Clone, Debug)]
pub(super) struct Startup {
    /// What it is, for people: `instance 2`.
    pub name: String,
    /// A line for the shell.
    pub line: String,
    /// Environment variables.
    pub env: Vec<(String, String)>,
    /// Working directory.
    pub directory: Option<PathBuf>,
    /// Where it will listen.
    pub port: u16,
}

/// Why a process does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The operating system refuses.
    #[error("failed to start {name} ('{line}'): {source}")]
    Spawn {
        /// What it is.
        name: String,
        /// The command.
        line: String,
        /// Why.
        source: std::io::Error,
    },
    /// It listens nowhere.
    #[error("{name} ('{line}') {what}; it has to listen on 127.0.0.1:{port}, the port in $PORT and {{port}}{words}")]
    Deaf {
        /// What it is.
        name: String,
        /// The command.
        line: String,
        /// What it did.
        what: String,
        /// Where it should listen.
        port: u16,
        /// The end of what it printed.
        words: String,
    },
    /// There is no port.
    #[error("failed to find a free port on 127.0.0.1: {0}")]
    Port(std::io::Error),
}

/// How a process ended of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// In the words of the system, as `exit status: 1`.
    pub how: String,
    /// The end of what it said on its standard error stream.
    pub words: String,
}

/// The end of what comes from a stream.
#[derive(Debug)]
struct Words {
    kept: Arc<Mutex<VecDeque<u8>>>,
    reading: JoinHandle<()>,
}

impl Words {
    fn of(reader: Option<impl AsyncRead + Send + Unpin + 'static>) -> Self {
        let kept = Arc::<Mutex<VecDeque<u8>>>::default();
        Self { reading: tokio::spawn(keep(reader, kept.clone())), kept }
    }

    /// Read on when the process has ended: what it wrote before may not be read yet. A process that it started may hold the pipe
    /// open for ever.
    async fn read_on(&mut self) {
        if !self.reading.is_finished() {
            let _ = tokio::time::timeout(PIPES_GRACE, &mut self.reading).await;
        }
    }

    fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A running process with everything that it started. Dropped, or orphaned by the end of this program, it is killed whole.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    group: Option<Pid>,
    stdout: Words,
    stderr: Words,
    /// Whoever holds the other end hears of the end of this program.
    _lifeline: Option<ChildStdin>,
}

impl Process {
    /// Start it, and wait until it listens.
    pub async fn start(command: &Startup, deadline: Instant) -> Result<Self, ProcessError> {
        let mut this = Self::spawn(command)?;
        let deaf = |what: String, words: &Self| ProcessError::Deaf {
            name: command.name.clone(),
            line: command.line.clone(),
            what,
            port: command.port,
            words: words.last_words(),
        };
        let listens = tokio::select! {
            listens = port::listens_by(command.port, deadline) => listens,
            status = this.child.wait() => {
                let how = status.map_or_else(|e| e.to_string(), |status| status.to_string());
                this.stdout.read_on().await;
                this.stderr.read_on().await;
                return Err(deaf(format!("ended before it listened ({how})"), &this));
            }
        };
        if listens { Ok(this) } else { Err(deaf("did not listen in time".to_owned(), &this)) }
    }

    fn spawn(command: &Startup) -> Result<Self, ProcessError> {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(guarded(&command.line)).envs(command.env.iter().map(|(name, value)| (name, value)));
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
        if let Some(directory) = &command.directory {
            shell.current_dir(directory);
        }
        let mut child = shell.spawn().map_err(|source| ProcessError::Spawn {
            name: command.name.clone(),
            line: command.line.clone(),
            source,
        })?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let (stdout, stderr) = (Words::of(child.stdout.take()), Words::of(child.stderr.take()));
        Ok(Self { _lifeline: child.stdin.take(), child, group, stdout, stderr })
    }

    /// Tell it to end and wait until nothing of it is left; what is left after a while is killed. False if that was necessary.
    pub async fn stop(mut self) -> bool {
        let until = Instant::now() + STOP_WITHIN;
        self.freeze(false);
        self.signal(Signal::TERM);
        let ended = tokio::time::timeout_at(until, self.child.wait()).await.is_ok();
        while self.is_there() && Instant::now() < until {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let gone = ended && !self.is_there();
        self.kill().await;
        gone
    }

    /// Kill it with everything that it started, and wait until it is gone.
    pub async fn kill(mut self) {
        self.signal(Signal::KILL);
        let _ = tokio::time::timeout(STOP_WITHIN, self.child.wait()).await;
    }

    /// Hold it and everything that it started, or let it go on.
    pub fn freeze(&self, frozen: bool) {
        self.signal(if frozen { Signal::STOP } else { Signal::CONT });
    }

    /// Its process group.
    pub fn group(&self) -> Option<i32> {
        self.group.map(|group| group.as_raw_nonzero().get())
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// How it ended, if it does so by itself within this time.
    pub async fn ended(&mut self, within: Duration) -> Option<Ended> {
        let status = tokio::time::timeout(within, self.child.wait()).await.ok()?;
        let how = status.map_or_else(|e| e.to_string(), |status| status.to_string());
        self.stderr.read_on().await;
        Some(Ended { how, words: self.stderr.text() })
    }

    /// The end of what it printed, as an addition to a sentence.
    pub fn last_words(&self) -> String {
        let text = format!("{}{}", self.stdout.text(), self.stderr.text());
        if text.trim().is_empty() { String::new() } else { format!("; it printed:\n{}", text.trim_end()) }
    }

    fn is_there(&self) -> bool {
        self.group.is_some_and(|group| test_kill_process_group(group).is_ok())
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // Fails only when the whole group is gone, which is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// The line with a watchman beside it: when our end of the pipe closes, however we ended, the whole group is killed.
fn guarded(line: &str) -> String {
    let assigns = line.split_whitespace().next().is_none_or(|word| word.contains('='));
    let compound = assigns || line.contains([';', '&', '|', '<', '>', '(', ')', '\n']);
    let exec = if compound { "" } else { "exec " };
    format!("exec 3<&0 </dev/null; (read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 & exec 3<&-\n{exec}{line}")
}

async fn keep(reader: Option<impl AsyncRead + Unpin>, words: Arc<Mutex<VecDeque<u8>>>) {
    let Some(mut reader) = reader else { return };
    let mut buffer = [0; 4096];
    while let Ok(count) = reader.read(&mut buffer).await {
        if count == 0 {
            return;
        }
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.extend(buffer.get(..count).unwrap_or_default());
        let over = words.len().saturating_sub(LAST_WORDS);
        words.drain(..over);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    async fn command(line: &str) -> Startup {
        let port = port::free().await.unwrap();
        let line = line.replace("{port}", &port.to_string());
        Startup { name: "instance 1".to_owned(), line, env: Vec::new(), directory: None, port }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    const LISTEN: &str = "python3 -c 'import socket,time; s=socket.create_server((\"127.0.0.1\", {port})); print(\"up\"); time.sleep(60)'";

    #[tokio::test]
    async fn it_is_waited_for_and_ended_with_all_that_it_started() {
        let command = command(&format!("sleep 60 & {LISTEN}")).await;
        let process = Process::start(&command, soon()).await.unwrap();
        let group = process.group.unwrap();
        assert!(test_kill_process_group(group).is_ok());
        assert!(process.stop().await);
        assert!(test_kill_process_group(group).is_err());
    }

    #[tokio::test]
    async fn what_ends_at_once_says_why() {
        let command = command("echo no such file >&2; exit 3").await;
        let error = Process::start(&command, soon()).await.unwrap_err().to_string();
        assert!(error.contains("instance 1") && error.contains("exit status: 3"), "{error}");
        assert!(error.contains("it printed:\nno such file"), "{error}");
    }

    #[tokio::test]
    async fn how_it_ended_and_why_is_known_afterwards() {
        let line = LISTEN
            .replace("time.sleep(60)", "s.accept(); s.accept(); sys.exit(\"fatal: no more\")")
            .replace("time;", "sys;");
        let command = command(&line).await;
        let mut process = Process::start(&command, soon()).await.unwrap();
        assert_eq!(process.ended(Duration::ZERO).await, None);
        tokio::net::TcpStream::connect(("127.0.0.1", command.port)).await.unwrap();
        let ended = process.ended(Duration::from_secs(10)).await.unwrap();
        assert_eq!((ended.how.as_str(), ended.words.trim()), ("exit status: 1", "fatal: no more"));
        assert_eq!(process.ended(Duration::ZERO).await.unwrap(), ended);
    }

    #[tokio::test]
    async fn what_does_not_listen_is_said_so() {
        let command = command("echo nothing to do; sleep 60").await;
        let short = Instant::now() + Duration::from_millis(300);
        let error = Process::start(&command, short).await.unwrap_err().to_string();
        assert!(error.contains("did not listen in time") && error.contains("nothing to do"), "{error}");
    }
}
