//! Tools that send the user to a URL (URL mode elicitation, 2025-11-25).

use serde_json::{Value, json};
use tokio::time::timeout;

use super::asking::ask;
use super::content::{error, text_result};
use super::tool::{Request, Tool};
use crate::reference::core::Revision;
use crate::reference::interactions::completed;
use crate::reference::rpc::{Answer, Failure, URL_ELICITATION_REQUIRED};

pub(super) fn tools() -> Vec<Tool> {
    let tool = |name, description: &str| {
        Tool::new(name, description).since(Revision::V2025_11_25).until(Revision::V2025_11_25)
    };
    vec![
        tool("test_url_elicitation", "Lets the user enter an API key at a URL, and waits until that is done.")
            .runs(visit),
        tool("test_url_elicitation_required", "Works once the user has entered an API key at a URL.").runs(require),
        tool("test_finish_url_elicitation", "Stands for the page at such a URL: the user enters the key there.")
            .takes(json!({
                "type": "object",
                "properties": {
                    "elicitationId": { "type": "string", "description": "Which elicitation the user answers" },
                    "secret": { "type": "string", "description": "What the user enters; it goes no further" },
                },
                "required": ["elicitationId"],
                "additionalProperties": false,
            }))
            .runs(|request| async move {
                let known = request.call.server.finish_interaction(request.text("elicitationId")).await?;
                Ok(if known {
                    text_result("Thank you. You can close this page.")
                } else {
                    error("Nothing is open here.")
                })
            }),
    ]
}

async fn visit(request: Request) -> Answer {
    let call = &request.call;
    let Some(session) = &call.session else { return Ok(error("there is no session to ask the client in")) };
    let id = call.server.begin_interaction(session, true).await?;
    let consent = match ask(&request, "elicitation.url", "elicitation/create", invitation(&id)).await {
        Ok(consent) => consent,
        Err(reason) => return Ok(error(&reason)),
    };
    if consent.get("action").and_then(Value::as_str) != Some("accept") {
        return Ok(error("The user does not want to open the URL."));
    }
    let deadline = call.server.options.client_deadline;
    match timeout(deadline, call.server.interaction_done(session, &id)).await {
        Ok(done) => done?,
        Err(_) => return Ok(error(&format!("the user did not enter a key within {deadline:?}"))),
    }
    call.outbox.send(&completed(&id)).await;
    Ok(text_result("The key is stored."))
}

async fn require(request: Request) -> Answer {
    let call = &request.call;
    let Some(session) = &call.session else { return Ok(error("there is no session to ask the client in")) };
    if call.server.take_finished(session).await? {
        return Ok(text_result("The key is there, so this works."));
    }
    if !call.declares("elicitation.url") {
        return Ok(error("the client does not support elicitation by URL"));
    }
    let id = call.server.begin_interaction(session, false).await?;
    let failure = Failure::new(URL_ELICITATION_REQUIRED, "this tool needs an API key that the user enters at a URL");
    Err(failure.with(json!({ "elicitations": [invitation(&id)] })))
}

fn invitation(id: &str) -> Value {
    let url = format!("https://example.com/api-key?elicitation={id}");
    json!({ "mode": "url", "message": "Enter your API key on this page.", "url": url, "elicitationId": id })
}
