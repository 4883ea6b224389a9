//! Tools that answer with a task of the extension where the client declares it (2026-07-28).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::content::{error, text_result};
use super::tool::{Request, Tool};
use crate::reference::core::Revision;
use crate::reference::ext_tasks::{Handle, Terms, create, declared, require};
use crate::reference::mrtr::{elicit, input_required};
use crate::reference::rpc::{Answer, Failure, Object};

/// How long the quick ones take.
const MOMENT: Duration = Duration::from_millis(60);
/// The code of a failure of our own making; the protocol reserves -32768 to -32000 (basic, error codes).
const FAILED: i64 = 1050;
/// Most seconds of work.
const MAX_SECONDS: f64 = 600.0;

pub(super) fn tools() -> Vec<Tool> {
    let tool = |name, description: &str| Tool::new(name, description).since(Revision::V2026_07_28);
    let object =
        |properties: Value| json!({ "type": "object", "properties": properties, "additionalProperties": false });
    vec![
        tool("greet", "Greets whoever is named, at once.")
            .read_only()
            .takes(object(json!({ "name": { "type": "string" } })))
            .runs(|request| async move { Ok(text_result(&format!("Hello, {}!", request.text("name")))) }),
        tool(
            "slow_compute",
            "Computes for the given time: as a task where the client takes one, unless it takes no time.",
        )
        .read_only()
        .takes(object(json!({
            "seconds": { "type": "number", "minimum": 0, "maximum": MAX_SECONDS, "default": 1 },
            "label": { "type": "string" },
        })))
        .runs(compute),
        tool("failing_job", "Fails as a tool does, only as a task.")
            .read_only()
            .runs(async |request| ends(request, Ok(error("This job always fails."))).await),
        tool("protocol_error_job", "Fails as a request does, only as a task.").read_only().runs(async |request| {
            let failure = Failure::new(FAILED, "This job fails without a result.");
            ends(request, Err(failure.with(json!({ "why": "it is made so" })))).await
        }),
        tool("test_task_steady", "Works for a moment and comes to the same with a task and without.")
            .read_only()
            .runs(async |request| if declared(&request.call) { ends(request, steady()).await } else { steady() }),
        tool("test_task_failure", "Fails as a request does, with a task and without.").read_only().runs(
            async |request| {
                let failure = || Err(Failure::new(FAILED, "It never works.").with(json!({ "why": "it is made so" })));
                if declared(&request.call) { ends(request, failure()).await } else { failure() }
            },
        ),
        tool("test_task_unlimited", "Works for a moment, as a task that is kept for good.").read_only().runs(
            async |request| {
                require(&request.call)?;
                create(&request.call, Terms { ttl: None }, async |_| {
                    sleep(MOMENT).await;
                    steady()
                })
                .await
            },
        ),
        tool("test_task_expiring", "Works for the given time, or asks the user, as a task that is kept for so long.")
            .read_only()
            .takes(object(json!({
                "ttlMs": { "type": "integer", "minimum": 1, "maximum": 60_000, "default": 500 },
                "seconds": { "type": "number", "minimum": 0, "maximum": MAX_SECONDS, "default": 0 },
                "asks": { "type": "boolean", "default": false },
            })))
            .runs(expiring),
        tool("confirm_delete", "Asks the user to confirm, as a task; deletes nothing.")
            .takes(object(json!({ "filename": { "type": "string" } })))
            .runs(confirm),
        tool("multi_input", "Asks the user two questions at once, as a task.").read_only().runs(both),
        tool("test_task_rounds", "Asks the user two questions one after the other, as a task.")
            .read_only()
            .runs(rounds),
        tool("test_tool_with_task", "Asks the user for a name before it begins a task.").runs(name_first),
    ]
}

fn steady() -> Answer {
    Ok(text_result("The work is done."))
}

/// A task that comes to this after a moment.
async fn ends(request: Request, outcome: Answer) -> Answer {
    require(&request.call)?;
    let work = async |_| {
        sleep(MOMENT).await;
        outcome
    };
    create(&request.call, Terms::default(), work).await
}

/// A number among the arguments, up to a limit.
fn number(request: &Request, name: &str, or: f64) -> f64 {
    request.arguments.get(name).and_then(Value::as_f64).unwrap_or(or).clamp(0.0, MAX_SECONDS)
}

async fn compute(request: Request) -> Answer {
    let seconds = number(&request, "seconds", 1.0);
    let label = request.text("label").to_owned();
    let done = move || Ok(text_result(&format!("Computed {label} for {seconds} s.")));
    if seconds == 0.0 {
        return done();
    }
    let time = Duration::from_secs_f64(seconds);
    if !declared(&request.call) {
        sleep(time).await;
        return done();
    }
    let activity = request.call.server.activity.begin().await;
    let work = async move |_| {
        sleep(time).await;
        activity.finish();
        done()
    };
    create(&request.call, Terms::default(), work).await
}

async fn expiring(request: Request) -> Answer {
    require(&request.call)?;
    let ttl = request.arguments.get("ttlMs").and_then(Value::as_u64).unwrap_or(500);
    let time = Duration::from_secs_f64(number(&request, "seconds", 0.0));
    let asks = request.arguments.get("asks") == Some(&Value::Bool(true));
    if asks {
        request.call.require(&["elicitation"])?;
    }
    let work = async move |task: Handle| {
        sleep(time).await;
        if asks {
            task.ask(Object::from_iter([("in-time".to_owned(), yes_or_no("Is there still time?"))])).await?;
        }
        steady()
    };
    create(&request.call, Terms { ttl: Some(Duration::from_millis(ttl)) }, work).await
}

async fn confirm(request: Request) -> Answer {
    require(&request.call)?;
    request.call.require(&["elicitation"])?;
    let file = request.text("filename").to_owned();
    let work = async move |task: Handle| {
        let question = yes_or_no(&format!("Delete {file:?}?"));
        let answers = task.ask(Object::from_iter([("confirm".to_owned(), question)])).await?;
        let sure = answers.get("confirm").and_then(|answer| answer.pointer("/content/confirm")) == Some(&true.into());
        Ok(text_result(if sure { "It would be deleted now." } else { "It is kept." }))
    };
    create(&request.call, Terms::default(), work).await
}

async fn both(request: Request) -> Answer {
    require(&request.call)?;
    request.call.require(&["elicitation"])?;
    let work = async |task: Handle| {
        let questions = [("name", ask_name("What is your name?")), ("confirm", yes_or_no("Shall you be greeted?"))];
        let answers =
            task.ask(questions.map(|(key, question)| (key.to_owned(), question)).into_iter().collect()).await?;
        Ok(text_result(&format!("Hello, {}!", named(&answers, "name"))))
    };
    create(&request.call, Terms::default(), work).await
}

async fn rounds(request: Request) -> Answer {
    require(&request.call)?;
    request.call.require(&["elicitation"])?;
    let work = async |task: Handle| {
        let mut names = Vec::new();
        for key in ["first", "second"] {
            let question = ask_name(&format!("What is your {key} name?"));
            let answers = task.ask(Object::from_iter([(key.to_owned(), question)])).await?;
            names.push(named(&answers, key));
        }
        Ok(text_result(&format!("Hello, {}!", names.join(" "))))
    };
    create(&request.call, Terms::default(), work).await
}

async fn name_first(request: Request) -> Answer {
    require(&request.call)?;
    let Some(content) = request.inputs.elicited("user_name")? else {
        request.call.require(&["elicitation"])?;
        return Ok(input_required([("user_name", ask_name("What is your name?"))], None));
    };
    let name = content.get("name").and_then(Value::as_str).unwrap_or("nobody").to_owned();
    ends(request, Ok(text_result(&format!("Hello, {name}!")))).await
}

fn ask_name(message: &str) -> Value {
    elicit(message, &json!({ "name": { "type": "string" } }), &["name"])
}

fn yes_or_no(message: &str) -> Value {
    elicit(message, &json!({ "confirm": { "type": "boolean" } }), &["confirm"])
}

/// The name that the user gave.
fn named(answers: &Object, key: &str) -> String {
    let name = answers.get(key).and_then(|answer| answer.pointer("/content/name")).and_then(Value::as_str);
    name.unwrap_or("nobody").to_owned()
}
