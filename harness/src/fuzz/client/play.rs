//! One run of the client under test, against a server with the rules of a case.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::base;
use super::meter::{Meter, Used};
use crate::plan::{Axis, Selection};
use crate::requirement::Role;
use crate::run::{ClientOptions, send_client};
use crate::scenario::{CLIENT, Mutation};
use crate::transcript::{Event, FORMAT_VERSION, Header, ProcessEnd, Recorder, What};

/// How to start the client under test.
#[derive(Clone, Debug)]
pub struct Start {
    /// What starts it, without its last argument.
    pub command: String,
    /// What starts this program.
    pub program: String,
    /// In which revision, over which transport.
    pub axis: Axis,
}

/// What came of a run.
#[derive(Debug)]
pub struct Trace {
    /// What the transcript begins with.
    pub header: Header,
    /// Everything that crossed between them.
    pub events: Vec<Event>,
    /// How the client ended; none where it had to be killed.
    pub end: Option<ProcessEnd>,
    /// How long it ran.
    pub took: Duration,
    /// What it took up.
    pub used: Used,
}

impl Trace {
    /// How the client ended, in a word or two.
    pub fn ended(&self) -> String {
        match &self.end {
            Some(ProcessEnd::Code(code)) => format!("exit code {code}"),
            Some(ProcessEnd::Signal(signal)) => format!("signal {signal}"),
            Some(ProcessEnd::OutputClosed | ProcessEnd::Killed) | None => "killed".to_owned(),
        }
    }

    /// How many messages crossed, both ways.
    pub fn messages(&self) -> usize {
        self.crossed().count()
    }

    /// How long it took until the last of them.
    pub fn talked(&self) -> Duration {
        self.crossed().last().map(|event| Duration::from_micros(event.t_us)).unwrap_or_default()
    }

    fn crossed(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| matches!(event.what, What::Sent { .. } | What::Received { .. }))
    }

    /// What the client printed.
    pub fn words(&self) -> String {
        let mut all = Vec::new();
        for event in self.events.iter().filter(|event| event.actor == CLIENT) {
            if let What::Stderr { bytes } = &event.what {
                all.extend_from_slice(&bytes.0);
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }
}

/// Run it with these rules, for so long at most.
///
/// # Errors
/// In words, where it cannot be run at all, which is no doing of the client's.
pub async fn play(start: &Start, meter: &Meter, rules: &[Mutation], limit: Duration) -> Result<Trace, String> {
    let scenario = base::scenario(rules)?;
    let header = Header {
        transcript: FORMAT_VERSION,
        scenario: scenario.scenario.clone(),
        role: Role::Client,
        revision: start.axis.revision,
        transport: start.axis.transport.as_str().to_owned(),
        routing: start.axis.routing.clone(),
        facts: Arc::new(Value::Object(Map::new())),
    };
    let options = ClientOptions {
        command: start.command.clone(),
        transports: vec![start.axis.transport],
        program: start.program.clone(),
        revisions: vec![start.axis.revision],
        selection: Selection::default(),
        by_hand: None,
        document_hosts: Vec::new(),
        jobs: 1,
        deadline: limit,
        out: None,
        repeat: String::new(),
    };
    let recorder = Arc::new(Recorder::unkept());
    let group = AtomicI32::new(0);
    let begun = Instant::now();
    let started = |pid| {
        group.store(pid, Ordering::Relaxed);
        meter.add(pid);
    };
    let played = send_client(&scenario, &start.axis, &options, &recorder, begun + limit, &started).await;
    let used = meter.take(group.load(Ordering::Relaxed));
    played?;
    let events = recorder.finish(None);
    let end = events.iter().rev().find_map(|event| match &event.what {
        What::Exited { end } if event.actor == CLIENT => Some(end.clone()),
        _ => None,
    });
    let end = end.filter(|end| *end != ProcessEnd::Killed);
    Ok(Trace { header, events, end, took: begun.elapsed(), used })
}
