//! A case: what the plan made it, what it leaves, and its course from the first step to the end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::breaks::Breaks;
use super::farewell::Ended;
use super::lending::Lending;
use super::manner::Manner;
use super::patience::Patience;
use super::run::{Run, Stop};
use super::target::Target;
use crate::revision::Revision;
use crate::router::Faults;
use crate::scenario::{Scenario, Transport};
use crate::transcript::{Event, FORMAT_VERSION, Header, Recorder};

/// One case, as the plan made it.
#[derive(Clone, Debug)]
pub struct CaseSpec {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Revision under test.
    pub revision: Revision,
    /// Transport.
    pub transport: Transport,
    /// Routing policy.
    pub routing: String,
    /// `server` and `needs`, as checks see them.
    pub facts: Arc<Value>,
    /// Seed of what is random in it.
    pub seed: u64,
    /// What goes wrong again and again on the way of answers.
    pub faults: Faults,
    /// What is wrong with the client itself, for a fuzzer to find.
    pub breaks: Arc<Breaks>,
    /// Where to write the transcript.
    pub file: Option<PathBuf>,
}

impl CaseSpec {
    /// How its transcript begins.
    #[must_use]
    pub fn header(&self) -> Header {
        Header {
            transcript: FORMAT_VERSION,
            scenario: self.scenario.scenario.clone(),
            role: self.scenario.applies.role,
            revision: self.revision,
            transport: self.transport.as_str().to_owned(),
            routing: self.routing.clone(),
            facts: self.facts.clone(),
        }
    }
}

/// What a case leaves.
#[derive(Debug)]
pub struct Recording {
    /// Which case.
    pub header: Header,
    /// Everything that crossed the wire.
    pub events: Vec<Event>,
    /// How long it took.
    pub duration: Duration,
    /// Why the harness failed, if it did.
    pub problem: Option<String>,
    /// Processes that are being ended in the background.
    pub leaving: Vec<tokio::task::JoinHandle<()>>,
    /// An actor went on with a process that an earlier case had used.
    pub borrowed: bool,
    /// The borrowed process was left as it was found: nothing is owed, and it serves.
    pub smooth: bool,
    /// A wait ended at its deadline.
    pub in_vain: bool,
}

impl Recording {
    /// Of a case whose transcript could not even be begun.
    pub(super) fn unwritten(header: Header, problem: String) -> Self {
        Self {
            header,
            events: Vec::new(),
            duration: Duration::ZERO,
            problem: Some(problem),
            leaving: Vec::new(),
            borrowed: false,
            smooth: false,
            in_vain: false,
        }
    }
}

/// Where a case finds processes that earlier cases used, and leaves those that it used.
#[derive(Clone, Debug)]
pub struct Sharing {
    /// The processes.
    pub lending: Arc<Lending>,
    /// What the case does to them.
    pub manner: Manner,
    /// The ids of its requests lie beyond this, and below those of any other case.
    pub ids_after: u32,
}

/// Carry out a case: with processes of its own, or with such as it may share.
pub async fn drive(spec: &CaseSpec, target: &Target, patience: Patience, sharing: Option<Sharing>) -> Recording {
    let started = Instant::now();
    let header = spec.header();
    let recorder = match Recorder::new(&header, spec.file.as_deref()) {
        Ok(recorder) => Arc::new(recorder),
        Err(e) => {
            return Recording::unwritten(header, e.to_string());
        }
    };
    let mut run = Run::new(spec, target, recorder.clone(), patience, sharing);
    let mut problem = None;
    for (at, step) in spec.scenario.steps.iter().enumerate() {
        match run.step(&step.value).await {
            Ok(()) => {}
            Err(Stop::Iut(why)) => {
                let text =
                    format!("step {} of {} was the last one carried out: {why}", at + 1, spec.scenario.steps.len());
                run.note(&text);
                break;
            }
            Err(Stop::Harness(why)) => {
                problem = Some(format!("step {} (line {}): {why}", at + 1, step.referenced.line()));
                break;
            }
        }
    }
    let trouble = run.stage.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    problem = problem.or(trouble);
    problem = problem.or(run.mend().await);
    let borrowed = run.borrowed;
    let ended = run.end().await;
    let events = recorder.finish(problem.clone());
    let Ended { handed_on, in_vain, .. } = ended;
    let leaving = ended.leave();
    if let Some(failure) = recorder.take_failure() {
        problem.get_or_insert(failure.to_string());
    }
    Recording { header, events, duration: started.elapsed(), problem, leaving, borrowed, smooth: handed_on, in_vain }
}
