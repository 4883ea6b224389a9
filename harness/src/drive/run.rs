//! The executor: carries out the steps of a case.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use indexmap::IndexMap;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::actor::{Actor, Learnt};
use super::authorization::Party;
use super::case::{CaseSpec, Sharing};
use super::envelope::message;
use super::lending::greeting;
use super::manner::Manner;
use super::outgoing::Outgoing;
use super::patience::Patience;
use super::receiving::Webhooks;
use super::stage::Stage;
use super::target::Target;
use crate::action::{self, Action, Until};
use crate::otlp::digits;
use crate::requirement::Role;
use crate::revision::Era;
use crate::router::Router;
use crate::scenario::{Open, Transport};
use crate::transcript::{Event, Recorder, SentKind, View, What};

/// Most lines quoted of what a process wrote on its standard error stream.
const LAST_WORDS: usize = 5;

/// Why the rest of the steps was not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    /// The IUT did not do what the step needs.
    #[error("{0}")]
    Iut(String),
    /// The scenario or the harness is at fault.
    #[error("{0}")]
    Harness(String),
}

/// A case being carried out.
pub(super) struct Run<'c> {
    pub(super) spec: &'c CaseSpec,
    pub(super) target: &'c Target,
    pub(super) stage: Arc<Stage>,
    pub(super) patience: Patience,
    pub(super) actors: IndexMap<String, Arc<Actor>>,
    pub(super) open: IndexMap<String, CancellationToken>,
    pub(super) sent: IndexMap<String, (String, Value)>,
    /// The wait under way may end in vain; that is no event.
    pub(super) lenient: bool,
    pub(super) in_vain: AtomicBool,
    pub(super) sharing: Option<Sharing>,
    /// The actors whose processes are shared, and how contact was taken up with each.
    pub(super) shared: IndexMap<String, Vec<Event>>,
    pub(super) borrowed: bool,
    /// What stands before the instances, once it is needed.
    pub(super) router: Option<Router>,
    /// Something was done to an instance, so that it may not run.
    pub(super) stopped: bool,
    /// What it knows as a client of an authorization server.
    pub(super) party: Party,
    /// Of a trace of its own (W3C Trace Context); none where the machine gives nothing random.
    traceparent: Option<String>,
    /// The receivers of webhooks that it plays.
    pub(super) webhooks: Webhooks,
}

impl<'c> Run<'c> {
    pub(super) fn new(
        spec: &'c CaseSpec,
        target: &'c Target,
        recorder: Arc<Recorder>,
        patience: Patience,
        sharing: Option<Sharing>,
    ) -> Self {
        let ids_after = sharing.as_ref().map_or(0, |sharing| sharing.ids_after);
        let stage = Stage::new(recorder, spec.revision, spec.facts.clone(), ids_after);
        let stage = Arc::new(stage.breaking(spec.breaks.clone()));
        Self {
            spec,
            target,
            stage,
            patience,
            actors: IndexMap::new(),
            open: IndexMap::new(),
            sent: IndexMap::new(),
            lenient: false,
            in_vain: AtomicBool::new(false),
            sharing,
            shared: IndexMap::new(),
            borrowed: false,
            router: None,
            stopped: false,
            party: Party::default(),
            traceparent: traceparent(),
            webhooks: Webhooks::default(),
        }
    }

    pub(super) fn note(&self, text: &str) {
        self.stage.recorder.append(action::DEFAULT_ACTOR, None, What::Note { text: text.to_owned() });
    }

    pub(super) async fn step(&mut self, step: &Action) -> Result<(), Stop> {
        match step {
            Action::Open(who) => self.actor(&who.by).await.map(|_| ()),
            Action::Begin(send)
            | Action::Request(send)
            | Action::Alive(send)
            | Action::Call(send)
            | Action::Read(send)
            | Action::Prompt(send) => self.request(step, send).await,
            Action::Notify(send) => self.notify(step, send).await,
            Action::Batch(batch) => self.batch(batch).await,
            Action::Raw(send) | Action::Http(send) => self.raw(step, send).await,
            Action::Metadata(metadata) => self.metadata(metadata).await,
            Action::Discover(ask) => self.discover(ask).await,
            Action::Register(ask) => self.register(ask).await,
            Action::Publish(ask) => self.publish(ask).await,
            Action::Authorize(ask) => self.authorize(ask).await,
            Action::Redeem(ask) => self.redeem(ask).await,
            Action::Fetch(ask) => self.fetch(ask).await,
            Action::Receive(receive) => self.receive(receive).await,
            Action::Host(host) => self.host(host).await,
            Action::Respond(respond) => self.respond(respond).await,
            Action::Retry(retry) => self.retry(retry).await,
            Action::Follow(follow) => self.follow(follow).await,
            Action::Poll(poll) => self.poll(poll).await,
            Action::Await(wait) => self.wait_for(wait).await,
            Action::Cut(cut) => {
                if let Some(token) = self.open.get(&cut.stream) {
                    token.cancel();
                }
                self.wait_stream(&cut.stream, &Until::Ended, None).await
            }
            Action::CloseStdin(who) => self.actor(&who.by).await.map(|actor| actor.close_stdin()),
            Action::Signal(signal) => self.actor(&signal.by).await.map(|actor| actor.signal(signal.signal)),
            Action::Instance(operation) => self.operate(*operation).await,
            Action::Pause(pause) => self.pause(pause).await,
        }
    }

    /// The actor of that name, connected, and greeted in the usual way unless it is bare.
    pub(super) async fn actor(&mut self, name: &str) -> Result<Arc<Actor>, Stop> {
        if let Some(actor) = self.actors.get(name) {
            return Ok(actor.clone());
        }
        let config = self.spec.scenario.actors.get(name).cloned().unwrap_or_default();
        let joined = match &config.join {
            Some(other) => Some(Box::pin(self.actor(other)).await?.learnt()),
            None => None,
        };
        let sharing = self.sharing.clone().filter(|_| Manner::is_usual(&config));
        let lent = sharing.as_ref().and_then(|sharing| sharing.lending.borrow(self.spec.revision, sharing.manner));
        if let Some(lent) = lent {
            self.patience.answered();
            self.borrowed = true;
            self.shared.insert(name.to_owned(), lent.greeting.clone());
            let actor = Actor::borrow(name, &config, lent, &self.stage);
            actor.attend().await;
            self.actors.insert(name.to_owned(), actor.clone());
            return Ok(actor);
        }
        let line = self.line(name, config.instance).await?;
        self.patience.starting();
        let actor = match Actor::connect(name, &config, self.spec.transport, self.target, line, &self.stage) {
            Ok(actor) => actor,
            Err(problem) => {
                self.stage.recorder.append(
                    name,
                    None,
                    What::ConnectionFailed { exchange: None, problem: problem.clone() },
                );
                return Err(Stop::Iut(problem));
            }
        };
        actor.attend().await;
        self.actors.insert(name.to_owned(), actor.clone());
        if self.spec.transport == Transport::Sse {
            self.open_channel(&actor).await?;
        }
        match joined {
            Some(learnt) => actor.learn(learnt),
            None if self.spec.scenario.applies.role == Role::AuthorizationServer => {}
            None if config.open == Open::Usual && self.spec.revision.era() == Era::Handshake => {
                self.greet(&actor).await?
            }
            None => {}
        }
        if sharing.is_some() {
            self.shared.insert(name.to_owned(), greeting(&self.stage.recorder, name));
        }
        Ok(actor)
    }

    /// The handshake.
    async fn greet(&mut self, actor: &Arc<Actor>) -> Result<(), Stop> {
        let stream = format!("{}_open", actor.name);
        let initialize = message(Some(&self.stage.next_id()), "initialize", Some(actor.initialize_params()));
        actor.send(Outgoing::message(Some(stream.clone()), SentKind::Request, initialize)).await;
        self.wait_stream(&stream, &Until::Answered, None).await?;
        let events = self.stage.recorder.events();
        let opened = View::of(&events).stream(&stream).unwrap_or_default();
        let version = opened.pointer("/result/protocolVersion").and_then(Value::as_str).map(str::to_owned);
        if version.is_none() {
            return Err(Stop::Iut(format!(
                "`initialize` was not answered with a protocol version ({})",
                digest(&opened)
            )));
        }
        let session = opened.pointer("/headers/mcp-session-id").and_then(Value::as_str).map(str::to_owned);
        actor.learn(Learnt { session, version });
        let stream = format!("{}_initialized", actor.name);
        let initialized = message(None, "notifications/initialized", None);
        actor.send(Outgoing::message(Some(stream.clone()), SentKind::Notification, initialized)).await;
        if actor.is_http() {
            self.wait_stream(&stream, &Until::Ended, None).await?;
        }
        Ok(())
    }

    pub(super) fn resolve(&self, value: &Value) -> Result<Value, Stop> {
        let events = std::cell::OnceCell::new();
        let look_up = |path: &str| {
            let events = events.get_or_init(|| self.stage.recorder.events());
            self.look_up(events, path)
        };
        action::resolve(value, &look_up).map_err(|e| Stop::Iut(e.to_string()))
    }

    pub(super) fn resolve_map(&self, map: &IndexMap<String, Value>) -> Result<IndexMap<String, Value>, Stop> {
        map.iter().map(|(key, value)| Ok((key.clone(), self.resolve(value)?))).collect()
    }

    fn look_up(&self, events: &[Event], path: &str) -> Option<Value> {
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        let root = match head {
            "revision" => json!(self.spec.revision.to_string()),
            "version_header" => json!(Some(self.spec.revision).filter(|r| r.has_version_header())?.to_string()),
            "traceparent" => json!(self.traceparent.as_ref()?),
            "keys" => self.party.keys(),
            "published" => json!(self.party.published),
            "server" | "needs" => self.spec.facts.get(head).cloned()?,
            name if self.actors.contains_key(name) => View::of(events).actor(name),
            name => View::of(events).stream(name)?,
        };
        rest.split('.').filter(|part| !part.is_empty()).try_fold(root, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?).cloned(),
            Value::Object(members) => members.get(part).cloned(),
            _ => None,
        })
    }

    /// The end of what an actor's process wrote on its standard error stream.
    pub(super) fn last_words(&self, actor: &str) -> String {
        let events = self.stage.recorder.events();
        let view = View::of(&events).actor(actor);
        let stderr = view.get("stderr").and_then(Value::as_str).unwrap_or_default();
        let lines: Vec<&str> = stderr.lines().rev().filter(|line| !line.trim().is_empty()).take(LAST_WORDS).collect();
        let lines: Vec<&str> = lines.into_iter().rev().collect();
        if lines.is_empty() {
            String::new()
        } else {
            format!("; it wrote on its standard error stream:\n{}", lines.join("\n"))
        }
    }

    pub(super) fn view_of(&self, stream: &str) -> Value {
        let events = self.stage.recorder.events();
        View::of(&events).stream(stream).unwrap_or_default()
    }
}

/// One that nobody used before.
fn traceparent() -> Option<String> {
    let mut fresh = [0; 24];
    SystemRandom::new().fill(&mut fresh).ok()?;
    let (trace, span) = fresh.split_at(16);
    Some(format!("00-{}-{}-01", digits(trace), digits(span)))
}

/// One line about an answer.
fn digest(stream: &Value) -> String {
    let status = stream.get("status").filter(|s| !s.is_null()).map(|s| format!("HTTP {s}, "));
    let error = stream.get("error").filter(|e| !e.is_null());
    let said = error.map_or_else(|| "no error either".to_owned(), |error| format!("error {error}"));
    format!("{}{said}", status.unwrap_or_default())
}
