//! The draft extension `io.modelcontextprotocol/events` (SEP-3415): types of events, and their delivery by poll and by push.
//!
//! What happened and who subscribed is kept in the store, so that any instance goes on with it.

mod kept;
mod kinds;
mod ledger;
mod poll;
mod stream;
mod wanted;
mod webhook;

use serde_json::{Value, json};

use super::core::{Call, Server};
use super::pages::page;
use super::rpc::{Answer, Failure, METHOD_NOT_FOUND};
use super::signal::Signal;
pub(super) use ledger::{Ledger, News};
pub(super) use webhook::{deliver, gap, terminate};

/// The identifier of the extension.
pub(super) const EXTENSION: &str = "io.modelcontextprotocol/events";
/// NotFound.
const NOT_FOUND: i64 = -32023;
/// Forbidden.
const FORBIDDEN: i64 = -32024;
/// ResourceExhausted.
const EXHAUSTED: i64 = -32025;
/// Unsupported.
const UNSUPPORTED: i64 = -32026;
/// CallbackEndpointError.
const CALLBACK: i64 = -32027;

/// How events are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Poll,
    Push,
    Webhook,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Push => "push",
            Self::Webhook => "webhook",
        }
    }
}

/// The settings of the extension in `server/discover`.
pub(super) fn settings() -> Value {
    json!({ "listChanged": true })
}

/// Every method of the extension.
pub(super) async fn respond(call: &Call) -> Answer {
    match call.method.as_str() {
        "events/list" => {
            page(call, "events", call.server.events.kinds().await?.iter().map(kinds::Kind::shown).collect())
        }
        "events/poll" => poll::poll(call).await,
        "events/stream" => stream::stream(call).await,
        "events/subscribe" => webhook::subscribe(call).await,
        "events/unsubscribe" => webhook::unsubscribe(call).await,
        method => Err(Failure::new(METHOD_NOT_FOUND, format!("method not found: {method}")).status(404)),
    }
}

/// Tells open streams, on any instance.
pub(super) async fn announce(server: &Server, news: News) {
    server.events.tell(news.clone());
    server.tell(&Signal::Events(news)).await;
}

/// The error of a type that is not there.
pub(super) fn not_found(name: &str) -> Failure {
    Failure::new(NOT_FOUND, format!("NotFound: there is no event {name:?}")).with(json!({ "kind": "event" }))
}

/// The error of a subscription that is not there.
fn missing() -> Failure {
    Failure::new(NOT_FOUND, "NotFound: there is no such subscription").with(json!({ "kind": "subscription" }))
}

/// The error of somebody who may not have these events.
pub(super) fn forbidden(name: &str) -> Failure {
    Failure::new(FORBIDDEN, format!("Forbidden: {name} is not for you"))
}
