//! The resources, prompts and completions.

use std::sync::atomic::Ordering::SeqCst;

use rmcp::ErrorData;
use rmcp::model::*;
use serde_json::{Value, json};

use crate::asking::Form;
use crate::changes::{Changes, WATCHED};
use crate::tools::{PNG, is_stateless};
use crate::{Context, refused, typed};

pub fn resources(changes: &Changes) -> Vec<Resource> {
    let mut all = vec![
        Resource::new("test://static-text", "text").with_mime_type("text/plain"),
        Resource::new("test://static-binary", "binary").with_mime_type("image/png"),
        Resource::new(WATCHED, "watched").with_mime_type("text/plain"),
    ];
    if !changes.replica {
        all.push(Resource::new("test://activity", "activity").with_mime_type("application/json"));
    }
    if changes.resources.load(SeqCst) {
        all.push(Resource::new("test://extra", "extra"));
    }
    all
}

pub fn template() -> ResourceTemplate {
    ResourceTemplate::new("test://template/{id}/data", "template").with_mime_type("application/json")
}

pub fn read(uri: &str, changes: &Changes) -> Option<Value> {
    let text = |mime: &str, text: String| Some(json!({ "uri": uri, "mimeType": mime, "text": text }));
    match uri {
        "test://static-text" => text("text/plain", "This is the content of the static text resource.".into()),
        "test://static-binary" => Some(json!({ "uri": uri, "mimeType": "image/png", "blob": PNG })),
        "test://activity" if !changes.replica => {
            text("application/json", json!({ "cancelled": changes.cancelled.load(SeqCst) }).to_string())
        }
        "test://extra" if changes.resources.load(SeqCst) => text("text/plain", "This resource comes and goes.".into()),
        WATCHED => text("text/plain", format!("Changed {} times.", changes.updates.load(SeqCst))),
        _ => {
            let id = uri.strip_prefix("test://template/")?.strip_suffix("/data")?;
            let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            text("application/json", data.to_string())
        }
    }
}

pub fn prompts(changes: &Changes) -> Vec<Prompt> {
    let prompt = |name: &str, arguments: &[&str]| {
        let arguments = arguments
            .iter()
            .map(|name| PromptArgument::new(*name).with_description(format!("The {name}")).with_required(true));
        Prompt::new(name, Some(format!("The prompt {name}")), Some(arguments.collect()))
    };
    let mut all = vec![
        prompt("test_simple_prompt", &[]),
        prompt("test_prompt_with_arguments", &["arg1", "arg2"]),
        prompt("test_prompt_with_embedded_resource", &["resourceUri"]),
        prompt("test_prompt_with_image", &[]),
        prompt("test_input_required_result_prompt", &[]),
    ];
    if changes.prompts.load(SeqCst) {
        all.push(prompt("extra_prompt", &[]));
    }
    all
}

pub fn prompt(request: &GetPromptRequestParams, context: &Context) -> Result<GetPromptResponse, ErrorData> {
    let argument = |name: &str| {
        let given = request.arguments.as_ref().and_then(|arguments| arguments.get(name)).and_then(Value::as_str);
        given.ok_or_else(|| refused(format!("the argument {name} is missing")))
    };
    let text = |text: &str| json!({ "type": "text", "text": text });
    let contents = match request.name.as_str() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "extra_prompt" => vec![text("This prompt comes and goes.")],
        "test_prompt_with_arguments" => {
            let (arg1, arg2) = (argument("arg1")?, argument("arg2")?);
            vec![text(&format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"))]
        }
        "test_prompt_with_embedded_resource" => {
            let embedded = "Embedded resource content for testing.";
            let resource = json!({ "uri": argument("resourceUri")?, "mimeType": "text/plain", "text": embedded });
            let shown = json!({ "type": "resource", "resource": resource });
            vec![shown, text("Please process the embedded resource above.")]
        }
        "test_prompt_with_image" => {
            let image = json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
            vec![image, text("Please analyze the image above.")]
        }
        "test_input_required_result_prompt" if is_stateless(context) => {
            let message = "What context should the prompt use?";
            let form = Form { key: "user_context", message, field: "context", kind: "string" };
            match form.entered(&request.input_responses) {
                Some(entered) => vec![text(&format!("Use this context: {entered}"))],
                None => {
                    let questions = [(form.key.to_owned(), form.question(context)?)];
                    return Ok(InputRequiredResult::from_input_requests(questions.into()).into());
                }
            }
        }
        other => return Err(refused(format!("no prompt {other}"))),
    };
    let messages = contents.into_iter().map(|content| typed(json!({ "role": "user", "content": content })));
    Ok(GetPromptResult::new(messages.collect()).into())
}

pub fn complete(request: &CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    let known = match &request.r#ref {
        Reference::Prompt(prompt) => prompts(&Changes::default()).iter().any(|each| each.name == prompt.name),
        Reference::Resource(resource) => resource.uri == template().uri_template,
        _ => false,
    };
    if !known {
        return Err(refused("there is nothing of that name to complete for"));
    }
    let values =
        ["testValue1", "testValue2", "other"].into_iter().filter(|value| value.starts_with(&request.argument.value));
    let values = CompletionInfo::new(values.map(str::to_owned).collect()).map_err(refused)?;
    Ok(CompleteResult::new(values))
}
