//! GET and DELETE of the revisions up to 2025-11-25 (basic/transports).

use std::sync::Arc;

use hyper::HeaderMap;
use tokio_util::sync::CancellationToken;

use super::core::Server;
use super::event_log::Event;
use super::http::reply::{Response, empty, plain, stream};
use super::rpc::{Failure, INVALID_REQUEST, Object};
use super::session::Session;
use super::sse::{self, Style};
use super::{Switch, handshake, headers};
use crate::revision::{Era, Revision};

/// The header with the session id.
pub(super) const SESSION: &str = "mcp-session-id";

/// GET: a stream for messages that belong to no request, or the rest of one that was cut.
pub(super) async fn open(server: &Arc<Server>, headers: &HeaderMap) -> Response {
    if !accepts(headers, "text/event-stream") {
        return plain(406, "GET needs `Accept: text/event-stream`");
    }
    match opened(server, headers).await {
        Ok(response) => response,
        Err(failure) => plain(failure.status, &failure.message),
    }
}

async fn opened(server: &Arc<Server>, headers: &HeaderMap) -> Result<Response, Failure> {
    let session = session(server, headers).await?;
    let closing = server.options.shutdown.clone();
    let Some(last) = headers.get("last-event-id") else {
        let log = session.listen().await?;
        let style = style(server, session.revision, &log.place.name, true);
        let reader = log.reader(0).await?.of(&session).until(closing);
        return Ok(stream(sse::body(style, Vec::new(), reader, None)));
    };
    let gone = || {
        server.faults.unknown_event();
        refuse(400, "`Last-Event-ID` is not an event of this session, or one too old to resume")
    };
    let (name, position) = last.to_str().ok().and_then(sse::read_id).ok_or_else(gone)?;
    // The stream began on another instance.
    let foreign = name.split('.').next() != Some(&server.homes.member.to_string());
    let defect = |switch| foreign && server.has(switch);
    let mut log = session.stream(name).await?.filter(|_| !defect(Switch::EventsOnOneInstance));
    if log.is_none() && (server.has(Switch::ReplaysOtherSessions) || server.faults.replays_to_anyone()) {
        for other in server.sessions.all().await? {
            log = other.stream(name).await?.or(log);
        }
    }
    let log = log.ok_or_else(gone)?;
    let end = log.end().await?;
    if position > end {
        return Err(gone());
    }
    let position = match () {
        () if server.has(Switch::ReplaysFromStart) || defect(Switch::ForeignReplayFromStart) => 0,
        () if server.has(Switch::ReplaysNothing) => end,
        () if defect(Switch::ForeignReplaySkipsOne) => end.min(position + 1),
        () => position,
    };
    let mut before = Vec::new();
    if server.has(Switch::ReplaysOtherStreams) || defect(Switch::ForeignReplayOtherStreams) {
        for other in session.streams().await?.into_iter().filter(|other| other.place.name != log.place.name) {
            before.extend(other.messages().await?.into_iter().map(Event::Message));
        }
    }
    let style = style(server, session.revision, &log.place.name, false);
    let mut reader = log.reader(position).await?.of(&session).until(closing);
    if defect(Switch::ForeignReplayStops) {
        let now = CancellationToken::new();
        now.cancel();
        reader = reader.until(now);
    }
    Ok(stream(sse::body(style, before, reader, None)))
}

/// DELETE: the client ends its session.
pub(super) async fn end(server: &Arc<Server>, headers: &HeaderMap) -> Response {
    match ended(server, headers).await {
        Ok(()) => empty(204),
        Err(failure) => plain(failure.status, &failure.message),
    }
}

async fn ended(server: &Arc<Server>, headers: &HeaderMap) -> Result<(), Failure> {
    let session = session(server, headers).await?;
    if server.has(Switch::DeletesOnOneInstance) {
        server.sessions.remove_here(&session.id);
    } else if !server.has(Switch::SessionSurvivesDelete) && !server.faults.keeps_sessions() {
        server.sessions.remove(&session.id).await?;
    }
    Ok(())
}

/// The revision that the session of the headers agreed on; the newest where they name none.
pub(super) async fn agreed(server: &Server, headers: &HeaderMap) -> Revision {
    let Some(id) = headers.get(SESSION).and_then(|id| id.to_str().ok()) else { return Revision::NEWEST_HANDSHAKE };
    let session = server.sessions.get(id).await.ok().flatten();
    session.map_or(Revision::NEWEST_HANDSHAKE, |session| session.revision)
}

/// The session that the headers name; the failure carries the HTTP status.
pub(super) async fn session(server: &Server, headers: &HeaderMap) -> Result<Arc<Session>, Failure> {
    check_version(server, headers, None)?;
    let Some(id) = headers.get(SESSION) else {
        if server.has(Switch::AcceptsWithoutSession) {
            return fresh(server).await;
        }
        return Err(refuse(
            400,
            "the Mcp-Session-Id header is missing; send `initialize` first and repeat the id it gives",
        ));
    };
    let known = match id.to_str() {
        Ok(id) => server.sessions.get(id).await?,
        Err(_) => None,
    };
    match known {
        Some(session) => check_version(server, headers, Some(session.revision)).map(|()| session),
        None if server.has(Switch::AcceptsAnySession) => fresh(server).await,
        None => Err(refuse(404, "there is no such session, or it has ended; send `initialize` again")),
    }
}

/// What a careless server takes for a session.
async fn fresh(server: &Server) -> Result<Arc<Session>, Failure> {
    let homes = server.homes.alone(&server.private);
    let session = Session::new(Revision::NEWEST_HANDSHAKE, Object::new(), None, homes)
        .map_err(|error| refuse(500, &error.to_string()))?;
    session.set_initialized().await?;
    Ok(session)
}

fn refuse(status: u16, message: &str) -> Failure {
    Failure::new(INVALID_REQUEST, message).status(status)
}

/// Refuses a version header that the handshake era does not serve, or another than that of the session. A session of a
/// revision that has no such header is not told by one.
pub(super) fn check_version(server: &Server, headers: &HeaderMap, agreed: Option<Revision>) -> Result<(), Failure> {
    let header = headers.get(headers::VERSION);
    let Some(version) = header.filter(|_| !server.has(Switch::IgnoresVersionHeader)) else { return Ok(()) };
    let named = version.to_str().ok().and_then(|version| version.parse::<Revision>().ok());
    if server.options.overlooks_version && named.is_some_and(|named| named.era() == Era::Handshake) {
        return Ok(());
    }
    let named = named.filter(|named| handshake::known(server, named.as_str()).is_some());
    let problem = match (named, agreed) {
        (None, _) => "is not supported; name the one that `initialize` was answered with".to_owned(),
        (Some(named), Some(agreed)) if agreed.has_version_header() && named != agreed => {
            format!("is not what this session speaks: {agreed}")
        }
        _ => return Ok(()),
    };
    Err(Failure::new(INVALID_REQUEST, format!("MCP-Protocol-Version {version:?} {problem}")).status(400))
}

/// How the streams of this era are written.
pub(super) fn style(server: &Server, revision: Revision, name: &str, first: bool) -> Style {
    Style {
        ids: Some(name.to_owned()),
        bare_ids: server.has(Switch::ReusesEventIds),
        // Came with 2025-11-25; before, an event without data could not be told from a broken message.
        primed: first && revision >= Revision::V2025_11_25,
        keep_alive: server.options.keep_alive,
        lingers: false,
    }
}

/// Whether the client takes this media type; without `Accept` it takes everything (RFC 9110, section 12.5.1).
pub(super) fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let mut accept = headers.get_all("accept").iter().peekable();
    let family = wanted.split('/').next().unwrap_or_default();
    accept.peek().is_none()
        || accept.any(|value| {
            value.to_str().unwrap_or_default().split(',').any(|range| {
                let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
                let range = parts.next().unwrap_or_default();
                let refused = parts.any(|weight| matches!(weight.as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
                !refused && (range == wanted || range == "*/*" || range == format!("{family}/*"))
            })
        })
}
