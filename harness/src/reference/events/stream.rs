//! `events/stream`: events as they happen, on the stream of the request.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::sleep;

use super::Mode;
use super::ledger::{News, Occurrence};
use super::wanted::Wanted;
use crate::reference::Switch;
use crate::reference::core::Call;
use crate::reference::rpc::{Answer, INTERNAL, Object, notification};
use crate::reference::stateless::PREFIX;

/// How long a stream is quiet at most.
const HEARTBEAT: Duration = Duration::from_millis(200);
/// Most events from before that one stream brings.
const MOST: usize = 1024;

/// Delivers until the client or the server ends the stream; the result is sent only in the second case.
pub(super) async fn stream(call: &Call) -> Answer {
    let ledger = &call.server.events;
    let wanted = Wanted::read(call, Mode::Push).await?;
    let _open = ledger.open();
    // Taking part begins before the look, so that nothing after it is missed.
    let mut news = ledger.news.subscribe();
    let (from, truncated) = wanted.begin_or_now(ledger).await?;
    send(call, "active", json!({ "cursor": wanted.cursor(from), "truncated": truncated })).await;
    let (missed, mut next, _) = ledger.read(wanted.kind.name, &wanted.arguments, from, MOST).await?;
    for event in missed {
        deliver(call, &wanted, &event).await;
    }
    loop {
        let heard = tokio::select! {
            heard = news.recv() => heard,
            () = sleep(HEARTBEAT) => {
                send(call, "heartbeat", json!({ "cursor": wanted.cursor(ledger.now().await?) })).await;
                continue;
            }
            () = call.closing.cancelled() => break,
        };
        let mine = |name: &str| name == wanted.kind.name || call.server.has(Switch::DeliversUnrequested);
        match heard {
            Ok(News::Event(event))
                if mine(&event.name) && event.position >= next && event.passes(&wanted.arguments) =>
            {
                next = event.position + 1;
                deliver(call, &wanted, &event).await;
            }
            Ok(News::Gap(name)) if mine(&name) => {
                send(call, "active", json!({ "cursor": wanted.cursor(ledger.now().await?), "truncated": true })).await;
            }
            Ok(News::Trouble(name)) if mine(&name) => {
                let error = json!({ "code": INTERNAL, "message": "UpstreamError", "data": { "reason": "it rests" } });
                send(call, "error", json!({ "error": error })).await;
            }
            Ok(News::Terminated(name, failure)) if mine(&name) => {
                send(call, "terminated", json!({ "error": failure })).await;
                break;
            }
            Ok(News::Close(name)) if mine(&name) => break,
            Err(RecvError::Closed) => break,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
        }
    }
    Ok(json!({ "_meta": { format!("{PREFIX}subscriptionId"): call.id } }))
}

async fn deliver(call: &Call, wanted: &Wanted, event: &Occurrence) {
    let mut shown: Object = event.shown();
    shown.insert("cursor".to_owned(), wanted.cursor(event.position + 1));
    send(call, "event", Value::Object(shown)).await;
}

async fn send(call: &Call, what: &str, mut params: Value) {
    if let Some(params) = params.as_object_mut() {
        params.insert("_meta".to_owned(), json!({ format!("{PREFIX}subscriptionId"): call.id }));
    }
    call.outbox.send(&notification(&format!("notifications/events/{what}"), Some(params))).await;
}
