//! Log messages to the client (server/utilities/logging).

use serde_json::json;

use super::Switch;
use super::core::{Call, Era, lock};
use super::rpc::{Answer, Failure};

/// Severity, least first (RFC 5424, section 6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

const LEVELS: [(Level, &str); 8] = [
    (Level::Debug, "debug"),
    (Level::Info, "info"),
    (Level::Notice, "notice"),
    (Level::Warning, "warning"),
    (Level::Error, "error"),
    (Level::Critical, "critical"),
    (Level::Alert, "alert"),
    (Level::Emergency, "emergency"),
];

impl Level {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        LEVELS.iter().map(|(level, _)| *level)
    }

    pub(super) fn read(name: &str) -> Result<Self, Failure> {
        let level = LEVELS.iter().find(|(_, known)| *known == name).map(|(level, _)| *level);
        level.ok_or_else(|| Failure::params(format!("{name:?} is not a log level")))
    }

    pub(super) fn name(self) -> &'static str {
        LEVELS.iter().find(|(level, _)| *level == self).map_or("info", |(_, name)| name)
    }
}

/// `logging/setLevel` (2025-11-25).
pub(super) async fn set_level(call: &Call) -> Answer {
    let level = Level::read(call.text("level")?)?;
    if call.server.has(Switch::SharesLogLevel) {
        lock(&call.server.remembered).1 = Some(level);
    }
    if let Some(session) = &call.session {
        session.set_level(level).await?;
    }
    Ok(json!({}))
}

/// Whether the client of this request wants messages of this level.
pub(super) async fn wanted(call: &Call, level: Level) -> bool {
    if call.server.has(Switch::LogLevelIgnored) {
        return true;
    }
    let least = match (call.era(), &call.session) {
        (Era::Handshake, Some(session)) => {
            let shared = lock(&call.server.remembered).1;
            match shared {
                Some(level) => Some(level),
                None => session.level().await.ok(),
            }
        }
        _ => call.client.level,
    };
    least.is_some_and(|least| level >= least)
}
