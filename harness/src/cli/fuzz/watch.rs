//! A line that says how far a campaign is, for a person at a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::fuzz::finding::{Finding, Kept as _};
use crate::fuzz::{Show, State, client};
use crate::report::console::note;

/// How often the line is written anew.
const EVERY: Duration = Duration::from_millis(200);

/// Writes to stderr, where that is a terminal.
#[derive(Debug)]
pub struct Watch {
    shown: bool,
    last: Mutex<Option<Instant>>,
}

impl Watch {
    /// For this process's stderr.
    pub fn stderr() -> Self {
        Self { shown: std::io::stderr().is_terminal(), last: Mutex::new(None) }
    }

    /// Take the line away.
    pub fn clear(&self) {
        if self.shown {
            write_over(format_args!(""));
        }
    }
}

impl Watch {
    fn line(&self, state: &State) {
        if !self.shown {
            return;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        *last = Some(Instant::now());
        write_over(format_args!(
            "{}  {:.0} messages/s  {} sent  {} states{}  {} findings  {}s left",
            state.axis,
            state.rate(),
            state.sent,
            state.classes,
            state.places.map(|places| format!("  {places} places")).unwrap_or_default(),
            state.findings,
            state.left.as_secs(),
        ));
    }

    fn tell(&self, name: &str, about: &str) {
        self.clear();
        note(format_args!("found: {name} ({about})"));
    }
}

impl Show for Watch {
    fn show(&self, state: &State) {
        self.line(state);
    }

    fn found(&self, finding: &Finding) {
        self.tell(&finding.name(), finding.oracle.about());
    }
}

impl client::Show for Watch {
    fn show(&self, state: &State) {
        self.line(state);
    }

    fn found(&self, finding: &client::Finding) {
        self.tell(&finding.name(), finding.oracle.about());
    }
}

/// In place of the line that is there. Nobody may read it any more.
fn write_over(line: std::fmt::Arguments<'_>) {
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
}
