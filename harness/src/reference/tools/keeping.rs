//! Tools about what is kept from one request to the next (2026-07-28).

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::content::{error, text, text_result};
use super::tool::{Request, Tool};
use crate::reference::Switch;
use crate::reference::core::{Revision, lock};
use crate::reference::mrtr::{elicit, input_required};
use crate::reference::rpc::{Answer, Failure, INTERNAL, Object};
use crate::reference::seal::random;
use crate::reference::stateless::member;

/// How long handles, spent states and pages are kept.
const LIFE: Duration = Duration::from_secs(3600);
/// Where the pages are; what follows names one of them.
const PAGES: &str = "https://example.com/api-key?page=";
/// How long the state that tells its lifetime lives.
const SHORT: Duration = Duration::from_millis(150);
/// The member of `_meta` in which it tells it, in milliseconds.
const LIFETIME: &str = "assay/stateTtlMs";

/// The client that last said its name: only a defective server looks at it.
pub(in crate::reference) type LastClient = Mutex<Option<String>>;

/// The field of maps that have but one.
const VALUE: &str = "";
/// A page that the user has yet to fill in.
const OPEN: &str = "open";
/// One that the user has filled in.
const DONE: &str = "done";

pub(super) fn tools() -> Vec<Tool> {
    let tool = |name, description: &str| Tool::new(name, description).since(Revision::V2026_07_28);
    vec![
        tool("test_client_name", "Returns the name that the client gives itself in this request.")
            .read_only()
            .runs(client_name),
        tool("test_counter", "Counts up. Without a handle it begins a new count and returns the handle to it.")
            .takes(json!({
                "type": "object",
                "properties": { "handle": { "type": "string", "description": "Of an earlier call, to count on" } },
                "additionalProperties": false,
            }))
            .with(
                "outputSchema",
                json!({
                    "type": "object",
                    "properties": { "handle": { "type": "string" }, "count": { "type": "integer" } },
                    "required": ["handle", "count"],
                }),
            )
            .runs(count),
        tool("test_input_required_result_short_state", "Asks the user to confirm; its state soon expires.")
            .runs(confirm_soon),
        tool("test_input_required_result_single_use", "Asks the user to confirm; its state counts once.")
            .runs(confirm_once),
        tool("test_input_required_result_url", "Sends the user to a URL to enter an API key, and stores that.")
            .runs(visit),
        tool("test_finish_visit", "Stands for the page at such a URL: the user enters the key there.")
            .takes(json!({
                "type": "object",
                "properties": {
                    "url": { "type": "string", "description": "The page" },
                    "secret": { "type": "string", "description": "What the user enters; it goes no further" },
                },
                "required": ["url"],
                "additionalProperties": false,
            }))
            .runs(finish),
    ]
}

async fn client_name(request: Request) -> Answer {
    let call = &request.call;
    let info = call.params.get("_meta").and_then(|meta| member(meta, "clientInfo"));
    let name = info.and_then(|info| info.get("name")).and_then(Value::as_str).map(str::to_owned);
    let mut last = lock(&call.server.last_client);
    if let Some(name) = &name {
        *last = Some(name.clone());
    }
    let known = if call.server.has(Switch::RemembersClient) { last.clone() } else { name };
    Ok(text_result(&known.unwrap_or_else(|| "nobody".to_owned())))
}

async fn count(request: Request) -> Answer {
    let counters = request.call.server.part(Switch::HandlesOnOneInstance);
    let key = |handle: &str| format!("counter {handle}");
    let handle = match request.arguments.get("handle").and_then(Value::as_str) {
        Some(handle) if counters.field(&key(handle), VALUE).await?.is_some() => handle.to_owned(),
        Some(_) => return Ok(error("There is no such count.")),
        None => fresh()?,
    };
    let count = counters.count(&key(&handle), VALUE, 1, LIFE).await?;
    let result = json!({ "handle": handle, "count": count });
    Ok(json!({ "content": [text(&result.to_string())], "structuredContent": result }))
}

async fn confirm_soon(request: Request) -> Answer {
    if let Some(answer) = confirmed(&request, async || Ok(())).await? {
        return Ok(answer);
    }
    let state = request.inputs.issue_for(&request.call, &json!({ "asked": "confirm" }), SHORT);
    let mut result = ask(&request, state)?;
    if let Some(result) = result.as_object_mut() {
        result.insert("_meta".to_owned(), json!({ LIFETIME: u64::try_from(SHORT.as_millis()).unwrap_or(u64::MAX) }));
    }
    Ok(result)
}

async fn confirm_once(request: Request) -> Answer {
    let spend = async || {
        let once = request.inputs.state.as_ref().and_then(|state| state.get("once")).and_then(Value::as_str);
        let key = format!("spent {}", once.unwrap_or_default());
        let first = request.call.server.part(Switch::StateOnOneInstance).add(&key, VALUE, "", LIFE).await?;
        if first || request.call.server.has(Switch::StateReusable) {
            Ok(())
        } else {
            Err(Failure::params("this `requestState` has been used; make the request anew"))
        }
    };
    if let Some(answer) = confirmed(&request, spend).await? {
        return Ok(answer);
    }
    let state = request.inputs.issue(&request.call, &json!({ "asked": "confirm", "once": fresh()? }));
    ask(&request, state)
}

async fn visit(request: Request) -> Answer {
    let agreed = request.inputs.agreed("visit")?;
    let page = request.inputs.state.as_ref().and_then(|state| state.get("page")).and_then(Value::as_str);
    let pages = &request.call.server.options.store;
    let page = match (agreed, page) {
        (Some(false), _) => return Ok(error("The user does not want to open the URL.")),
        (Some(true), Some(page)) if pages.field(&page_key(page), VALUE).await?.as_deref() == Some(DONE) => {
            return Ok(text_result("The key is stored."));
        }
        (_, Some(page)) => page.to_owned(),
        (_, None) => fresh()?,
    };
    request.call.require(&["elicitation.url"])?;
    let url = format!("{PAGES}{page}");
    pages.add(&page_key(&page), VALUE, OPEN, LIFE).await?;
    let params = json!({ "mode": "url", "message": "Enter your API key on this page.", "url": url });
    let question = json!({ "method": "elicitation/create", "params": params });
    let state = request.inputs.issue(&request.call, &json!({ "page": page }));
    Ok(input_required([("visit", question)], Some(state)))
}

async fn finish(request: Request) -> Answer {
    let page = request.text("url").strip_prefix(PAGES).unwrap_or_default();
    Ok(if request.call.server.options.store.swap(&page_key(page), VALUE, OPEN, DONE).await? {
        text_result("Thank you. You can close this page.")
    } else {
        error("Nothing is open here.")
    })
}

/// Of a page that a user was sent to.
fn page_key(page: &str) -> String {
    format!("page {page}")
}

/// The result once the user has answered; `spend` has a say before.
async fn confirmed(
    request: &Request,
    spend: impl AsyncFnOnce() -> Result<(), Failure>,
) -> Result<Option<Value>, Failure> {
    let answered: Option<Object> = request.inputs.elicited("confirm")?;
    let (Some(content), Some(_)) = (answered, &request.inputs.state) else { return Ok(None) };
    spend().await?;
    let ok = content.get("ok").and_then(Value::as_bool).unwrap_or(false);
    Ok(Some(text_result(if ok { "Confirmed." } else { "Not confirmed." })))
}

fn ask(request: &Request, state: String) -> Answer {
    request.call.require(&["elicitation"])?;
    let question = elicit("Please confirm", &json!({ "ok": { "type": "boolean" } }), &["ok"]);
    Ok(input_required([("confirm", question)], Some(state)))
}

fn fresh() -> Result<String, Failure> {
    let bytes = random::<16>().map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
