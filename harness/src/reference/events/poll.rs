//! `events/poll`: what happened since a position.

use serde_json::{Value, json};

use super::Mode;
use super::wanted::{Wanted, number};
use crate::reference::core::Call;
use crate::reference::rpc::Answer;

/// How often a client should ask, in milliseconds.
const NEXT_POLL: u64 = 100;
/// Most events of one answer.
const MOST: u64 = 100;

pub(super) async fn poll(call: &Call) -> Answer {
    let ledger = &call.server.events;
    let wanted = Wanted::read(call, Mode::Poll).await?;
    let most = number(call, "maxEvents")?.map_or(MOST, |most| most.min(MOST));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (from, truncated) = wanted.begin_or_now(ledger).await?;
    let (found, end, more) = ledger.read(wanted.kind.name, &wanted.arguments, from, most).await?;
    let events: Vec<Value> = found.iter().map(|event| Value::Object(event.shown())).collect();
    Ok(json!({
        "events": events,
        "cursor": wanted.cursor(end),
        "truncated": truncated,
        "hasMore": more,
        "nextPollMs": NEXT_POLL,
    }))
}
