//! Tools that change what the server offers, so that clients can watch it happen. Calling one twice undoes it.

use super::content::text_result;
use super::tool::{Request, Tool};
use crate::reference::core::{Change, Revision};
use crate::reference::offered::Extra;
use crate::reference::resources;
use crate::reference::rpc::Answer;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::new("test_trigger_tool_change", "Adds an extra tool to the list, or takes it away again.").runs(
            |request| async move {
                let now = request.call.server.toggle(Extra::Tool).await?;
                changed(&request, Change::Tools, now).await
            },
        ),
        Tool::new("test_trigger_prompt_change", "Adds an extra prompt to the list, or takes it away again.").runs(
            |request| async move {
                let now = request.call.server.toggle(Extra::Prompt).await?;
                changed(&request, Change::Prompts, now).await
            },
        ),
        Tool::new("test_trigger_resource_change", "Adds an extra resource to the list, or takes it away again.").runs(
            |request| async move {
                let now = request.call.server.toggle(Extra::Resource).await?;
                changed(&request, Change::Resources, now).await
            },
        ),
        Tool::new("test_trigger_resource_update", "Changes the content of test://watched-resource.").runs(
            |request| async move {
                let version = resources::touch(&request.call.server).await?;
                Ok(text_result(&format!("The resource is at version {version} now.")))
            },
        ),
        Tool::new("test_close_subscriptions", "Lets the server end every open subscriptions/listen stream.")
            .since(Revision::V2026_07_28)
            .runs(|request| async move {
                request.call.server.publish(Change::Close).await?;
                Ok(text_result("Every subscription is being closed."))
            }),
    ]
}

async fn changed(request: &Request, change: Change, there: bool) -> Answer {
    request.call.server.publish(change).await?;
    Ok(text_result(if there { "It is there now." } else { "It is gone again." }))
}
