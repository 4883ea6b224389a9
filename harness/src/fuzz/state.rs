//! How far a campaign is, for whoever watches it.

use std::time::Duration;

use super::finding::Finding;

/// How far it is.
#[derive(Clone, Debug)]
pub struct State {
    /// Revision and transport.
    pub axis: String,
    /// Messages sent in rounds.
    pub sent: usize,
    /// How long rounds took.
    pub playing: Duration,
    /// Classes of answers seen.
    pub classes: usize,
    /// Places of its own code that the server has reached, where that is followed.
    pub places: Option<usize>,
    /// Findings.
    pub findings: usize,
    /// Time left.
    pub left: Duration,
}

impl State {
    /// Messages a second, while rounds went on.
    pub fn rate(&self) -> f64 {
        let seconds = self.playing.as_secs_f64();
        if seconds > 0.0 { f64::from(u32::try_from(self.sent).unwrap_or(u32::MAX)) / seconds } else { 0.0 }
    }
}

/// Whoever watches.
pub trait Show: Send + Sync {
    /// How far it is now.
    fn show(&self, state: &State);
    /// Something was found.
    fn found(&self, finding: &Finding);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Show for Unwatched {
    fn show(&self, _state: &State) {}
    fn found(&self, _finding: &Finding) {}
}
