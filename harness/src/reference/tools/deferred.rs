//! Tools that run as tasks (2025-11-25). Each takes a moment, so that the task can be seen at work.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::asking::question;
use super::content::{error, text_result};
use super::streaming::slow;
use super::tool::{Request, Tool};
use crate::reference::rpc::{Answer, Failure};
use crate::reference::tasks::{REVISION, Support};

/// How long the quick ones take.
const MOMENT: Duration = Duration::from_millis(60);
/// The code of a failure of our own making (JSON-RPC 2.0: -32000 to -32099 are the server's).
const FAILED: i64 = -32050;

pub(super) fn tools() -> Vec<Tool> {
    let tool = |name, description: &str| Tool::new(name, description).since(REVISION).until(REVISION);
    let quick = |_: Request| async {
        sleep(MOMENT).await;
        Ok(text_result("The work is done."))
    };
    vec![
        tool("test_task", "Works for a moment, as a task or not.").read_only().task(Support::Optional).runs(quick),
        tool("test_task_required", "Works for a moment, only as a task.")
            .read_only()
            .task(Support::Required)
            .runs(quick),
        slow("test_task_slow").since(REVISION).until(REVISION).task(Support::Optional),
        tool("test_task_error", "Fails as a tool does, after a moment.").read_only().task(Support::Optional).runs(
            |_| async {
                sleep(MOMENT).await;
                Ok(error("This tool always fails."))
            },
        ),
        tool("test_task_protocol_error", "Fails as a request does, after a moment.")
            .read_only()
            .task(Support::Optional)
            .runs(|_| async {
                sleep(MOMENT).await;
                Err(Failure::new(FAILED, "This request always fails.").with(json!({ "why": "it is made so" })))
            }),
        tool("test_task_elicitation", "Asks the user for a name, as a task or not.").task(Support::Optional).runs(name),
    ]
}

async fn name(request: Request) -> Answer {
    sleep(MOMENT).await;
    let properties = json!({ "name": { "type": "string", "description": "Your name" } });
    Ok(match question(&request, "What is your name?", &properties, &["name"]).await {
        Ok(result) => {
            let name = result.pointer("/content/name").and_then(Value::as_str).unwrap_or("nobody");
            text_result(&format!("Hello, {name}!"))
        }
        Err(reason) => error(&reason),
    })
}
