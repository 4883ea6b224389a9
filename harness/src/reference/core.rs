//! The server apart from any transport: what it keeps, and which method does what.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

pub(super) use crate::revision::{Era, Revision};

use super::activity::Activity;
use super::faults::{Course, Faults, Question};
use super::forwarding::Forwarded;
use super::logging::Level;
use super::outbox::Outbox;
use super::rate::Rate;
use super::rpc::{Answer, Failure, INTERNAL, INVALID_REQUEST, METHOD_NOT_FOUND, Object, notification, success};
use super::seal::Seal;
use super::session::{Homes, Session};
use super::sessions::Sessions;
use super::signal::Signal;
use super::store::Store;
use super::{
    Options, Switch, completion, events, ext_tasks, handshake, legacy, logging, prompts, resources, skills, stateless,
    subscriptions, tasks, tools, traces,
};
use crate::token::Identity;

/// Changes not yet taken up by a listening stream; a slower one misses the oldest.
const MAX_CHANGES: usize = 1024;
/// Sessions told of a change at the same time.
const AT_A_TIME: usize = 32;

/// Something changed that clients may have asked to hear of.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Tools,
    Prompts,
    Resources,
    Updated(String),
    /// Another state of a task, by its id (extension for tasks).
    Task(String),
    /// Types of events came, went or changed (extension for events).
    Events,
    /// Every listening stream is to end.
    Close,
}

/// Everything one server keeps.
pub(super) struct Server {
    pub(super) options: Options,
    pub(super) seal: Seal,
    pub(super) faults: Faults,
    pub(super) sessions: Sessions,
    /// Where what is kept of them is.
    pub(super) homes: Homes,
    /// What no other instance is to know.
    pub(super) private: Store,
    /// Clients of HTTP+SSE.
    pub(super) legacy: legacy::Connections,
    pub(super) forwarded: Forwarded,
    pub(super) changes: broadcast::Sender<Change>,
    pub(super) listens: Semaphore,
    pub(super) events: events::Ledger,
    pub(super) calls: Rate,
    pub(super) activity: Arc<Activity>,
    /// What a defective server remembers of other clients.
    pub(super) remembered: Mutex<(BTreeSet<String>, Option<Level>)>,
    pub(super) shuffle: AtomicU64,
    pub(super) last_client: tools::LastClient,
    /// Ends all work at once when the server is dropped.
    pub(super) stop: CancellationToken,
    in_flight: Semaphore,
}

/// What the server knows of the client of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    pub(super) capabilities: Object,
    /// The least severe log message wanted; `None` wants none.
    pub(super) level: Option<Level>,
    /// The token of `_meta`, if the client wants progress.
    pub(super) progress: Option<Value>,
    /// The connection, for a server that wrongly looks at it.
    pub(super) connection: Option<u64>,
}

/// One request on its way.
pub(super) struct Call {
    pub(super) server: Arc<Server>,
    /// What the session agreed on, or the request declares.
    pub(super) revision: Revision,
    pub(super) id: Value,
    pub(super) method: String,
    pub(super) params: Object,
    pub(super) client: Client,
    pub(super) session: Option<Arc<Session>>,
    /// Who is asking, where the server is protected.
    pub(super) caller: Option<Identity>,
    pub(super) outbox: Outbox,
    /// The client does not want the answer any more.
    pub(super) cancelled: CancellationToken,
    /// The server or the connection is being closed in an orderly way.
    pub(super) closing: CancellationToken,
}

/// A response and the HTTP status it has when it is the whole answer.
pub(super) type Reply = (Value, u16);

impl Server {
    pub(super) async fn new(options: Options) -> io::Result<Arc<Self>> {
        let private = Store::default();
        let keys = if options.has(Switch::OwnKeys) { &private } else { &options.store };
        let key = match options.key {
            Some(key) => key,
            None => keys.key().await.map_err(io::Error::other)?,
        };
        let member = options.store.join().await.map_err(io::Error::other)?;
        let homes = Homes::new(&options, &private, member.number);
        let part = |switch| if options.has(switch) { private.clone() } else { options.store.clone() };
        let happened = part(Switch::OccurrencesOnOneInstance);
        let events = events::Ledger::new(happened, part(Switch::WebhooksOnOneInstance));
        let server = Arc::new(Self {
            seal: Seal::new(Some(key))?,
            faults: Faults::new(&options.faults),
            sessions: Sessions::new(options.max_sessions, homes.clone()),
            private,
            legacy: legacy::Connections::default(),
            forwarded: Forwarded::default(),
            changes: broadcast::Sender::new(MAX_CHANGES),
            listens: Semaphore::new(options.max_listens),
            events,
            calls: Rate::new(options.max_calls_per_second),
            activity: Activity::new(options.store.clone(), homes.member),
            homes,
            remembered: Mutex::default(),
            shuffle: AtomicU64::new(0),
            last_client: tools::LastClient::default(),
            stop: CancellationToken::new(),
            in_flight: Semaphore::new(options.max_in_flight),
            options,
        });
        tokio::spawn(Arc::clone(&server).hear(member));
        Ok(server)
    }

    /// Where something is kept that this defect does not share.
    pub(super) fn part(&self, switch: Switch) -> &Store {
        if self.has(switch) { &self.private } else { &self.options.store }
    }

    pub(super) fn has(&self, switch: Switch) -> bool {
        self.options.has(switch)
    }

    /// The era of everything it speaks, where that is one.
    pub(super) fn only_era(&self) -> Option<Era> {
        match (self.options.speaks(Era::Handshake), self.options.speaks(Era::Stateless)) {
            (true, false) => Some(Era::Handshake),
            (false, true) => Some(Era::Stateless),
            _ => None,
        }
    }

    /// Works on one request; `None` if it was cancelled and must not be answered.
    pub(super) async fn respond(self: Arc<Self>, call: Call) -> Option<Reply> {
        let (id, cancelled) = (call.id.clone(), call.cancelled.clone());
        let question = Question::of(&self.faults, &call);
        let (course, _counted) = self.faults.asked(&call).await;
        let Ok(_permit) = self.in_flight.try_acquire() else {
            let failure = Failure::new(INTERNAL, "too many requests at the same time; try again later");
            return Some((failure.response(Some(&id)), 503));
        };
        let answer = match course {
            Course::Lost => None,
            Course::Refused(failure) => Some(Err(failure)),
            Course::On if self.has(Switch::IgnoresCancel) => Some(self.dispatch(call).await),
            Course::On => cancelled.run_until_cancelled(self.dispatch(call)).await,
        };
        let (mut response, status) = match answer? {
            Ok(result) => (success(&id, result), 200),
            Err(failure) => (failure.response(Some(&id)), failure.status),
        };
        if let Some(question) = question {
            self.faults.answered(&question, &mut response);
        }
        Some((response, status))
    }

    async fn dispatch(&self, call: Call) -> Answer {
        if call.method == "subscriptions/listen" && call.era() == Era::Stateless {
            return subscriptions::listen(&call).await.map(stateless::complete);
        }
        if call.method.starts_with("events/") && call.era() == Era::Stateless {
            return events::respond(&call).await.map(stateless::complete);
        }
        let call = Arc::new(call);
        let with_tasks = call.revision == tasks::REVISION;
        let result = match (call.era(), call.method.as_str()) {
            (_, "tools/list") => tools::list(&call).await,
            (_, "tools/call") => traces::traced(&call, tools::call(&call)).await,
            (_, "resources/list") => resources::list(&call).await,
            (_, "resources/templates/list") => resources::list_templates(&call),
            (_, "resources/read") => resources::read(&call).await,
            (_, "prompts/list") => prompts::list(&call).await,
            (_, "prompts/get") => prompts::get(&call).await,
            (_, "completion/complete") => completion::complete(&call).await,
            (Era::Stateless, "server/discover") => Ok(stateless::discover(self)),
            (Era::Handshake, "ping") => Ok(json!({})),
            (Era::Handshake, "logging/setLevel") => logging::set_level(&call).await,
            (Era::Handshake, "resources/subscribe") => resources::subscribe(&call).await,
            (Era::Handshake, "resources/unsubscribe") => resources::unsubscribe(&call).await,
            (Era::Stateless, "skills/list") => skills::list(&call),
            (Era::Stateless, "skills/get") => skills::get(&call),
            (Era::Stateless, "resources/directory/read") => skills::read_directory(&call),
            (Era::Stateless, "tasks/get") => traces::traced(&call, ext_tasks::get(&call)).await,
            (Era::Stateless, "tasks/update") => traces::traced(&call, ext_tasks::update(&call)).await,
            (Era::Stateless, "tasks/cancel") => traces::traced(&call, ext_tasks::cancel(&call)).await,
            (_, "tasks/get") if with_tasks => tasks::get(&call).await,
            (_, "tasks/result") if with_tasks => tasks::result(&call).await,
            (_, "tasks/cancel") if with_tasks => tasks::cancel(&call).await,
            (_, "tasks/list") if with_tasks => tasks::list(&call).await,
            (Era::Handshake, "initialize") => {
                Err(Failure::new(INVALID_REQUEST, "this session is initialized already").status(400))
            }
            _ if self.has(Switch::HangsOnUnknownMethod) => std::future::pending().await,
            (era, method) => {
                let failure = Failure::new(METHOD_NOT_FOUND, format!("method not found: {method}"));
                Err(if era == Era::Stateless { failure.status(404) } else { failure })
            }
        }?;
        Ok(match call.era() {
            Era::Handshake => result,
            Era::Stateless => stateless::complete(result),
        })
    }

    /// Tells everyone who asked for it, on any instance.
    pub(super) async fn publish(&self, change: Change) -> Result<(), Failure> {
        if self.has(Switch::ForgetsSubscription) && matches!(change, Change::Updated(_)) {
            return Ok(());
        }
        if self.has(Switch::ChangesSilently) && !matches!(change, Change::Updated(_) | Change::Close) {
            return Ok(());
        }
        let told = stream::iter(self.sessions.listening().await?)
            .map(async |session| self.announce_to(&session, &change).await)
            .buffer_unordered(AT_A_TIME);
        told.collect::<Vec<_>>().await.into_iter().collect::<Result<(), Failure>>()?;
        self.tell_all(change).await;
        Ok(())
    }

    /// Tells the connections of every instance.
    pub(super) async fn tell_all(&self, change: Change) {
        self.announce(&change).await;
        self.tell(&Signal::Change(change)).await;
    }

    /// Tells the connections of this instance.
    pub(super) async fn announce(&self, change: &Change) {
        for session in self.sessions.lines() {
            // All that is kept of these is here.
            let _ = self.announce_to(&session, change).await;
        }
        // Fails only when nobody listens.
        let _ = self.changes.send(change.clone());
    }

    async fn announce_to(&self, session: &Session, change: &Change) -> Result<(), Failure> {
        let (wanted, message) = match change {
            Change::Tools => (true, notification("notifications/tools/list_changed", None)),
            Change::Prompts => (true, notification("notifications/prompts/list_changed", None)),
            Change::Resources => (true, notification("notifications/resources/list_changed", None)),
            Change::Updated(uri) => {
                let wanted = session.subscribed(uri).await? || self.has(Switch::DeliversUnrequested);
                (wanted, notification("notifications/resources/updated", Some(json!({ "uri": uri }))))
            }
            // Of no concern to sessions.
            Change::Task(_) | Change::Events | Change::Close => return Ok(()),
        };
        if wanted && session.initialized().await? {
            session.notify(&message, self.has(Switch::Broadcasts)).await;
        }
        Ok(())
    }

    /// A notification of the client; nothing answers it.
    pub(super) async fn notified(
        &self,
        session: Option<&Session>,
        method: &str,
        params: Option<&Value>,
    ) -> Result<(), Failure> {
        match (session, method) {
            (Some(session), "notifications/cancelled") => {
                if let Some(id) = params.and_then(|params| params.get("requestId"))
                    && !session.cancel(id)
                    && !self.has(Switch::CancelsOnOneInstance)
                {
                    self.tell(&Signal::Cancel { session: session.id.clone(), id: id.clone() }).await;
                }
            }
            (Some(session), handshake::INITIALIZED) => session.set_initialized().await?,
            _ => {}
        }
        Ok(())
    }

    /// A response of the client goes to whoever asked.
    pub(super) async fn answered(&self, session: &Arc<Session>, id: Value, outcome: Result<Value, Value>) {
        let others = self.sessions.here();
        let Some((session, id, outcome)) = self.faults.answer_of_client(session, &others, id, outcome) else { return };
        // A response that nobody waits for any more is none the worse.
        if let Err(outcome) = session.answered(&id, outcome)
            && !self.has(Switch::AnswersOnOneInstance)
        {
            self.tell(&Signal::Answer { session: session.id.clone(), id, outcome }).await;
        }
    }
}

impl Call {
    pub(super) fn era(&self) -> Era {
        self.revision.era()
    }

    /// The same call as a task makes it.
    pub(super) fn as_task(&self, line: tasks::Line, cancelled: CancellationToken) -> Self {
        Self {
            server: Arc::clone(&self.server),
            revision: self.revision,
            id: self.id.clone(),
            method: self.method.clone(),
            params: self.params.clone(),
            client: self.client.clone(),
            caller: self.caller.clone(),
            session: self.session.clone(),
            outbox: Outbox::Task(line),
            cancelled,
            closing: self.closing.clone(),
        }
    }

    /// A string parameter that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&str, Failure> {
        let value = self.params.get(name).and_then(Value::as_str);
        value.ok_or_else(|| Failure::params(format!("{}: `{name}` must be a string", self.method)))
    }

    /// Reports progress if the client asked for it.
    pub(super) async fn progress(&self, progress: f64, total: f64, message: &str) {
        if let Some(token) = &self.client.progress {
            let mut params = json!({ "progressToken": token, "progress": progress, "total": total });
            // A word about it came with 2025-03-26.
            if let Some(params) = params.as_object_mut().filter(|_| self.revision >= Revision::V2025_03_26) {
                params.insert("message".into(), message.into());
            }
            self.outbox.send(&notification("notifications/progress", Some(params))).await;
        }
    }

    /// Sends a log message if the client wants this level.
    pub(super) async fn log(&self, level: Level, data: &str) {
        if logging::wanted(self, level).await {
            let params = json!({ "level": level.name(), "logger": "reference", "data": data });
            self.outbox.send(&notification("notifications/message", Some(params))).await;
        }
    }

    /// Whether the client declared a capability; `elicitation` is its form mode, `elicitation.url` the other.
    pub(super) fn declares(&self, capability: &str) -> bool {
        if self.era() == Era::Stateless
            && self.server.has(Switch::RemembersCapabilities)
            && lock(&self.server.remembered).0.contains(capability)
        {
            return true;
        }
        match self.client.capabilities.get(capability) {
            None if capability == "elicitation.url" => {
                let modes = self.client.capabilities.get("elicitation");
                modes.and_then(|modes| modes.get("url")).is_some_and(Value::is_object)
            }
            Some(Value::Object(modes)) if capability == "elicitation" => modes.is_empty() || modes.contains_key("form"),
            Some(value) => value.is_object(),
            None => false,
        }
    }
}

/// Locks a mutex; one that a panicking holder left behind is used on, for every change under these locks is one step.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
