//! GET and DELETE of the revisions up to 2025-11-25 (basic/transports).

use std::sync::Arc;

use hyper::HeaderMap;

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
pub(super) fn open(server: &Arc<Server>, headers: &HeaderMap) -> Response {
    if !accepts(headers, "text/event-stream") {
        return plain(406, "GET needs `Accept: text/event-stream`");
    }
    let session = match session(server, headers) {
        Ok(session) => session,
        Err(failure) => return plain(failure.status, &failure.message),
    };
    let Some(last) = headers.get("last-event-id") else {
        let log = session.listen();
        let style = style(server, session.revision, log.number, true);
        return stream(sse::body(style, Vec::new(), log.reader(0), None));
    };
    let place = last.to_str().ok().and_then(sse::read_id);
    let found = place.and_then(|(number, position)| Some((session.stream(number)?, position)));
    let Some((log, position)) = found.filter(|(log, position)| *position <= log.end()) else {
        return plain(400, "`Last-Event-ID` is not an event of this session, or one too old to resume");
    };
    let position = match () {
        () if server.has(Switch::ReplaysFromStart) => 0,
        () if server.has(Switch::ReplaysNothing) => log.end(),
        () => position,
    };
    let mut before = Vec::new();
    if server.has(Switch::ReplaysOtherStreams) {
        let others = session.streams().into_iter().filter(|other| other.number != log.number);
        before.extend(others.flat_map(|other| other.messages()).map(Event::Message));
    }
    let style = style(server, session.revision, log.number, false);
    stream(sse::body(style, before, log.reader(position), None))
}

/// DELETE: the client ends its session.
pub(super) fn end(server: &Arc<Server>, headers: &HeaderMap) -> Response {
    match session(server, headers) {
        Ok(session) => {
            if !server.has(Switch::SessionSurvivesDelete) {
                server.sessions.remove(&session.id);
            }
            empty(204)
        }
        Err(failure) => plain(failure.status, &failure.message),
    }
}

/// The revision that the session of the headers agreed on; the newest where they name none.
pub(super) fn agreed(server: &Server, headers: &HeaderMap) -> Revision {
    let id = headers.get(SESSION).and_then(|id| id.to_str().ok());
    id.and_then(|id| server.sessions.get(id)).map_or(Revision::NEWEST_HANDSHAKE, |session| session.revision)
}

/// The session that the headers name; the failure carries the HTTP status.
pub(super) fn session(server: &Server, headers: &HeaderMap) -> Result<Arc<Session>, Failure> {
    check_version(server, headers, None)?;
    let refuse = |status: u16, message: &str| Failure::new(INVALID_REQUEST, message).status(status);
    let fresh = || {
        let session = Session::new(Revision::NEWEST_HANDSHAKE, Object::new(), None)
            .map_err(|error| refuse(500, &error.to_string()))?;
        session.set_initialized();
        Ok(session)
    };
    let Some(id) = headers.get(SESSION) else {
        if server.has(Switch::AcceptsWithoutSession) {
            return fresh();
        }
        return Err(refuse(
            400,
            "the Mcp-Session-Id header is missing; send `initialize` first and repeat the id it gives",
        ));
    };
    match id.to_str().ok().and_then(|id| server.sessions.get(id)) {
        Some(session) => check_version(server, headers, Some(session.revision)).map(|()| session),
        None if server.has(Switch::AcceptsAnySession) => fresh(),
        None => Err(refuse(404, "there is no such session, or it has ended; send `initialize` again")),
    }
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
pub(super) fn style(server: &Server, revision: Revision, number: u64, first: bool) -> Style {
    Style {
        ids: Some(number),
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
