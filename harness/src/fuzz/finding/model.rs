//! A finding.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::text::see;
use super::{Kept, scenario};

use crate::fuzz::case::{Act, Case};
use crate::fuzz::oracle::{Oracle, Suspicion};
use crate::revision::Revision;
use crate::scenario::Transport;

/// Something wrong with a server, and what shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What found it.
    pub oracle: Oracle,
    /// What tells it from others of the oracle.
    pub sign: String,
    /// What was seen.
    pub seen: String,
    /// Revision in which it was found.
    pub revision: Revision,
    /// Transport over which it was found.
    pub transport: Transport,
    /// What shows it, reduced.
    pub cases: Vec<Case>,
    /// They are played one after the other, or all at the same time.
    #[serde(default)]
    pub together: bool,
    /// In how many of how many tries it was shown again.
    pub shown: (usize, usize),
    /// The end of what the server said on its standard error stream, if it ended.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// Name and version of the server.
    pub server: String,
    /// Seed of the campaign.
    pub seed: u64,
    /// Other kinds of acts that show the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

impl Finding {
    /// Whether it is shown each time.
    pub fn is_stable(&self) -> bool {
        self.shown.0 == self.shown.1
    }

    /// How many things are sent to show it.
    pub fn acts(&self) -> usize {
        self.cases.iter().map(|case| case.acts.len()).sum()
    }

    /// How many clients it takes to show it.
    pub fn clients(&self) -> usize {
        self.cases.iter().map(Case::clients).max().unwrap_or(1)
    }

    /// How many instances it takes to show it.
    pub fn instances(&self) -> usize {
        let acts = self.cases.iter().flat_map(|case| &case.acts);
        acts.filter_map(|act| act.instance.map(|instance| instance.max(act.client) + 1)).max().unwrap_or(1)
    }

    /// As what was suspected, to look for it again.
    pub fn suspicion(&self) -> Suspicion {
        Suspicion::whole(self.oracle, &self.sign, &self.seen)
    }

    /// The cases, to be played.
    pub fn shared(&self) -> Vec<Arc<Case>> {
        self.cases.iter().cloned().map(Arc::new).collect()
    }

    /// It is shown by acts of this kind, too.
    pub fn see(&mut self, kind: String) {
        see(&mut self.also, kind);
    }

    /// A name for files and reports: the oracle, and the beginning of what was sent.
    pub fn name(&self) -> String {
        let last = self.cases.last().and_then(|case| case.acts.last());
        let kind = last.map(Act::kind).unwrap_or_default();
        named(&format!("{}-{kind}", self.oracle), &self.cause().0)
    }
}

#[cfg(test)]
impl Finding {
    /// What one case shows each time, over stdio.
    pub(super) fn of(oracle: Oracle, case: Case) -> Self {
        Self {
            oracle,
            sign: String::new(),
            seen: String::new(),
            revision: Revision::NEWEST_HANDSHAKE,
            transport: Transport::Stdio,
            cases: vec![case],
            together: false,
            shown: (3, 3),
            words: String::new(),
            server: String::new(),
            seed: 1,
            also: Vec::new(),
        }
    }
}

impl Kept for Finding {
    fn name(&self) -> String {
        self.name()
    }

    fn text(&self, machine: &str) -> String {
        scenario::text(self, machine)
    }
}

/// A name for files and reports: the beginning of what it is about, and which cause it has.
pub fn named(about: &str, cause: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let mut words = String::new();
    for c in about.chars().map(plain) {
        if c != '-' || !words.ends_with('-') {
            words.push(c);
        }
    }
    let words: String = words.trim_end_matches('-').chars().take(MAX_NAME).collect();
    format!("{}-{:08x}", words.trim_end_matches('-'), hash(cause))
}

/// Longest readable part of a name.
const MAX_NAME: usize = 60;

/// An act without the place of what is wrong in it.
pub fn broad(act: &Act) -> String {
    act.kind().split(" at ").next().unwrap_or_default().to_owned()
}

/// FNV-1a: the same everywhere and for ever.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
