//! A tool that lets events of the draft extension happen, and what befalls them (2026-07-28).

use serde_json::{Value, json};

use super::content::text_result;
use super::tool::{Request, Tool};
use crate::reference::core::{Change, Revision};
use crate::reference::events::{News, deliver, gap, terminate};
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
            let (happened, streams) = ledger.emit(name, count);
            deliver(server, &happened);
            let counted = json!({ "streams": streams });
            result = text_result(&counted.to_string());
            if let Some(result) = result.as_object_mut() {
                result.insert("structuredContent".to_owned(), counted);
            }
        }
        "forget" => ledger.forget(),
        "gap" => {
            ledger.tell(News::Gap(name.to_owned()));
            gap(server, name);
        }
        "trouble" => ledger.tell(News::Trouble(name.to_owned())),
        "close" => ledger.tell(News::Close(name.to_owned())),
        "revoke" => terminate(server, name, &ledger.revoke(name)),
        "reserve" => ledger.reserve(name, request.call.caller.as_ref().map(|caller| caller.subject.clone())),
        "exhaust" => ledger.exhaust(name),
        "restore" => ledger.restore(name),
        other => {
            if other == "toggle_extra" {
                ledger.toggle_extra()
            } else {
                ledger.toggle_extended()
            }
            server.tell_all(Change::Events).await;
        }
    }
    Ok(result)
}
