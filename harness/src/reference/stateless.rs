//! The rules of revision 2026-07-28 that hold for every request (basic, basic/versioning, server/discover).

use serde_json::{Value, json};

use super::core::{Client, Server, lock};
use super::ext_tasks::EXTENSION;
use super::handshake::{capabilities, implementation, instructions, is_implementation, progress_token};
use super::logging::Level;
use super::rpc::{Failure, Object, UNSUPPORTED_VERSION};
use super::{Switch, events, skills};
use crate::revision::Revision;

/// The revision served without a handshake.
pub(super) const REVISION: Revision = Revision::NEWEST_STATELESS;
/// Its version.
pub(super) const VERSION: &str = REVISION.as_str();
/// The prefix of the protocol's own `_meta` members.
pub(super) const PREFIX: &str = "io.modelcontextprotocol/";

/// Whether the parameters carry the member that marks a stateless request.
pub(super) fn is_marked(params: Option<&Value>) -> bool {
    params.and_then(|params| params.get("_meta")).and_then(|meta| member(meta, "protocolVersion")).is_some()
}

/// A member of `_meta` in the protocol's own name space.
pub(super) fn member<'a>(meta: &'a Value, name: &str) -> Option<&'a Value> {
    meta.get(format!("{PREFIX}{name}"))
}

/// The protocol version that the request declares.
pub(super) fn version(params: Option<&Value>) -> Result<&str, Failure> {
    let meta = params.and_then(|params| params.get("_meta")).filter(|meta| meta.is_object());
    let meta = meta.ok_or_else(|| malformed("`params._meta` must be an object"))?;
    let version = member(meta, "protocolVersion").and_then(Value::as_str);
    version.ok_or_else(|| malformed(&format!("`_meta` must have `{PREFIX}protocolVersion`, a string")))
}

/// Reads `_meta`; refuses a version that is not served and anything malformed.
pub(super) fn client(server: &Server, params: &Object) -> Result<Client, Failure> {
    let meta = params.get("_meta").unwrap_or(&Value::Null);
    let version = member(meta, "protocolVersion").and_then(Value::as_str);
    if let Some(version) = version
        && version != VERSION
        && !server.has(Switch::AcceptsAnyVersion)
    {
        return Err(unsupported(version));
    }
    let declared = member(meta, "clientCapabilities").and_then(Value::as_object);
    if declared.is_none() && !server.has(Switch::AcceptsMissingMeta) {
        return Err(malformed(&format!("`_meta` must have `{PREFIX}clientCapabilities`, an object")));
    }
    if member(meta, "clientInfo").is_some_and(|info| !is_implementation(info)) {
        return Err(malformed(&format!("`{PREFIX}clientInfo` must have a `name` and a `version`")));
    }
    let level = match member(meta, "logLevel") {
        None => None,
        Some(level) => Some(Level::read(level.as_str().unwrap_or_default()).map_err(|failure| failure.status(400))?),
    };
    let progress = progress_token(Some(meta)).map_err(|failure| failure.status(400))?;
    let capabilities = declared.cloned().unwrap_or_default();
    if server.has(Switch::RemembersCapabilities) {
        lock(&server.remembered).0.extend(capabilities.keys().cloned());
    }
    Ok(Client { capabilities, level, progress, connection: None })
}

/// `server/discover`.
pub(super) fn discover(server: &Server) -> Value {
    let mut capabilities = capabilities(REVISION);
    if let Some(capabilities) = capabilities.as_object_mut() {
        // Besides those that it has, one that changes nothing, so that clients meet an extension that they do not know.
        capabilities.insert(
            "extensions".to_owned(),
            json!({
                "com.example/nothing": {},
                EXTENSION: {},
                events::EXTENSION: events::settings(),
                skills::EXTENSION: skills::settings(),
            }),
        );
    }
    let result = json!({
        "supportedVersions": [VERSION],
        "capabilities": capabilities,
        "instructions": instructions(),
    });
    cacheable(server, result)
}

/// Adds the caching hints (server/utilities/caching).
pub(super) fn cacheable(server: &Server, mut result: Value) -> Value {
    if let Some(result) = result.as_object_mut() {
        let ttl = u64::try_from(server.options.ttl.as_millis()).unwrap_or(u64::MAX);
        result.entry("ttlMs").or_insert(ttl.into());
        result.entry("cacheScope").or_insert("public".into());
    }
    result
}

/// Adds what every result carries: its type and who answered.
pub(super) fn complete(mut result: Value) -> Value {
    if let Some(result) = result.as_object_mut() {
        result.entry("resultType").or_insert("complete".into());
        if let Some(meta) = result.entry("_meta").or_insert_with(|| json!({})).as_object_mut() {
            meta.insert(format!("{PREFIX}serverInfo"), implementation(REVISION));
        }
    }
    result
}

/// -32022 with the versions that a stateless request may name.
pub(super) fn unsupported(requested: &str) -> Failure {
    // Versions of the handshake era are not listed: a request that names one in `_meta` could not be served.
    Failure::new(UNSUPPORTED_VERSION, format!("protocol version {requested:?} is not supported"))
        .with(json!({ "supported": [VERSION], "requested": requested }))
        .status(400)
}

fn malformed(message: &str) -> Failure {
    Failure::params(message).status(400)
}
