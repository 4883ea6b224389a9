//! Completion of arguments (server/utilities/completion).

use serde_json::{Value, json};

use super::core::Call;
use super::rpc::{Answer, Failure, INTERNAL};
use super::{prompts, resources};

/// The most values that one result may have.
const MAX_VALUES: usize = 100;
/// How many ids the template can be completed with: more than fit into one result.
const IDS: usize = 250;

/// `completion/complete`.
pub(super) async fn complete(call: &Call) -> Answer {
    if !call.server.calls.admits() {
        return Err(Failure::new(INTERNAL, "too many completions in this second; slow down"));
    }
    let wrong = |what: &str| Failure::params(format!("completion/complete: {what}"));
    let member = |object: &str, name: &str| {
        let value = call.params.get(object).and_then(|object| object.get(name)).and_then(Value::as_str);
        value.ok_or_else(|| wrong(&format!("`{object}.{name}` must be a string")))
    };
    let (argument, typed) = (member("argument", "name")?, member("argument", "value")?);
    if let Some(context) = call.params.get("context") {
        let known = context.get("arguments");
        let strings = |known: &Value| known.as_object().is_some_and(|known| known.values().all(Value::is_string));
        if !context.is_object() || !known.is_none_or(strings) {
            return Err(wrong("`context.arguments` must be an object of strings"));
        }
    }
    let candidates: Vec<String> = match member("ref", "type")? {
        "ref/prompt" => {
            let name = member("ref", "name")?;
            let names = prompts::argument_names(call, name).await?;
            let names = names.ok_or_else(|| wrong(&format!("unknown prompt {name:?}")))?;
            if !names.iter().any(|known| known == argument) {
                return Err(wrong(&format!("prompt {name} has no argument {argument:?}")));
            }
            if name == prompts::BROKEN {
                return Err(Failure::new(INTERNAL, "the store of this prompt cannot be read"));
            }
            ["test", "testValue1", "testValue2", "testing"].map(str::to_owned).to_vec()
        }
        "ref/resource" => {
            let uri = member("ref", "uri")?;
            if uri == resources::TEMPLATE && argument == "id" {
                (0..IDS).map(|id| id.to_string()).collect()
            } else if resources::is_reference(&call.server, uri).await? {
                Vec::new()
            } else {
                return Err(wrong(&format!("unknown resource or template {uri:?}")));
            }
        }
        other => return Err(wrong(&format!("unknown reference type {other:?}"))),
    };
    let mut values: Vec<String> = candidates.into_iter().filter(|value| value.starts_with(typed)).collect();
    let total = values.len();
    values.truncate(MAX_VALUES);
    Ok(json!({ "completion": { "values": values, "total": total, "hasMore": total > MAX_VALUES } }))
}
