//! Work on requests, and the shape of its answer: JSON or a stream, as the options and the course of events say.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use tokio_util::sync::DropGuard;

use super::reply::{Response, json, plain, stream};
use crate::reference::core::{Call, Era, Server};
use crate::reference::event_log::{Event, EventLog, Opening};
use crate::reference::outbox::Outbox;
use crate::reference::rpc::Failure;
use crate::reference::session::Session;
use crate::reference::sse::{self, Style};
use crate::reference::{Answers, Switch, listening};

/// Works on one request.
pub(super) async fn one(server: &Arc<Server>, mut call: Call, session: Option<Arc<Session>>) -> Response {
    let answers = match server.options.answers {
        Answers::Json if matches!(call.method.as_str(), "subscriptions/listen" | "events/stream") => Answers::Auto,
        answers => answers,
    };
    let always = answers == Answers::Sse;
    let log = session.as_ref().map_or_else(|| EventLog::private(always), |session| session.new_stream(always));
    if answers != Answers::Json {
        call.outbox = Outbox::Stream(Arc::clone(&log));
    }
    let guard = disconnect_guard(server, &call);
    let (id, work) = (call.id.clone(), Arc::clone(server).respond(call));
    let (stop, done, worker) = (server.stop.clone(), Arc::clone(&log), session.clone());
    tokio::spawn(async move {
        let reply = stop.run_until_cancelled(work).await.flatten();
        if let Some(session) = worker {
            session.end(&id).await;
        }
        done.finish(reply.map(|(message, status)| (message.to_string(), status))).await;
    });
    respond(server, &log, session.as_ref(), guard).await
}

/// Works on the requests of a batch side by side (2025-03-26). Their responses come as one array, or, where something
/// was said before, each in an event of its own. `replies` are responses that are there already.
pub(super) async fn batch(
    server: &Arc<Server>,
    calls: Vec<Call>,
    mut replies: Vec<Value>,
    session: &Arc<Session>,
) -> Response {
    let answers = server.options.answers;
    let log = session.new_stream(answers == Answers::Sse);
    let works = FuturesUnordered::new();
    for mut call in calls {
        if answers != Answers::Json {
            call.outbox = Outbox::Stream(Arc::clone(&log));
        }
        let (id, work) = (call.id.clone(), Arc::clone(server).respond(call));
        works.push(async move { (id, work.await) });
    }
    let (stop, done, worker) = (server.stop.clone(), Arc::clone(&log), Arc::clone(session));
    tokio::spawn(async move {
        let mut works = works;
        while let Some(Some((id, reply))) = stop.run_until_cancelled(works.next()).await {
            worker.end(&id).await;
            replies.extend(reply.map(|(message, _)| message));
            if done.streams() {
                for message in replies.drain(..) {
                    done.push(Event::Message(message.to_string())).await;
                }
            }
        }
        // Nothing is left to say where all were cancelled, or all has been streamed.
        let rest = (!replies.is_empty()).then(|| (Value::Array(replies).to_string(), 200));
        done.finish(rest).await;
    });
    respond(server, &log, Some(session), None).await
}

async fn respond(
    server: &Server,
    log: &Arc<EventLog>,
    session: Option<&Arc<Session>>,
    guard: Option<DropGuard>,
) -> Response {
    match log.opening().await {
        Opening::Single(message, status) => json(status, message),
        Opening::Stream => match streamed(server, log, session, guard).await {
            Ok(response) => response,
            Err(failure) => plain(failure.status, &failure.message),
        },
    }
}

async fn streamed(
    server: &Server,
    log: &Arc<EventLog>,
    session: Option<&Arc<Session>>,
    guard: Option<DropGuard>,
) -> Result<Response, Failure> {
    let mut reader = log.reader(0).await?;
    let style = match session {
        Some(session) => {
            session.keep(log, false).await?;
            reader = reader.of(session);
            listening::style(server, session.revision, &log.place.name, true)
        }
        None => {
            Style { ids: None, bare_ids: false, primed: false, keep_alive: server.options.keep_alive, lingers: false }
        }
    };
    let style = Style { lingers: server.has(Switch::KeepsStreamOpen), ..style };
    Ok(stream(sse::body(style, Vec::new(), reader, guard)))
}

/// In 2026-07-28 a lost connection cancels the request; before, it does not.
fn disconnect_guard(server: &Server, call: &Call) -> Option<DropGuard> {
    let cancels = match call.era() {
        Era::Stateless => !server.has(Switch::IgnoresDisconnect),
        Era::Handshake => server.has(Switch::CancelsOnDisconnect),
    };
    cancels.then(|| call.cancelled.clone().drop_guard())
}
