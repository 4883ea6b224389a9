//! Faults as they are found in servers, for a fuzzer to find: each breaks the server for some input that is not far away.
//! No scenario has to know them, unlike the defects of [`Switch`](super::Switch).

mod answer;
mod asked;
mod fault;
mod inputs;
mod instances;
mod request;
mod tasks;
mod text;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

pub(super) use answer::Question;
pub use fault::Fault;
pub(super) use request::Course;
pub(super) use text::Taken;

/// The exit code of a server that died of a fault.
const DIED: i32 = 70;

/// The faults of one server and what they keep.
#[derive(Debug, Default)]
pub(super) struct Faults {
    on: BTreeSet<Fault>,
    /// Requests being answered.
    in_flight: AtomicUsize,
    kept: Mutex<Kept>,
}

/// What a server should not keep.
#[derive(Debug, Default)]
struct Kept {
    memory: Vec<Vec<u8>>,
    files: Vec<File>,
    /// The half of a message.
    half: Vec<u8>,
    /// What was echoed last, for whomever.
    echoed: Option<String>,
    has_failed: bool,
    session: Option<String>,
    subscribed: BTreeSet<String>,
    /// Resources that were unsubscribed from.
    unsubscribed: BTreeSet<String>,
    tasks: tasks::Shown,
    inputs: inputs::Asked,
    answered: asked::Answered,
    instance: instances::Seen,
    /// Cursors that were used.
    cursors: BTreeSet<String>,
}

impl Faults {
    pub(super) fn new(on: &BTreeSet<Fault>) -> Self {
        Self { on: on.clone(), ..Self::default() }
    }

    /// Whether there is any: a conforming server does nothing in here.
    pub(super) fn any(&self) -> bool {
        !self.on.is_empty()
    }

    fn has(&self, fault: Fault) -> bool {
        self.on.contains(&fault)
    }

    /// The process ends, as of an error that nothing catches.
    fn dies_if(&self, fault: Fault, met: impl FnOnce() -> bool) {
        if self.has(fault) && met() {
            // Whoever reads there may have gone.
            let _ = writeln!(std::io::stderr(), "fatal: {}", fault.about());
            std::process::exit(DIED);
        }
    }
}

#[cfg(test)]
mod tests;
