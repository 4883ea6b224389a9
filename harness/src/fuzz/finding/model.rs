//! A finding.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

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

/// What findings have in common that are one: oracle and sign, or for the end of a process how it ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause(pub String);

impl Finding {
    /// What it comes from.
    pub fn cause(&self) -> Cause {
        let acts = || self.cases.iter().flat_map(|case| &case.acts);
        let wrong = || {
            let mut names: Vec<String> = acts().map(Act::wrong_name).filter(|name| !name.is_empty()).collect();
            names.dedup();
            names.join(", ")
        };
        let or_kinds = |names: String| if names.is_empty() { self.kinds() } else { names };
        let what = match self.oracle {
            Oracle::Exit => match signature(&self.words) {
                words if words.is_empty() => format!("{} {}", self.seen, or_kinds(wrong())),
                words => format!("{} {words}", self.seen),
            },
            Oracle::Hang => or_kinds(wrong()),
            // What came before is what does it, whatever goes unanswered then.
            Oracle::NoAnswer | Oracle::Unasked => match wrong() {
                names if !names.is_empty() => names,
                _ if self.together => "several at a time".to_owned(),
                _ => self.sign.clone(),
            },
            Oracle::Twice if acts().any(|act| act.method() == Some("notifications/cancelled")) => {
                "cancelled".to_owned()
            }
            Oracle::Twice | Oracle::Differs => or_kinds(wrong()),
            Oracle::Code => {
                let last = acts().last().map(|act| act.expect.clone());
                let wanted = match last {
                    Some(crate::fuzz::case::Expect::Codes(codes) | crate::fuzz::case::Expect::ErrorOf(codes)) => {
                        codes.first().copied()
                    }
                    _ => None,
                };
                let came = self.sign.split(' ').next().unwrap_or_default().to_owned();
                format!("{came} in place of {}", wanted.unwrap_or_default())
            }
            _ => self.sign.clone(),
        };
        Cause(format!("{} {what}", self.oracle))
    }

    /// Whether it is shown each time.
    pub fn is_stable(&self) -> bool {
        self.shown.0 == self.shown.1
    }

    /// How many things are sent to show it.
    pub fn acts(&self) -> usize {
        self.cases.iter().map(|case| case.acts.len()).sum()
    }

    /// What is sent, as kinds.
    fn kinds(&self) -> String {
        let mut kinds: Vec<String> = self.cases.iter().flat_map(|case| &case.acts).map(broad).collect();
        kinds.dedup();
        kinds.join(", ")
    }

    /// As what was suspected, to look for it again.
    pub fn suspicion(&self) -> Suspicion {
        Suspicion::whole(self.oracle, &self.sign, &self.seen)
    }

    /// The cases, to be played.
    pub fn shared(&self) -> Vec<Arc<Case>> {
        self.cases.iter().cloned().map(Arc::new).collect()
    }

    /// A name for files and reports: the oracle, and the beginning of what was sent.
    pub fn name(&self) -> String {
        let last = self.cases.last().and_then(|case| case.acts.last());
        let kind = last.map(Act::kind).unwrap_or_default();
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let mut words = String::new();
        for c in format!("{}-{kind}", self.oracle).chars().map(plain) {
            if c != '-' || !words.ends_with('-') {
                words.push(c);
            }
        }
        let words: String = words.trim_end_matches('-').chars().take(MAX_NAME).collect();
        format!("{}-{:08x}", words.trim_end_matches('-'), hash(&self.cause().0))
    }
}

/// Longest readable part of a name.
const MAX_NAME: usize = 60;

/// An act without the place of what is wrong in it.
pub fn broad(act: &Act) -> String {
    act.kind().split(" at ").next().unwrap_or_default().to_owned()
}

/// The last words without what differs from one time to the next.
fn signature(words: &str) -> String {
    let telling = |line: &&str| {
        ["panicked", "Error", "error:", "Exception", "fatal", "abort"].iter().any(|word| line.contains(word))
    };
    let line = words.lines().rev().find(telling).unwrap_or_default();
    line.chars().filter(|c| !c.is_ascii_digit()).take(160).collect()
}

/// FNV-1a: the same everywhere and for ever.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
