//! Prompts (server/prompts).

use serde_json::{Value, json};

use super::arguments;
use super::core::{Call, Era};
use super::mrtr::{Inputs, elicit, input_required};
use super::offered::Extra;
use super::pages::page;
use super::rpc::{Answer, Failure, INTERNAL, Object};
use super::tools::content::{PNG, image, text};

/// The prompt whose arguments can be completed.
pub(super) const WITH_ARGUMENTS: &str = "test_prompt_with_arguments";
const INPUT_REQUIRED: &str = "test_input_required_result_prompt";
/// The prompt that fails inside the server.
pub(super) const BROKEN: &str = "test_broken_prompt";
const EXTRA: &str = "test_extra_prompt";

/// `prompts/list`.
pub(super) async fn list(call: &Call) -> Answer {
    page(call, "prompts", all(call).await?)
}

/// `prompts/get`.
pub(super) async fn get(call: &Call) -> Answer {
    let name = call.text("name")?;
    let all = all(call).await?;
    let prompt = all.iter().find(|prompt| prompt["name"] == name);
    let prompt = prompt.ok_or_else(|| Failure::params(format!("unknown prompt: {name}")))?;
    let given = arguments::read(&call.method, &call.params)?;
    let text_of = |argument: &str| given.get(argument).and_then(Value::as_str).unwrap_or_default();
    for argument in prompt["arguments"].as_array().into_iter().flatten() {
        let argument = argument["name"].as_str().unwrap_or_default();
        if !given.get(argument).is_some_and(Value::is_string) {
            return Err(Failure::params(format!(
                "prompt {name}: argument `{argument}` is required and must be a string"
            )));
        }
    }
    let inputs = Inputs::read(call, name, &given)?;
    let messages = match name {
        "test_simple_prompt" => vec![user(text("This is a simple prompt for testing."))],
        WITH_ARGUMENTS => {
            let (first, second) = (text_of("arg1"), text_of("arg2"));
            vec![user(text(&format!("Prompt with arguments: arg1='{first}', arg2='{second}'")))]
        }
        "test_prompt_with_embedded_resource" => {
            let uri = text_of("resourceUri");
            let body = "Embedded resource content for testing.";
            let resource = json!({ "uri": uri, "mimeType": "text/plain", "text": body });
            vec![
                user(json!({ "type": "resource", "resource": resource })),
                user(text("Please process the embedded resource above.")),
            ]
        }
        "test_prompt_with_image" => vec![user(image(PNG)), user(text("Please analyze the image above."))],
        BROKEN => return Err(Failure::new(INTERNAL, "the store of this prompt cannot be read")),
        INPUT_REQUIRED => return with_input(call, &inputs),
        _ => vec![user(text("This prompt comes and goes."))],
    };
    Ok(result(prompt, messages))
}

/// The names of a prompt's arguments; `None` if there is no such prompt.
pub(super) async fn argument_names(call: &Call, name: &str) -> Result<Option<Vec<String>>, Failure> {
    let prompt = all(call).await?.into_iter().find(|prompt| prompt["name"] == name);
    Ok(prompt.map(|prompt| {
        let names = prompt["arguments"].as_array().into_iter().flatten();
        names.filter_map(|argument| argument["name"].as_str().map(str::to_owned)).collect()
    }))
}

async fn all(call: &Call) -> Result<Vec<Value>, Failure> {
    let prompt = |name: &str, description: &str, arguments: &[(&str, &str)]| {
        let mut prompt = json!({ "name": name, "description": description });
        if let (false, Some(prompt)) = (arguments.is_empty(), prompt.as_object_mut()) {
            let argument = |(name, description): &(&str, &str)| json!({ "name": name, "description": description, "required": true });
            prompt.insert("arguments".into(), arguments.iter().map(argument).collect());
        }
        prompt
    };
    let mut all = vec![
        prompt("test_simple_prompt", "One message without arguments.", &[]),
        prompt(WITH_ARGUMENTS, "Puts two arguments into a text.", &[("arg1", "First value"), ("arg2", "Second value")]),
        prompt("test_prompt_with_embedded_resource", "Embeds a resource.", &[("resourceUri", "URI to embed")]),
        prompt("test_prompt_with_image", "Carries an image.", &[]),
        prompt(BROKEN, "Can never be got: the server fails inside.", &[("topic", "Anything")]),
    ];
    if call.era() == Era::Stateless {
        all.push(prompt(INPUT_REQUIRED, "Asks the user before it answers.", &[]));
    }
    if call.server.offers(Extra::Prompt).await? {
        all.push(prompt(EXTRA, "Comes and goes with test_trigger_prompt_change.", &[]));
    }
    Ok(all)
}

fn with_input(call: &Call, inputs: &Inputs) -> Answer {
    let ask = || {
        call.require(&["elicitation"])?;
        let schema = json!({ "context": { "type": "string", "description": "What the prompt is about" } });
        let request = elicit("What context should the prompt use?", &schema, &["context"]);
        Ok(input_required([("user_context", request)], None))
    };
    let Some(content) = inputs.elicited("user_context")? else {
        return ask();
    };
    match content.get("context").and_then(Value::as_str) {
        Some(context) => Ok(json!({ "messages": [user(text(&format!("Use this context: {context}")))] })),
        None if content.is_empty() => Ok(json!({ "messages": [user(text("The user gave no context."))] })),
        None => ask(),
    }
}

fn user(content: Value) -> Value {
    json!({ "role": "user", "content": content })
}

fn result(prompt: &Value, messages: Vec<Value>) -> Value {
    let mut result = Object::new();
    result.insert("description".into(), prompt["description"].clone());
    result.insert("messages".into(), messages.into());
    Value::Object(result)
}
