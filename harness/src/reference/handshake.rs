//! The lifecycle of the revisions up to 2025-11-25 (basic/lifecycle).

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::core::{Client, Server};
use super::rpc::{Answer, Failure, INTERNAL, Object};
use super::session::Session;
use super::{stateless, tasks};
use crate::revision::{Era, Revision};

/// The client's confirmation of the handshake.
pub(super) const INITIALIZED: &str = "notifications/initialized";
/// What the server is called.
pub(super) const NAME: &str = "mcp-assay-reference";

/// The server's name and version; with a title for people since 2025-06-18.
pub(super) fn implementation(revision: Revision) -> Value {
    let mut own = json!({ "name": NAME, "version": env!("CARGO_PKG_VERSION") });
    if let Some(own) = own.as_object_mut().filter(|_| revision >= Revision::V2025_06_18) {
        own.insert("title".into(), "mcp-assay reference server".into());
    }
    own
}

/// The server's capabilities. Completion is one since 2025-03-26; it was there before.
pub(super) fn capabilities(revision: Revision) -> Value {
    let mut all = json!({
        "logging": {},
        "prompts": { "listChanged": true },
        "resources": { "listChanged": true, "subscribe": true },
        "tools": { "listChanged": true },
    });
    if let Some(all) = all.as_object_mut().filter(|_| revision >= Revision::V2025_03_26) {
        all.insert("completions".into(), json!({}));
    }
    if let Some(all) = all.as_object_mut().filter(|_| revision == tasks::REVISION) {
        all.insert("tasks".into(), tasks::capability());
    }
    all
}

/// The revision of that version, if the handshake can agree on it.
pub(super) fn known(server: &Server, version: &str) -> Option<Revision> {
    let spoken = |revision: &Revision| revision.era() == Era::Handshake && server.options.revisions.contains(revision);
    version.parse().ok().filter(spoken)
}

/// The newest revision that the handshake can agree on.
pub(super) fn newest(server: &Server) -> Option<Revision> {
    server.options.revisions.iter().rfind(|revision| revision.era() == Era::Handshake).copied()
}

/// How to use the server, for a model.
pub(super) fn instructions() -> &'static str {
    "A server for testing clients and test harnesses. Every tool is harmless; its description says what it does."
}

/// Answers `initialize` and opens the session. The offered version is taken if known, else the newest is proposed.
pub(super) async fn initialize(
    server: &Server,
    params: Option<&Value>,
    line: Option<mpsc::Sender<String>>,
) -> Result<(Arc<Session>, Value), Failure> {
    let wrong = |what: &str| Failure::params(format!("initialize: {what}"));
    let params = params.and_then(Value::as_object).ok_or_else(|| wrong("`params` must be an object"))?;
    let offered = params.get("protocolVersion").and_then(Value::as_str);
    let offered = offered.ok_or_else(|| wrong("`protocolVersion` must be a string"))?;
    // A server without a handshake says which versions there are, for who asks to be told (basic/versioning).
    let revision = known(server, offered).or_else(|| newest(server)).ok_or_else(|| stateless::unsupported(offered))?;
    let capabilities = params.get("capabilities").and_then(Value::as_object);
    let declared = capabilities.cloned().ok_or_else(|| wrong("`capabilities` must be an object"))?;
    if !params.get("clientInfo").is_some_and(is_implementation) {
        return Err(wrong("`clientInfo` must have a `name` and a `version`"));
    }
    let homes = if line.is_some() { server.homes.alone(&server.private) } else { server.homes.clone() };
    let session = Session::new(revision, declared, line, homes);
    let session = session.map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
    server.sessions.add(&session).await?;
    let result = json!({
        "protocolVersion": revision.as_str(),
        "capabilities": self::capabilities(revision),
        "serverInfo": implementation(revision),
        "instructions": instructions(),
    });
    Ok((session, result))
}

/// What the session and the request's `_meta` say of the client.
pub(super) fn client(session: &Session, params: &Object) -> Result<Client, Failure> {
    Ok(Client {
        capabilities: session.capabilities.clone(),
        level: None,
        progress: progress_token(params.get("_meta"))?,
        connection: None,
    })
}

/// The request's parameters, which must be an object if there are any.
pub(super) fn params(method: &str, params: Option<Value>) -> Result<Object, Failure> {
    match params {
        None => Ok(Object::new()),
        Some(Value::Object(params)) => Ok(params),
        Some(_) => Err(Failure::params(format!("{method}: `params` must be an object"))),
    }
}

/// The progress token of `_meta`: a string or an integer (basic/utilities/progress).
pub(super) fn progress_token(meta: Option<&Value>) -> Result<Option<Value>, Failure> {
    match meta.and_then(|meta| meta.get("progressToken")) {
        None => Ok(None),
        Some(token) if token.is_string() || token.is_i64() || token.is_u64() => Ok(Some(token.clone())),
        Some(_) => Err(Failure::params("`progressToken` must be a string or an integer")),
    }
}

/// Whether this describes a client: name and version.
pub(super) fn is_implementation(value: &Value) -> bool {
    ["name", "version"].iter().all(|member| value.get(member).is_some_and(Value::is_string))
}

/// The answer to a request that comes before the handshake.
pub(super) fn too_early(method: &str) -> Answer {
    Err(Failure::params(format!(
        "{method} came before `initialize` and without the `_meta` members of a stateless request; send either"
    ))
    .status(400))
}
