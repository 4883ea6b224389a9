//! Which places of the server's own code are reached: hooks of ours, in a server in Python or Node, tell it over a socket.

mod hook;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hook::{Hook, accept};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::peer::Peer;

/// The hooks, by the name that each has to have.
const HOOKS: [(&str, &str); 2] =
    [("sitecustomize.py", include_str!("sitecustomize.py")), ("hook.cjs", include_str!("hook.cjs"))];
/// Places that are told apart; further ones are not counted.
const MAX_PLACES: usize = 1 << 20;
/// How long a hook may take to call after its server has answered for the first time.
const CALL: Duration = Duration::from_secs(2);
/// How often it is looked whether one has called.
const LOOK: Duration = Duration::from_millis(20);

/// What has been reached, and who tells it.
#[derive(Debug)]
pub struct Reach {
    folder: TempDir,
    accepting: JoinHandle<()>,
    called: Arc<Mutex<Called>>,
    hooks: Vec<Hook>,
    seen: BTreeSet<u32>,
    /// Of these, what was reached before anything was sent.
    at_first: usize,
}

/// Who has called, and is not yet asked.
#[derive(Debug, Default)]
struct Called {
    hooks: Vec<Hook>,
    /// Why the last one that called cannot be followed, if it cannot.
    refused: String,
}

impl Reach {
    /// Hooks in a folder of their own, which goes with this.
    ///
    /// # Errors
    /// The folder or the socket in it cannot be made.
    pub fn start() -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        for (name, text) in HOOKS {
            std::fs::write(folder.path().join(name), text)?;
        }
        let listener = UnixListener::bind(folder.path().join(SOCKET))?;
        let called = Arc::<Mutex<Called>>::default();
        let accepting = tokio::spawn(accept(listener, called.clone()));
        Ok(Self { folder, accepting, called, hooks: Vec::new(), seen: BTreeSet::new(), at_first: 0 })
    }

    /// The same server, with a hook in it wherever it is started.
    pub fn hook(&self, peer: &Peer) -> Peer {
        let mut peer = peer.clone();
        let Some(stdio) = &mut peer.target.stdio else { return peer };
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        let before = |name: &str| {
            let given = stdio.spawn.env.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            given.or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty())
        };
        let python = before("PYTHONPATH").map(|more| format!(":{more}")).unwrap_or_default();
        let node = before("NODE_OPTIONS").map(|more| format!(" {more}")).unwrap_or_default();
        stdio.spawn.env.extend([
            ("ASSAY_COVERAGE".to_owned(), at(SOCKET)),
            ("PYTHONPATH".to_owned(), format!("{}{python}", self.folder.path().display())),
            ("NODE_OPTIONS".to_owned(), format!("--require \"{}\"{node}", at("hook.cjs"))),
        ]);
        peer
    }

    /// Wait until a hook has called; what was reached by then does not count. The error says in words why none has.
    ///
    /// # Errors
    /// None has in time: the server is in another language, or too old.
    pub async fn wait(&mut self) -> Result<(), String> {
        let until = Instant::now() + CALL;
        loop {
            self.welcome();
            if !self.hooks.is_empty() {
                self.new_places().await;
                self.at_first = self.seen.len();
                return Ok(());
            }
            if Instant::now() >= until {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        let called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        let why = match called.refused.as_str() {
            "" => "nothing in it took the hook up by PYTHONPATH or NODE_OPTIONS",
            why => why,
        };
        Err(format!("{why}; coverage can be had of servers in Python from 3.12 on, and in Node"))
    }

    fn welcome(&mut self) {
        let mut called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        self.hooks.append(&mut called.hooks);
    }

    /// How many places have been reached by what was sent.
    pub fn places(&self) -> usize {
        self.seen.len() - self.at_first
    }

    /// Places that were reached for the first time.
    pub async fn new_places(&mut self) -> BTreeSet<u32> {
        let mut new = self.executed().await;
        new.retain(|place| self.seen.len() < MAX_PLACES && self.seen.insert(*place));
        new
    }

    /// Places that were reached, be it again, since [`Self::forget`], each told once.
    pub async fn executed(&mut self) -> BTreeSet<u32> {
        self.ask(b't').await
    }

    /// From now on all places are told again.
    pub async fn forget(&mut self) {
        self.ask(b'f').await;
    }

    /// Ask all that are there; those that do not answer are gone.
    async fn ask(&mut self, order: u8) -> BTreeSet<u32> {
        self.welcome();
        let mut all = BTreeSet::new();
        for mut hook in std::mem::take(&mut self.hooks) {
            if let Some(places) = hook.ask(order).await {
                all.extend(places);
                self.hooks.push(hook);
            }
        }
        all
    }
}

impl Drop for Reach {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Name of the socket.
const SOCKET: &str = "socket";
