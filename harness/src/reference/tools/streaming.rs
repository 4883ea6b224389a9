//! Tools that take a while and report on the way.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::content::text_result;
use super::tool::{Request, Tool};
use crate::reference::core::Revision;
use crate::reference::logging::Level;
use crate::reference::mrtr::{elicit, input_required};
use crate::reference::rpc::{Answer, Failure, MISSING_CAPABILITY};

/// The pause between two reports.
const STEP: Duration = Duration::from_millis(50);
/// How soon the client should come back after the server hung up, in milliseconds.
const RETRY: u64 = 100;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::new("test_tool_with_progress", "Reports progress three times.").read_only().runs(progress),
        Tool::new("test_tool_with_logging", "Sends three log messages.").read_only().runs(|request| async move {
            request.call.log(Level::Info, "Tool execution started").await;
            for message in ["Tool processing data", "Tool execution completed"] {
                sleep(STEP).await;
                request.call.log(Level::Info, message).await;
            }
            Ok(text_result("Three messages were logged."))
        }),
        Tool::new("test_logging_tool", "Sends one log message of every level, the least severe first.")
            .read_only()
            .runs(|request| async move {
                for level in Level::all() {
                    request.call.log(level, &format!("A message of level {}", level.name())).await;
                }
                Ok(text_result("One message of every level was logged."))
            }),
        slow("test_slow"),
        Tool::new("test_reconnection", "Ends the connection before the result; resume the stream to get it.")
            .read_only()
            .since(Revision::V2025_11_25)
            .until(Revision::V2025_11_25)
            .runs(|request| async move {
                request.call.outbox.hang_up(RETRY).await;
                sleep(STEP).await;
                Ok(text_result("The stream was resumed."))
            }),
        Tool::new("test_end_connections", "Ends the connections that listen to this session; resume their streams.")
            .read_only()
            .since(Revision::V2025_03_26)
            .until(Revision::V2025_11_25)
            .runs(|request| async move {
                if let Some(session) = &request.call.session {
                    session.hang_up(RETRY).await?;
                }
                Ok(text_result("Whoever listened has to come back."))
            }),
        Tool::new("test_streaming_elicitation", "Streams progress, then asks the user for a name in its result.")
            .since(Revision::V2026_07_28)
            .runs(|request| async move {
                request.call.require(&["elicitation"])?;
                request.call.outbox.open();
                request.call.progress(1.0, 2.0, "Preparing the question").await;
                if let Some(content) = request.inputs.elicited("user_name")? {
                    let name = content.get("name").and_then(Value::as_str).unwrap_or("nobody");
                    return Ok(text_result(&format!("Hello, {name}!")));
                }
                let question = elicit("What is your name?", &json!({ "name": { "type": "string" } }), &["name"]);
                Ok(input_required([("user_name", question)], None))
            }),
        Tool::new("test_missing_capability", "Works only for clients that declare sampling.")
            .read_only()
            .since(Revision::V2026_07_28)
            .runs(needs_sampling),
    ]
}

/// A tool that takes the time it is told to.
pub(super) fn slow(name: &'static str) -> Tool {
    Tool::new(name, "Takes the given time, in so many steps, with progress at each; stops when it is cancelled.")
        .read_only()
        .takes(json!({
            "type": "object",
            "properties": {
                "seconds": { "type": "number", "minimum": 0, "maximum": 600, "default": 10 },
                "steps": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 10 },
            },
            "additionalProperties": false,
        }))
        .runs(|request| async move {
            let number = |name: &str| request.arguments.get(name).and_then(Value::as_f64).unwrap_or(10.0);
            let (seconds, steps) = (number("seconds").clamp(0.0, 600.0), number("steps").clamp(1.0, 1000.0));
            let work = request.call.server.activity.begin().await;
            request.call.outbox.open();
            let mut step = 0.0;
            while step < steps {
                step += 1.0;
                sleep(Duration::from_secs_f64(seconds / steps)).await;
                request.call.progress(step, steps, &format!("Step {step} of {steps}")).await;
            }
            work.finish();
            Ok(text_result(&format!("Done after {steps} steps.")))
        })
}

async fn progress(request: Request) -> Answer {
    request.call.progress(0.0, 100.0, "0 of 100").await;
    for done in [50.0, 100.0] {
        sleep(STEP).await;
        request.call.progress(done, 100.0, &format!("{done} of 100")).await;
    }
    Ok(text_result("Progress was reported three times."))
}

async fn needs_sampling(request: Request) -> Answer {
    if request.call.declares("sampling") {
        return Ok(text_result("The client declares sampling."));
    }
    Err(Failure::new(MISSING_CAPABILITY, "this tool needs the client to support sampling")
        .with(json!({ "requiredCapabilities": { "sampling": {} } }))
        .status(400))
}
