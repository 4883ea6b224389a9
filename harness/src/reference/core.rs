//! The server apart from any transport: what it keeps, and which method does what.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

pub(super) use crate::revision::{Era, Revision};

use super::activity::Activity;
use super::interactions::Interactions;
use super::logging::Level;
use super::outbox::Outbox;
use super::protection::Owners;
use super::rate::Rate;
use super::rpc::{Answer, Failure, INTERNAL, INVALID_REQUEST, METHOD_NOT_FOUND, Object, notification, success};
use super::seal::Seal;
use super::session::{Session, Sessions};
use super::{
    Options, Switch, completion, handshake, legacy, logging, prompts, resources, stateless, subscriptions, tasks, tools,
};
use crate::token::Identity;

/// Changes not yet taken up by a listening stream; a slower one misses the oldest.
const MAX_CHANGES: usize = 1024;

/// Something changed that clients may have asked to hear of.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Tools,
    Prompts,
    Resources,
    Updated(String),
    /// Every listening stream is to end.
    Close,
}

/// Everything one server keeps.
pub(super) struct Server {
    pub(super) options: Options,
    pub(super) seal: Seal,
    pub(super) sessions: Sessions,
    /// Whose sessions these are, where the server is protected.
    pub(super) owners: Owners,
    /// Clients of HTTP+SSE.
    pub(super) legacy: legacy::Connections,
    pub(super) changes: broadcast::Sender<Change>,
    pub(super) listens: Semaphore,
    pub(super) calls: Rate,
    pub(super) activity: Arc<Activity>,
    pub(super) interactions: Interactions,
    /// How often the watched resource changed.
    pub(super) version: AtomicU64,
    pub(super) extra_tool: AtomicBool,
    pub(super) extra_prompt: AtomicBool,
    pub(super) extra_resource: AtomicBool,
    /// What a defective server remembers of other clients.
    pub(super) remembered: Mutex<(BTreeSet<String>, Option<Level>)>,
    pub(super) shuffle: AtomicU64,
    /// What some tools keep from one request to the next.
    pub(super) kept: tools::Kept,
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
        let key = match options.key {
            Some(key) => key,
            None => options.store.key().await.map_err(io::Error::other)?,
        };
        Ok(Arc::new(Self {
            seal: Seal::new(Some(key))?,
            sessions: Sessions::new(options.max_sessions, options.session_idle),
            owners: Owners::default(),
            legacy: legacy::Connections::default(),
            changes: broadcast::Sender::new(MAX_CHANGES),
            listens: Semaphore::new(options.max_listens),
            calls: Rate::new(options.max_calls_per_second),
            activity: Arc::default(),
            interactions: Interactions::default(),
            version: AtomicU64::new(0),
            extra_tool: AtomicBool::new(false),
            extra_prompt: AtomicBool::new(false),
            extra_resource: AtomicBool::new(false),
            remembered: Mutex::default(),
            shuffle: AtomicU64::new(0),
            kept: tools::Kept::default(),
            stop: CancellationToken::new(),
            in_flight: Semaphore::new(options.max_in_flight),
            options,
        }))
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
        let Ok(_permit) = self.in_flight.try_acquire() else {
            let failure = Failure::new(INTERNAL, "too many requests at the same time; try again later");
            return Some((failure.response(Some(&id)), 503));
        };
        let answer = if self.has(Switch::IgnoresCancel) {
            Some(self.dispatch(call).await)
        } else {
            cancelled.run_until_cancelled(self.dispatch(call)).await
        };
        Some(match answer? {
            Ok(result) => (success(&id, result), 200),
            Err(failure) => (failure.response(Some(&id)), failure.status),
        })
    }

    async fn dispatch(&self, call: Call) -> Answer {
        if call.method == "subscriptions/listen" && call.era() == Era::Stateless {
            return subscriptions::listen(&call).await.map(stateless::complete);
        }
        let call = Arc::new(call);
        let with_tasks = call.revision == tasks::REVISION;
        let result = match (call.era(), call.method.as_str()) {
            (_, "tools/list") => tools::list(&call),
            (_, "tools/call") => tools::call(&call).await,
            (_, "resources/list") => resources::list(&call),
            (_, "resources/templates/list") => resources::list_templates(&call),
            (_, "resources/read") => resources::read(&call),
            (_, "prompts/list") => prompts::list(&call),
            (_, "prompts/get") => prompts::get(&call),
            (_, "completion/complete") => completion::complete(&call),
            (Era::Stateless, "server/discover") => Ok(stateless::discover(self)),
            (Era::Handshake, "ping") => Ok(json!({})),
            (Era::Handshake, "logging/setLevel") => logging::set_level(&call),
            (Era::Handshake, "resources/subscribe") => resources::subscribe(&call),
            (Era::Handshake, "resources/unsubscribe") => resources::unsubscribe(&call),
            (_, "tasks/get") if with_tasks => tasks::get(&call),
            (_, "tasks/result") if with_tasks => tasks::result(&call).await,
            (_, "tasks/cancel") if with_tasks => tasks::cancel(&call).await,
            (_, "tasks/list") if with_tasks => tasks::list(&call),
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

    /// Tells everyone who asked for it.
    pub(super) async fn publish(&self, change: Change) {
        if self.has(Switch::ForgetsSubscription) && matches!(change, Change::Updated(_)) {
            return;
        }
        if self.has(Switch::ChangesSilently) && !matches!(change, Change::Updated(_) | Change::Close) {
            return;
        }
        let message = match &change {
            Change::Tools => notification("notifications/tools/list_changed", None),
            Change::Prompts => notification("notifications/prompts/list_changed", None),
            Change::Resources => notification("notifications/resources/list_changed", None),
            Change::Updated(uri) => notification("notifications/resources/updated", Some(json!({ "uri": uri }))),
            Change::Close => Value::Null,
        };
        for session in self.sessions.all() {
            let wanted = match &change {
                Change::Updated(uri) => session.subscribed(uri) || self.has(Switch::DeliversUnrequested),
                Change::Close => false,
                _ => true,
            };
            if wanted && session.initialized() {
                session.notify(&message, self.has(Switch::Broadcasts)).await;
            }
        }
        // Fails only when nobody listens.
        let _ = self.changes.send(change);
    }

    /// A notification of the client; nothing answers it.
    pub(super) fn notified(&self, session: Option<&Session>, method: &str, params: Option<&Value>) {
        match (session, method) {
            (Some(session), "notifications/cancelled") => {
                if let Some(id) = params.and_then(|params| params.get("requestId")) {
                    session.cancel(id);
                }
            }
            (Some(session), handshake::INITIALIZED) => session.set_initialized(),
            _ => {}
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
        if logging::wanted(self, level) {
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
