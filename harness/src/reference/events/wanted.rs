//! What a request to poll, to stream or to subscribe asks for.

use std::time::Duration;

use serde_json::{Value, json};

use super::kinds::{Kind, input_schema};
use super::{Ledger, Mode, UNSUPPORTED, not_found};
use crate::reference::core::Call;
use crate::reference::rpc::{Failure, Object};

/// How a cursor begins; the position follows.
const CURSOR: &str = "after-";

/// A subscription, as a request describes it.
pub(super) struct Wanted {
    pub(super) kind: Kind,
    pub(super) arguments: Object,
    /// From where on, and whether something was passed over; from now on where the client names no cursor.
    pub(super) begin: Option<(u64, bool)>,
}

impl Wanted {
    /// Reads and checks the request.
    pub(super) async fn read(call: &Call, mode: Mode) -> Result<Self, Failure> {
        let ledger = &call.server.events;
        let name = call.text("name")?;
        let kind = ledger.kinds().await?.into_iter().find(|kind| kind.name == name).ok_or_else(|| not_found(name))?;
        if !kind.delivery.contains(&mode) {
            let failure = Failure::new(UNSUPPORTED, format!("Unsupported: {name} is not delivered by {}", mode.name()));
            return Err(failure.with(json!({ "feature": "deliveryMode", "value": mode.name() })));
        }
        let arguments = call.params.get("arguments").cloned().unwrap_or_else(|| json!({}));
        if !jsonschema::is_valid(&input_schema(), &arguments) {
            return Err(Failure::params(format!("{}: `arguments` are not as inputSchema wants them", call.method)));
        }
        ledger.admit(name, call.caller.as_ref().map(|caller| &caller.subject)).await?;
        let cursor = match call.params.get("cursor") {
            None | Some(Value::Null) => None,
            Some(Value::String(cursor)) => Some(cursor),
            Some(_) => return Err(Failure::params(format!("{}: `cursor` must be a string or null", call.method))),
        };
        let max_age = number(call, "maxAgeMs")?.map(Duration::from_millis);
        let position = |cursor: &String| cursor.strip_prefix(CURSOR).and_then(|position| position.parse().ok());
        let begin = match cursor.filter(|_| kind.replays) {
            Some(cursor) => Some(ledger.begin(name, position(cursor), max_age).await?),
            None => None,
        };
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        Ok(Self { kind, arguments, begin })
    }

    /// From where on, and whether something was passed over.
    pub(super) async fn begin_or_now(&self, ledger: &Ledger) -> Result<(u64, bool), Failure> {
        match self.begin {
            Some(begin) => Ok(begin),
            None => Ok((ledger.now().await?, false)),
        }
    }

    /// The cursor of a position; null where there is no way back.
    pub(super) fn cursor(&self, position: u64) -> Value {
        if self.kind.replays { cursor(position).into() } else { Value::Null }
    }
}

/// The cursor of a position.
pub(super) fn cursor(position: u64) -> String {
    format!("{CURSOR}{position}")
}

/// A number among the parameters that cannot be negative.
pub(super) fn number(call: &Call, name: &str) -> Result<Option<u64>, Failure> {
    match call.params.get(name) {
        None => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or_else(|| {
            Failure::params(format!("{}: `{name}` must be an integer that is not negative", call.method))
        }),
    }
}
