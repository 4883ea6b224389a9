//! A tool that says to the client, one after the other, what its arguments list. It is in no list: the server that a
//! scenario for clients wants is made with it. From 2026-07-28 on it asks in results, one question in each round.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::content::{error, text_result};
use super::tool::{Request, Tool};
use crate::reference::core::Era;
use crate::reference::mrtr::input_required;
use crate::reference::rpc::notification;

/// The tool.
pub(super) const NAME: &str = "converse";

/// Most that is said in one call.
const MAX_ITEMS: usize = 64;
/// How long the client may take for an answer, unless an item says otherwise.
const WITHIN: Duration = Duration::from_secs(5);
/// The longest that an item may wait.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// What was asked under a name: the id, and what the client answered, if it did.
#[derive(Debug, Default)]
struct Asked {
    id: String,
    answer: Option<Value>,
}

pub(super) fn tools() -> Vec<Tool> {
    let item = json!({
        "type": "object",
        "properties": {
            "ask": { "type": "string", "description": "The method of a request" },
            "notify": { "type": "string", "description": "The method of a notification" },
            "pause": { "type": "integer", "minimum": 0, "description": "Milliseconds to wait" },
            "as": { "type": "string", "description": "What an `ask` is called" },
            "params": { "description": "Params; { $answer: NAME.result.member } and { $id: NAME } lead to an earlier `ask`" },
            "within": { "type": "integer", "minimum": 0, "description": "Milliseconds to wait for the answer" },
            "aside": { "type": "boolean", "description": "Says it on the stream that belongs to no request" },
        },
        "additionalProperties": false,
    });
    vec![
        Tool::new(NAME, "Says to the client what `say` lists, one after the other.")
            .takes(json!({
                "type": "object",
                "properties": { "say": { "type": "array", "items": item, "maxItems": MAX_ITEMS } },
                "required": ["say"],
                "additionalProperties": false,
            }))
            .runs(|request| async move {
                match request.call.era() {
                    Era::Handshake => Ok(converse(&request).await),
                    Era::Stateless => Ok(in_rounds(&request).await),
                }
            }),
    ]
}

/// Goes on after the question whose answer the call brings along. The state holds where that was, and the answers so far.
async fn in_rounds(request: &Request) -> Value {
    let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
    let state = request.inputs.state.as_ref();
    for (name, answer) in state.and_then(|state| state.get("answers")?.as_object()).into_iter().flatten() {
        asked.insert(name.clone(), Asked { id: String::new(), answer: Some(answer.clone()) });
    }
    let say = request.arguments.get("say").and_then(Value::as_array);
    let mut next = 0;
    if let Some(at) = state.and_then(|state| state.get("asked")?.as_u64()).and_then(|at| usize::try_from(at).ok()) {
        let key = key(at, say.and_then(|say| say.get(at)));
        let answer = request.inputs.response(&key).map(|result| json!({ "result": result }));
        asked.insert(key, Asked { id: String::new(), answer });
        next = at + 1;
    }
    for (at, item) in say.into_iter().flatten().enumerate().skip(next) {
        let Some(params) = prepared(item, &asked).await else { continue };
        if let Some(method) = text(item, "notify") {
            request.call.outbox.send(&notification(method, params)).await;
        } else if let Some(method) = text(item, "ask") {
            let answers: Map<_, _> =
                asked.into_iter().filter_map(|(name, asked)| Some((name, asked.answer?))).collect();
            let state = request.inputs.issue(&request.call, &json!({ "asked": at, "answers": answers }));
            let question = json!({ "method": method, "params": params.unwrap_or_else(|| json!({})) });
            return input_required([(key(at, Some(item)).as_str(), question)], Some(state));
        }
    }
    text_result("All of it was said.")
}

/// What a question is called in a result.
fn key(at: usize, item: Option<&Value>) -> String {
    item.and_then(|item| text(item, "as")).map_or_else(|| format!("question_{at}"), str::to_owned)
}

fn text<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    item.get(name).and_then(Value::as_str)
}

fn millis(item: &Value, name: &str) -> Option<Duration> {
    item.get(name).and_then(Value::as_u64).map(|ms| Duration::from_millis(ms).min(MAX_WAIT))
}

/// Waits as long as the item says; then its params with references replaced, `None` where one leads nowhere.
async fn prepared(item: &Value, asked: &BTreeMap<String, Asked>) -> Option<Option<Value>> {
    if let Some(pause) = millis(item, "pause") {
        sleep(pause).await;
    }
    item.get("params").map_or(Some(None), |params| filled(params, asked).map(Some))
}

async fn converse(request: &Request) -> Value {
    let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
    let say = request.arguments.get("say").and_then(Value::as_array);
    for item in say.into_iter().flatten() {
        if let Err(problem) = one(request, item, &mut asked).await {
            return error(&problem);
        }
    }
    text_result("All of it was said.")
}

/// Says one thing; one that refers to an answer that did not come is left out.
async fn one(request: &Request, item: &Value, asked: &mut BTreeMap<String, Asked>) -> Result<(), String> {
    let call = &request.call;
    let session = call.session.as_ref().ok_or("there is no session to converse in")?;
    let Some(params) = prepared(item, asked).await else { return Ok(()) };
    if let Some(method) = text(item, "notify") {
        let message = notification(method, params);
        if item.get("aside") == Some(&json!(true)) {
            session.notify(&message, false).await;
        } else {
            call.outbox.send(&message).await;
        }
    } else if let Some(method) = text(item, "ask") {
        let id = session.next_id();
        let within = millis(item, "within").unwrap_or(WITHIN);
        // That it is not answered is no reason to stop.
        let outcome = session.put(&call.outbox, id.clone(), method, params, within).await.ok();
        let answer = outcome.map(|outcome| match outcome {
            Ok(result) => json!({ "result": result }),
            Err(error) => json!({ "error": error }),
        });
        if let Some(name) = text(item, "as") {
            asked.insert(name.to_owned(), Asked { id, answer });
        }
    }
    Ok(())
}

/// The value with references to earlier answers replaced; `None` where one leads nowhere.
fn filled(value: &Value, asked: &BTreeMap<String, Asked>) -> Option<Value> {
    match value {
        Value::Object(members) => {
            if let Some(path) = only(members, "$answer") {
                let (name, rest) = path.split_once('.')?;
                let answer = asked.get(name)?.answer.as_ref()?;
                return answer.pointer(&format!("/{}", rest.replace('.', "/"))).cloned();
            }
            if let Some(name) = only(members, "$id") {
                return asked.get(name).map(|asked| json!(asked.id));
            }
            let members = members.iter().map(|(name, value)| Some((name.clone(), filled(value, asked)?)));
            members.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        Value::Array(items) => {
            items.iter().map(|item| filled(item, asked)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        other => Some(other.clone()),
    }
}

/// The text under the only member, where that has this name.
fn only<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    members.get(name).filter(|_| members.len() == 1)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_what_was_answered() {
        let created =
            Asked { id: "server-1".to_owned(), answer: Some(json!({ "result": { "task": { "taskId": "t" } } })) };
        let asked = BTreeMap::from([("created".to_owned(), created)]);
        let params = json!({ "taskId": { "$answer": "created.result.task.taskId" }, "of": [{ "$id": "created" }] });
        assert_eq!(filled(&params, &asked), Some(json!({ "taskId": "t", "of": ["server-1"] })));
        assert_eq!(filled(&json!({ "a": { "$answer": "created.result.other" } }), &asked), None);
        assert_eq!(filled(&json!({ "a": { "$answer": "nobody.result" } }), &asked), None);
    }
}
