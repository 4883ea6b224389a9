//! A tool that lets events of the draft extension happen, and what befalls them (2026-07-28).

use serde_json::{Value, json};

use super::content::text_result;
use super::tool::{Request, Tool};
use crate::reference::core::{Change, Revision};
use crate::reference::events::{News, announce, deliver, gap, terminate};
use crate::reference::rpc::Answer;

/// Most events of one call.
const MOST: u64 = 100;

pub(super) fn tools() -> Vec<Tool> {
    let acts = [
        "emit",
        "forget",
        "gap",
        "trouble",
        "close",
        "revoke",
        "reserve",
        "exhaust",
        "restore",
        "toggle_extra",
        "toggle_member",
    ];
    let schema = json!({
        "type": "object",
        "properties": {
            "act": { "enum": acts },
            "name": { "type": "string", "default": "test.counted" },
            "count": { "type": "integer", "minimum": 1, "maximum": MOST, "default": 1 },
        },
        "required": ["act"],
        "additionalProperties": false,
    });
    let description = "Lets events of a type happen, or something befall those who wait for them.";
    vec![Tool::new("test_events", description).since(Revision::V2026_07_28).takes(schema).runs(act)]
}

async fn act(request: Request) -> Answer {
    let (server, ledger) = (&request.call.server, &request.call.server.events);
    let name = match request.text("name") {
        "" => "test.counted",
        name => name,
    };
    let mut result = text_result("Done.");
    match request.text("act") {
        "emit" => {
            let count = request.arguments.get("count").and_then(Value::as_u64).unwrap_or(1).min(MOST);
            let (happened, streams) = ledger.emit(name, count).await?;
            for event in &happened {
                announce(server, News::Event(Box::new(event.clone()))).await;
            }
            deliver(server, &happened).await?;
            let counted = json!({ "streams": streams });
            result = text_result(&counted.to_string());
            if let Some(result) = result.as_object_mut() {
                result.insert("structuredContent".to_owned(), counted);
            }
        }
        "forget" => ledger.forget().await?,
        "gap" => {
            announce(server, News::Gap(name.to_owned())).await;
            gap(server, name).await?;
        }
        "trouble" => announce(server, News::Trouble(name.to_owned())).await,
        "close" => announce(server, News::Close(name.to_owned())).await,
        "revoke" => {
            let failure = ledger.revoke(name).await?;
            announce(server, News::Terminated(name.to_owned(), failure.object())).await;
            terminate(server, name, &failure).await?;
        }
        "reserve" => ledger.reserve(name, request.call.caller.as_ref().map(|caller| caller.subject.clone())).await?,
        "exhaust" => ledger.exhaust(name).await?,
        "restore" => ledger.restore(name).await?,
        other => {
            if other == "toggle_extra" {
                if let Some(news) = ledger.toggle_extra().await? {
                    announce(server, news).await;
                }
            } else {
                ledger.toggle_extended().await?;
            }
            server.tell_all(Change::Events).await;
        }
    }
    Ok(result)
}
