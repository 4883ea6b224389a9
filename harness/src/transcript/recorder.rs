//! The single writer of a transcript, and the place where the driver waits for what it will contain.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::secrets::Secrets;
use super::{Event, Header, Index, What};

/// Most bytes of payload one transcript holds; past that a last event says so and connections are no longer read.
const MAX_PAYLOAD_BYTES: usize = 16 * 1024 * 1024;
/// Most events one transcript holds, likewise.
const MAX_EVENTS: usize = 2_000;

/// Why a transcript could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the transcript {path}: {source}")]
pub struct RecorderError {
    path: PathBuf,
    source: std::io::Error,
}

/// Appends events, keeps the [`Index`] of them, and wakes whoever waits for a change.
#[derive(Debug)]
pub struct Recorder {
    inner: Mutex<Inner>,
    changed: Notify,
    start: Instant,
}

#[derive(Debug)]
struct Inner {
    events: Vec<Event>,
    index: Index,
    file: Option<(PathBuf, File)>,
    failed: Option<RecorderError>,
    payload_bytes: usize,
    full: bool,
    over: bool,
    secrets: Secrets,
}

impl Recorder {
    /// A recorder that also writes each event to `path` as it happens, when one is given.
    ///
    /// # Errors
    /// When the file cannot be created or the header not be written.
    pub fn new(header: &Header, path: Option<&Path>) -> Result<Self, RecorderError> {
        let file = path.map(|path| create(path, header)).transpose()?;
        Ok(Self::writing(file))
    }

    /// A recorder whose transcript nobody keeps.
    pub fn unkept() -> Self {
        Self::writing(None)
    }

    fn writing(file: Option<(PathBuf, File)>) -> Self {
        let inner = Inner {
            events: Vec::new(),
            index: Index::default(),
            file,
            failed: None,
            payload_bytes: 0,
            full: false,
            over: false,
            secrets: Secrets::default(),
        };
        Self { inner: Mutex::new(inner), changed: Notify::new(), start: Instant::now() }
    }

    /// Repeat what is known from an earlier case: how an actor's connection came about.
    pub fn borrow(&self, actor: &str, stream: Option<&str>, what: What) {
        let event =
            Event { n: 0, t_us: 0, actor: actor.to_owned(), stream: stream.map(str::to_owned), borrowed: true, what };
        self.lock().push(event);
        self.changed.notify_waiters();
    }

    /// From now on this text is replaced wherever it comes; for a person, `name` says what it was.
    pub fn keep_secret(&self, secret: &str, name: &str) {
        self.lock().secrets.add(secret, name);
    }

    /// The same for one of several of a kind: its name is what they are, and a number; gives the name.
    pub fn keep_numbered(&self, secret: &str, what: &str) -> String {
        let mut inner = self.lock();
        let name = inner.secrets.next_name(what);
        inner.secrets.add(secret, &name);
        name
    }

    /// What stands in place of a secret; none where it is not known as one.
    pub fn label(&self, secret: &str) -> Option<String> {
        self.lock().secrets.label(secret).map(str::to_owned)
    }

    /// The text with the secrets that its labels stand for: to be sent, never to be shown.
    pub fn reveal(&self, text: &str) -> String {
        self.lock().secrets.reveal(text)
    }

    /// From now on look for secrets in what an authorization server says: codes, tokens, client secrets.
    pub fn look_for_given_secrets(&self) {
        self.lock().secrets.look_for_given();
    }

    /// Append one event; returns its number.
    pub fn append(&self, actor: &str, stream: Option<&str>, what: What) -> u64 {
        let n = self.lock().append(self.start, actor, stream, what);
        self.changed.notify_waiters();
        n
    }

    /// Time since the transcript began.
    pub fn elapsed(&self) -> std::time::Duration {
        self.start.elapsed()
    }

    /// True once nothing more is recorded; whoever reads from a peer then stops.
    pub fn is_full(&self) -> bool {
        self.lock().full
    }

    /// Look at the index.
    pub fn look<T>(&self, read: impl FnOnce(&Index) -> T) -> T {
        read(&self.lock().index)
    }

    /// Wait until `ready` gives something, or the deadline passes (then none).
    pub async fn wait<T>(&self, deadline: Instant, mut ready: impl FnMut(&Index) -> Option<T>) -> Option<T> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = ready(&self.lock().index) {
                return Some(found);
            }
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                return ready(&self.lock().index);
            }
        }
    }

    /// Everything recorded so far.
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// End the transcript: `problem` says why the harness failed, if it did. Returns all events; what still comes, such as
    /// the end of a process that is let go, is not recorded, so that a transcript holds exactly what was judged.
    pub fn finish(&self, problem: Option<String>) -> Vec<Event> {
        let mut inner = self.lock();
        if !inner.over {
            inner.write(self.start, "", None, What::Over { problem });
            inner.over = true;
        }
        inner.events.clone()
    }

    /// The first failure to write the file, if there was one. Recording goes on in memory.
    pub fn take_failure(&self) -> Option<RecorderError> {
        self.lock().failed.take()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn append(&mut self, start: Instant, actor: &str, stream: Option<&str>, what: What) -> u64 {
        if self.over || self.full && is_traffic(&what) {
            return self.events.len() as u64 + 1;
        }
        // How things ended is told even where the traffic itself no longer is; each connection and wait ends once.
        if self.full {
            return self.write(start, actor, stream, what);
        }
        self.payload_bytes = self.payload_bytes.saturating_add(payload_len(&what));
        self.full = self.payload_bytes > MAX_PAYLOAD_BYTES || self.events.len() >= MAX_EVENTS;
        let what = if self.full {
            What::Note {
                text: format!("the transcript ends here: more than {MAX_PAYLOAD_BYTES} bytes or {MAX_EVENTS} events"),
            }
        } else {
            what
        };
        self.write(start, actor, stream, what)
    }

    fn write(&mut self, start: Instant, actor: &str, stream: Option<&str>, what: What) -> u64 {
        let t_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        for label in self.secrets.learn(&what) {
            let secret = self.secrets.reveal(&label);
            let about = super::given::about(&secret);
            let what = What::Secret { label, about };
            self.push(Event { n: 0, t_us, actor: actor.to_owned(), stream: None, borrowed: false, what });
        }
        let stream = stream.map(str::to_owned);
        self.push(Event { n: 0, t_us, actor: actor.to_owned(), stream, borrowed: false, what })
    }

    /// Takes an event in as the next one.
    fn push(&mut self, mut event: Event) -> u64 {
        let n = self.events.len() as u64 + 1;
        event.n = n;
        event.what = self.secrets.hide(event.what);
        if let Some((path, file)) = &mut self.file
            && let Err(source) = write_line(file, &event)
        {
            self.failed.get_or_insert(RecorderError { path: path.clone(), source });
        }
        self.index.add(&event);
        self.events.push(event);
        n
    }
}

/// What a peer can make as much of as it likes.
fn is_traffic(what: &What) -> bool {
    matches!(
        what,
        What::Sent { .. }
            | What::Received { .. }
            | What::Body { .. }
            | What::Sse { .. }
            | What::Stderr { .. }
            | What::Head { .. }
    )
}

fn payload_len(what: &What) -> usize {
    match what {
        What::Sent { bytes, .. } | What::Received { bytes, .. } | What::Body { bytes, .. } | What::Stderr { bytes } => {
            bytes.0.len()
        }
        _ => 0,
    }
}

fn create(path: &Path, header: &Header) -> Result<(PathBuf, File), RecorderError> {
    let failed = |source| RecorderError { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = File::create(path).map_err(failed)?;
    write_line(&mut file, header).map_err(failed)?;
    Ok((path.to_owned(), file))
}

fn write_line(file: &mut File, value: &impl serde::Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    file.write_all(&line)
}
