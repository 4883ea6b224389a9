//! Processes that cases use one after another, so that a server that is slow to start is not started for each.
//!
//! A process is handed on only where its line is quiet: every request was answered, a last one was answered after them,
//! and nothing came since. What an earlier case did must not decide a later one, so a case that borrowed and did not go
//! smoothly is carried out again with a process of its own (`docs/decisions/0005-cases-may-borrow-a-process.md`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::actor::{Actor, Learnt, Line};
use super::envelope::{Meta, add_meta, default_capabilities, message};
use super::manner::Manner;
use super::stage::Stage;
use crate::action::Chunks;
use crate::revision::{Era, Revision};
use crate::scenario::Actor as Config;
use crate::transcript::{Event, Index, Recorder, SentKind, StreamStatus, What};
use crate::transport::Child;
use crate::wire::message::Kind;

/// Longest wait for the answer that shows the line of a process to be quiet.
const QUIET_WITHIN: Duration = Duration::from_secs(3);
/// The stream of the request that asks for it.
const LAST: &str = "last";
/// Most processes of one kind that wait for their next case; as many cases are carried out side by side at most.
const MAX_IDLE: usize = 4;

/// Processes waiting for their next case, by revision and by what was done to them.
#[derive(Debug, Default)]
pub struct Lending {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    idle: BTreeMap<(Revision, Manner), Vec<Lent>>,
    leaving: Vec<JoinHandle<()>>,
}

/// A process with its handshake behind it.
#[derive(Debug)]
pub(super) struct Lent {
    pub child: Child,
    /// How contact was taken up: the events of the first case that used it.
    pub greeting: Vec<Event>,
    pub learnt: Learnt,
    /// What comes between cases: the answer that showed the line to be quiet, and nothing else.
    pub between: Arc<Recorder>,
}

impl Lending {
    /// Whether a process has been handed in, so that cases of this revision can share.
    pub fn shares(&self, revision: Revision) -> bool {
        self.lock().idle.contains_key(&(revision, Manner::Ordinary))
    }

    /// Let go of all processes; gives what to await until they have ended.
    pub fn close(&self) -> Vec<JoinHandle<()>> {
        let mut state = self.lock();
        for lent in std::mem::take(&mut state.idle).into_values().flatten() {
            state.leaving.push(tokio::spawn(lent.child.shut_down()));
        }
        std::mem::take(&mut state.leaving)
    }

    pub(super) fn hand_in(&self, revision: Revision, manner: Manner, lent: Lent) {
        let mut state = self.lock();
        let idle = state.idle.entry((revision, manner)).or_default();
        if idle.len() < MAX_IDLE {
            idle.push(lent);
        } else {
            state.leaving.push(tokio::spawn(lent.child.shut_down()));
        }
    }

    /// A process whose line is still quiet. One that has spoken up or ended meanwhile is let go.
    pub(super) fn borrow(&self, revision: Revision, manner: Manner) -> Option<Lent> {
        let mut state = self.lock();
        while let Some(lent) = state.idle.get_mut(&(revision, manner)).and_then(Vec::pop) {
            if lent.between.look(is_quiet) {
                return Some(lent);
            }
            state.leaving.push(tokio::spawn(lent.child.shut_down()));
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing but one answer has come, and the process runs.
fn is_quiet(between: &Index) -> bool {
    let runs = between.actors.values().all(|actor| actor.exited.is_none() && actor.failure.is_none());
    runs && between.received.len() == 1
}

/// How an actor took up contact: up to the answer to its first request in a handshake, and what it sent then.
pub(super) fn greeting(recorder: &Recorder, actor: &str) -> Vec<Event> {
    let answer = recorder.look(|index| {
        let opened = index.streams.get(&format!("{actor}_open"))?;
        index.received.get(opened.answer?).map(|seen| seen.n)
    });
    let before = |event: &Event| answer.is_none_or(|answer| event.n <= answer) || event.stream.is_some();
    recorder.events().into_iter().filter(|event| event.actor == actor && before(event)).collect()
}

/// Repeat in a transcript how contact was taken up with a process, for the actor that goes on with it.
fn repeat(greeting: &[Event], recorder: &Recorder, actor: &str) {
    for event in greeting {
        let suffix = event.stream.as_deref().and_then(|stream| stream.strip_prefix(event.actor.as_str()));
        let stream = suffix.map(|suffix| format!("{actor}{suffix}"));
        recorder.borrow(actor, stream.as_deref(), event.what.clone());
    }
}

/// Whether an actor owes nothing and is owed nothing: all requests are answered, both ways, and its process runs. What a
/// case sent that was wrong on purpose, or literally, need not have been answered.
fn is_settled(events: &[Event], index: &Index, actor: &str) -> bool {
    let mine = || events.iter().filter(|event| event.actor == actor);
    let waits = |event: &Event| {
        let proper = matches!(&event.what, What::Sent { kind: SentKind::Request | SentKind::Batch, wrong: false, .. });
        let unanswered =
            |stream: &StreamStatus| stream.sent == event.n && stream.id.is_some() && stream.answer.is_none();
        proper && index.streams.values().any(unanswered)
    };
    let vain = |event: &Event| matches!(event.what, What::TimedOut { .. });
    let runs = index.actors.get(actor).is_none_or(|actor| actor.exited.is_none() && actor.failure.is_none());
    let asked = index.received.iter().filter(|seen| seen.actor == actor).flat_map(|seen| seen.message.each());
    let asked = asked.filter(|message| matches!(message.kind, Kind::Request { .. })).count();
    let answered = mine().filter(|event| matches!(event.what, What::Sent { kind: SentKind::Response, .. })).count();
    runs && asked == answered && !mine().any(|event| waits(event) || vain(event))
}

impl Actor {
    /// Go on with a process that an earlier case used.
    pub(super) fn borrow(name: &str, config: &Config, lent: Lent, stage: &Arc<Stage>) -> Arc<Self> {
        repeat(&lent.greeting, &stage.recorder, name);
        lent.child.record_in(stage.recorder.clone(), name);
        Arc::new(Self {
            name: name.to_owned(),
            config: config.clone(),
            learnt: std::sync::Mutex::new(lent.learnt),
            stage: stage.clone(),
            line: Line::Stdio(lent.child),
        })
    }

    /// Give its process up for the next case, where its line is quiet: nothing is owed, and one more request is answered
    /// and brings nothing else. That request is in no transcript.
    ///
    /// # Errors
    /// Gives the actor back where its process cannot be handed on.
    pub(super) async fn give_up(self, greeting: Vec<Event>) -> Result<Lent, Self> {
        let Line::Stdio(child) = &self.line else { return Err(self) };
        let between = Arc::new(Recorder::unkept());
        child.record_in(between.clone(), &self.name);
        let events = self.stage.recorder.events();
        let settled = self.stage.recorder.look(|index| is_settled(&events, index, &self.name));
        if !settled || self.stage.recorder.is_full() {
            return Err(self);
        }
        let capabilities = default_capabilities(self.stage.revision);
        let revision = self.stage.revision.to_string();
        let meta = Meta { version: &revision, capabilities: &capabilities, extra: &IndexMap::new() };
        let method = match self.stage.revision.era() {
            Era::Handshake => "ping",
            Era::Stateless => "server/discover",
        };
        let last = message(Some(&self.stage.next_id()), method, add_meta(self.stage.revision, None, &meta));
        child.send(Some(LAST), SentKind::Request, last.to_string().into_bytes(), &Chunks::default(), Vec::new(), false);
        let answered = |index: &Index| index.streams.get(LAST).filter(|stream| stream.is_over()).map(|s| s.answer);
        let answer = between.wait(Instant::now() + QUIET_WITHIN, answered).await.flatten();
        let served = between.look(|index| {
            let answer = answer.and_then(|at| index.received.get(at));
            is_quiet(index) && answer.is_some_and(|seen| matches!(seen.message.kind, Kind::Result { .. }))
        });
        let learnt = self.learnt();
        match self.line {
            Line::Stdio(child) if served => Ok(Lent { child, greeting, learnt, between }),
            line => Err(Self { line, ..self }),
        }
    }
}
