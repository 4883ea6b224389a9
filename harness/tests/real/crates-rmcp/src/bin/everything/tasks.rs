//! Tools that are answered with a task of the extension (2026-07-28), by the names of scenarios/contract.yaml.

use std::sync::LazyLock;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::*;
use rmcp::task_manager::{TaskContext, TaskExit, TaskManager, TaskOptions};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::asking::{Form, NAME};
use crate::tools::{Answer, Call, input_required, text};

/// Those of all clients, which have no sessions.
pub static TASKS: LazyLock<TaskManager> = LazyLock::new(TaskManager::new);
/// How long the quick ones take.
const MOMENT: Duration = Duration::from_millis(60);
const POLL_INTERVAL_MS: u64 = 50;
/// The code of a failure of our own making.
const FAILED: ErrorCode = ErrorCode(1050);

/// The tools that take no arguments.
pub const PLAIN: [&str; 8] = [
    "failing_job",
    "protocol_error_job",
    "confirm_delete",
    "multi_input",
    "test_task_rounds",
    "test_tool_with_task",
    "test_task_steady",
    "test_task_failure",
];
/// Those that take some, and which.
pub fn with_arguments() -> [(&'static str, Value); 3] {
    let (number, integer) = (json!({ "type": "number" }), json!({ "type": "integer" }));
    [
        ("slow_compute", json!({ "seconds": number, "label": { "type": "string" } })),
        ("test_task_expiring", json!({ "ttlMs": integer, "seconds": number, "asks": { "type": "boolean" } })),
        ("test_task_unlimited", json!({})),
    ]
}

/// Whether a tool is one of these.
pub fn has(name: &str) -> bool {
    PLAIN.contains(&name) || with_arguments().iter().any(|(other, _)| *other == name)
}

type Outcome = Result<CallToolResult, TaskExit>;

fn done() -> Outcome {
    Ok(CallToolResult::success(vec![ContentBlock::text("The work is done.")]))
}

fn failure() -> ErrorData {
    ErrorData::new(FAILED, "This fails without a result.", None)
}

fn yes_or_no(message: &'static str) -> Form<'static> {
    Form { key: "confirm", message, field: "confirm", kind: "boolean" }
}

/// Begins a task, whose work is left when the task is cancelled.
fn begin<F>(options: TaskOptions, work: impl FnOnce(TaskContext) -> F) -> Answer
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let task = TASKS.spawn(options.with_poll_interval_ms(POLL_INTERVAL_MS), |task| {
        let (stopped, work) = (task.clone(), work(task));
        Box::pin(async move {
            tokio::select! {
                () = stopped.cancelled() => Err(TaskExit::Cancelled),
                outcome = work => outcome,
            }
        })
    });
    Ok(CallToolResponse::Task(CreateTaskResult::new(task)))
}

/// A task that comes to this after a moment.
fn ends(options: TaskOptions, outcome: Outcome) -> Answer {
    begin(options, |_| async {
        sleep(MOMENT).await;
        outcome
    })
}

/// One `tools/call` of these tools. That a client that takes no tasks gets none is up to the SDK.
pub async fn run(call: &Call<'_>) -> Answer {
    let context = &call.context;
    let takes_tasks = context.client_capabilities().is_some_and(|declared| declared.supports_tasks());
    let usual = TaskOptions::new();
    let time = Duration::from_secs_f64(call.argument("seconds").and_then(Value::as_f64).unwrap_or(0.0).max(0.0));
    match call.params.name.as_ref() {
        "slow_compute" if takes_tasks => begin(usual, move |_| async move {
            sleep(time).await;
            done()
        }),
        "slow_compute" => {
            sleep(time).await;
            Ok(text("The work is done."))
        }
        "failing_job" => ends(usual, Ok(CallToolResult::error(vec![ContentBlock::text("This always fails.")]))),
        "protocol_error_job" => ends(usual, Err(TaskExit::Error(failure()))),
        "test_task_steady" if !takes_tasks => Ok(text("The work is done.")),
        "test_task_failure" if !takes_tasks => Err(failure()),
        "test_task_failure" => ends(usual, Err(TaskExit::Error(failure()))),
        "test_task_unlimited" => ends(usual.with_ttl_ms(None), done()),
        "test_task_expiring" => {
            let question = call.argument("asks").and_then(Value::as_bool).unwrap_or(false);
            let question = question.then(|| yes_or_no("Is there still time?").question(context)).transpose()?;
            let ttl = call.argument("ttlMs").and_then(Value::as_u64).unwrap_or(500);
            begin(usual.with_ttl_ms(ttl), move |task| async move {
                sleep(time).await;
                if let Some(question) = question {
                    task.request_input("in-time", question).await?;
                }
                done()
            })
        }
        "confirm_delete" => {
            let question = yes_or_no("Delete it?").question(context)?;
            begin(usual, move |task| async move {
                task.request_input("confirm", question).await?;
                done()
            })
        }
        "multi_input" => {
            let (name, sure) = (NAME.question(context)?, yes_or_no("Shall you be greeted?").question(context)?);
            begin(usual, move |task| async move {
                tokio::try_join!(task.request_input("name", name), task.request_input("confirm", sure))?;
                done()
            })
        }
        "test_task_rounds" => {
            let (first, second) = (NAME.question(context)?, yes_or_no("Is that your name?").question(context)?);
            begin(usual, move |task| async move {
                task.request_input("first", first).await?;
                task.request_input("second", second).await?;
                done()
            })
        }
        "test_tool_with_task" if NAME.entered(&call.params.input_responses).is_none() => {
            Ok(input_required([(NAME.key, NAME.question(context)?)], None))
        }
        _ => ends(usual, done()),
    }
}
