//! Tools that ask for input in their result (2026-07-28).

use serde_json::{Value, json};

use super::content::text_result;
use super::tool::{Request, Tool};
use crate::reference::core::Revision;
use crate::reference::mrtr::{elicit, input_required, list_roots, sample};
use crate::reference::rpc::{Answer, Failure, MISSING_CAPABILITY, Object};

pub(super) fn tools() -> Vec<Tool> {
    let tool = |name, description: &str| Tool::new(name, description).since(Revision::V2026_07_28);
    vec![
        tool("test_input_required_result_elicitation", "Asks the user for a name.").read_only().runs(name),
        tool("test_input_required_result_sampling", "Asks the client's model for the capital of France.").runs(capital),
        tool("test_input_required_result_list_roots", "Asks for the client's roots.").runs(roots),
        tool("test_input_required_result_request_state", "Asks the user to confirm, and keeps state meanwhile.")
            .read_only()
            .runs(confirm),
        tool("test_input_required_result_multiple_inputs", "Asks for a name, a greeting and the roots at once.")
            .read_only()
            .runs(several),
        tool("test_input_required_result_multi_round", "Asks the user two questions, one after the other.")
            .read_only()
            .runs(rounds),
        tool("test_input_required_result_tampered_state", "Asks the user to confirm; refuses changed state.")
            .runs(confirm),
        tool("test_input_required_result_capabilities", "Asks only for what the client declared.").runs(capabilities),
    ]
}

async fn name(request: Request) -> Answer {
    if let Some(content) = request.inputs.elicited("user_name")?
        && let Some(answer) = entered(&content, "name", "Hello, ", "!")
    {
        return Ok(answer);
    }
    request.call.require(&["elicitation"])?;
    Ok(input_required([("user_name", ask_name("What is your name?"))], None))
}

async fn capital(request: Request) -> Answer {
    if let Some(answer) = request.inputs.sampled("capital_question")? {
        return Ok(text_result(&answer));
    }
    request.call.require(&["sampling"])?;
    Ok(input_required([("capital_question", sample("What is the capital of France?", 100))], None))
}

async fn roots(request: Request) -> Answer {
    if let Some(roots) = request.inputs.roots("client_roots")? {
        return Ok(text_result(&format!("Roots: {}", roots.join(", "))));
    }
    request.call.require(&["roots"])?;
    Ok(input_required([("client_roots", list_roots())], None))
}

async fn confirm(request: Request) -> Answer {
    let answered = request.inputs.elicited("confirm")?;
    if let (Some(content), Some(_)) = (answered, &request.inputs.state) {
        let ok = content.get("ok").and_then(Value::as_bool).unwrap_or(false);
        return Ok(text_result(if ok { "state-ok: confirmed" } else { "state-ok: not confirmed" }));
    }
    request.call.require(&["elicitation"])?;
    let question = elicit("Please confirm", &json!({ "ok": { "type": "boolean" } }), &["ok"]);
    let state = request.inputs.issue(&request.call, &json!({ "asked": "confirm" }));
    Ok(input_required([("confirm", question)], Some(state)))
}

async fn several(request: Request) -> Answer {
    let inputs = &request.inputs;
    let answers = (inputs.elicited("user_name")?, inputs.sampled("greeting")?, inputs.roots("client_roots")?);
    if let ((Some(content), Some(greeting), Some(roots)), Some(_)) = (answers, &inputs.state) {
        let name = content.get("name").and_then(Value::as_str).unwrap_or("nobody");
        return Ok(text_result(&format!("{greeting} {name}; roots: {}", roots.join(", "))));
    }
    request.call.require(&["elicitation", "sampling", "roots"])?;
    let requests = [
        ("user_name", ask_name("What is your name?")),
        ("greeting", sample("Generate a greeting", 50)),
        ("client_roots", list_roots()),
    ];
    Ok(input_required(requests, Some(inputs.issue(&request.call, &json!({ "asked": "all" })))))
}

async fn rounds(request: Request) -> Answer {
    let inputs = &request.inputs;
    request.call.require(&["elicitation"])?;
    let step = inputs.state.as_ref().and_then(|state| state.get("step")).and_then(Value::as_u64).unwrap_or(0);
    let known = inputs.state.as_ref().and_then(|state| state.get("name")).and_then(Value::as_str);
    let ask_color = |name: &str| {
        let color = json!({ "color": { "type": "string" } });
        let question = elicit("Step 2: What is your favorite color?", &color, &["color"]);
        let state = inputs.issue(&request.call, &json!({ "step": 2, "name": name }));
        Ok(input_required([("step2", question)], Some(state)))
    };
    match (step, known) {
        (1, _) => {
            if let Some(content) = inputs.elicited("step1")? {
                match content.get("name").and_then(Value::as_str) {
                    Some(name) => return ask_color(name),
                    None if content.is_empty() => return Ok(text_result("The user gave no name.")),
                    None => {}
                }
            }
        }
        (2, Some(name)) => {
            let content = inputs.elicited("step2")?;
            return match content
                .as_ref()
                .map(|content| (content.is_empty(), content.get("color").and_then(Value::as_str)))
            {
                Some((_, Some(color))) => Ok(text_result(&format!("{name} likes {color}."))),
                Some((true, None)) => Ok(text_result("The user gave no color.")),
                _ => ask_color(name),
            };
        }
        _ => {}
    }
    let state = inputs.issue(&request.call, &json!({ "step": 1 }));
    Ok(input_required([("step1", ask_name("Step 1: What is your name?"))], Some(state)))
}

async fn capabilities(request: Request) -> Answer {
    if let Some(answer) = request.inputs.sampled("greeting")? {
        return Ok(text_result(&answer));
    }
    if let Some(content) = request.inputs.elicited("user_name")?
        && let Some(answer) = entered(&content, "name", "Hello, ", "!")
    {
        return Ok(answer);
    }
    if request.call.declares("sampling") {
        return Ok(input_required([("greeting", sample("Generate a greeting", 50))], None));
    }
    if request.call.declares("elicitation") {
        return Ok(input_required([("user_name", ask_name("What is your name?"))], None));
    }
    Err(Failure::new(MISSING_CAPABILITY, "the client supports neither sampling nor elicitation")
        .with(json!({ "requiredCapabilities": { "sampling": {} } }))
        .status(400))
}

fn ask_name(message: &str) -> Value {
    elicit(message, &json!({ "name": { "type": "string" } }), &["name"])
}

/// The result for what the user entered; `None` if the field is missing and must be asked for again.
fn entered(content: &Object, field: &str, before: &str, after: &str) -> Option<Value> {
    if content.is_empty() {
        return Some(text_result("The user did not answer."));
    }
    let value = content.get(field).and_then(Value::as_str)?;
    Some(text_result(&format!("{before}{value}{after}")))
}
