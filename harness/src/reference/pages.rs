//! Lists in pages (server/utilities/pagination).

use serde_json::{Value, json};

use super::Switch;
use super::core::{Call, Era};
use super::rpc::{Answer, Failure};
use super::stateless::cacheable;

/// Most pages of one list; a long list has longer pages than asked for.
const MAX_PAGES: usize = 8;

/// One page of `items` under the member `name`. A cursor holds a position; what comes and goes stands at the end of
/// the lists, so cursors stay good when they change.
pub(super) fn page(call: &Call, name: &str, items: Vec<Value>) -> Answer {
    let server = &call.server;
    let purpose = format!("cursor {}", call.method);
    let start = match call.params.get("cursor") {
        None => 0,
        Some(cursor) => {
            let after = cursor.as_str().and_then(|cursor| server.seal.open(&purpose, cursor));
            match after.as_ref().and_then(Value::as_u64) {
                Some(position) => usize::try_from(position).unwrap_or(usize::MAX),
                None if server.has(Switch::CursorUnchecked) => 0,
                None => {
                    return Err(Failure::params(format!("{}: `cursor` is not one of this server", call.method)));
                }
            }
        }
    };
    let size =
        server.faults.page_size(name).unwrap_or(server.options.page_size).max(items.len().div_ceil(MAX_PAGES)).max(1);
    let from = if start > 0 && server.has(Switch::PagesOverlap) { start - 1 } else { start };
    let end = start.saturating_add(size);
    let more = end < items.len();
    let slice: Vec<Value> = items.into_iter().take(end).skip(from).collect();
    let mut result = json!({ name: slice });
    if more && let Some(result) = result.as_object_mut() {
        let next = if start > 0 && server.has(Switch::CursorStuck) { start } else { end };
        result.insert("nextCursor".into(), server.seal.issue(&purpose, &json!(next), None).into());
    }
    Ok(match call.era() {
        Era::Handshake => result,
        Era::Stateless => cacheable(server, result),
    })
}
