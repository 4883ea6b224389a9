//! The resources, prompts and completions.

use rust_mcp_sdk::RequestContext;
use rust_mcp_sdk::schema::{CompleteRequestParams, CompleteRequestRef, GetPromptRequestParams, RpcError, ServerResult};
use serde_json::{Value, json};

use crate::complete;
use crate::tools::{Form, PNG, input_required};

const TEMPLATE: (&str, &str) = ("test://template/", "/data");

pub fn resources() -> Value {
    json!([
        { "uri": "test://static-text", "name": "text", "mimeType": "text/plain" },
        { "uri": "test://static-binary", "name": "binary", "mimeType": "image/png" },
        { "uri": "test://watched-resource", "name": "watched", "mimeType": "text/plain" },
    ])
}

pub fn templates() -> Value {
    json!([{ "uriTemplate": "test://template/{id}/data", "name": "template", "mimeType": "application/json" }])
}

pub fn read(uri: &str) -> Option<Value> {
    let text = |mime: &str, text: String| Some(json!({ "uri": uri, "mimeType": mime, "text": text }));
    match uri {
        "test://static-text" => text("text/plain", "This is the content of the static text resource.".into()),
        "test://watched-resource" => text("text/plain", "This resource can be watched.".into()),
        "test://static-binary" => Some(json!({ "uri": uri, "mimeType": "image/png", "blob": PNG })),
        _ => {
            let id = uri.strip_prefix(TEMPLATE.0)?.strip_suffix(TEMPLATE.1)?;
            let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            text("application/json", data.to_string())
        }
    }
}

pub fn prompts() -> Value {
    let argument = |name: &str| json!({ "name": name, "description": format!("The {name}"), "required": true });
    let prompt = |name: &str, arguments: Vec<Value>| json!({ "name": name, "description": format!("The prompt {name}"), "arguments": arguments });
    json!([
        prompt("test_simple_prompt", vec![]),
        prompt("test_prompt_with_arguments", vec![argument("arg1"), argument("arg2")]),
        prompt("test_prompt_with_embedded_resource", vec![argument("resourceUri")]),
        prompt("test_prompt_with_image", vec![]),
        prompt("test_input_required_result_prompt", vec![]),
    ])
}

pub fn prompt(params: GetPromptRequestParams, context: &RequestContext) -> Result<ServerResult, RpcError> {
    let argument = |name: &str| {
        let given = params.arguments.as_ref().and_then(|arguments| arguments.get(name));
        given.ok_or_else(|| RpcError::invalid_params().with_message(format!("the argument {name} is missing")))
    };
    let text = |text: &str| json!({ "type": "text", "text": text });
    let contents = match params.name.as_str() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (arg1, arg2) = (argument("arg1")?, argument("arg2")?);
            vec![text(&format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"))]
        }
        "test_prompt_with_embedded_resource" => {
            let resource = json!({ "uri": argument("resourceUri")?, "mimeType": "text/plain",
                "text": "Embedded resource content for testing." });
            let question = text("Please process the embedded resource above.");
            vec![json!({ "type": "resource", "resource": resource }), question]
        }
        "test_prompt_with_image" => {
            let image = json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
            vec![image, text("Please analyze the image above.")]
        }
        "test_input_required_result_prompt" => {
            let message = "What context should the prompt use?";
            let form = Form { key: "user_context", message, field: "context", kind: "string" };
            match form.entered(&params.input_responses) {
                Some(entered) => vec![text(&format!("Use this context: {entered}"))],
                None => return Ok(input_required(json!({ form.key: form.question(context)? }), None)),
            }
        }
        other => return Err(RpcError::invalid_params().with_message(format!("no prompt {other}"))),
    };
    let messages: Vec<Value> =
        contents.into_iter().map(|content| json!({ "role": "user", "content": content })).collect();
    Ok(ServerResult::GetPromptResult(complete(json!({ "messages": messages }))))
}

pub fn completions(params: &CompleteRequestParams) -> Result<Vec<&'static str>, RpcError> {
    let known = match &params.ref_ {
        CompleteRequestRef::PromptReference(prompt) => {
            prompts().as_array().is_some_and(|all| all.iter().any(|each| each["name"] == prompt.name))
        }
        CompleteRequestRef::ResourceTemplateReference(template) => templates()[0]["uriTemplate"] == template.uri,
    };
    if !known {
        return Err(RpcError::invalid_params().with_message("there is nothing of that name to complete for"));
    }
    let values = ["testValue1", "testValue2", "other"];
    Ok(values.into_iter().filter(|value| value.starts_with(&params.argument.value)).collect())
}
