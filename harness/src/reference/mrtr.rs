//! Input from the client: asked for in a result (2026-07-28, basic/patterns/mrtr).

use std::time::Duration;

use serde_json::{Value, json};

use super::Switch;
use super::arguments::canonical;
use super::core::{Call, Era};
use super::rpc::{Failure, MISSING_CAPABILITY, Object};
use super::seal::Seal;

const PURPOSE: &str = "request state";

/// What a retried request brings along.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    responses: Object,
    /// What the server had put into `requestState`.
    pub(super) state: Option<Value>,
    request: String,
}

impl Inputs {
    /// Reads `inputResponses` and `requestState` of a request for `name`. State that was changed, has expired or
    /// belongs to another request is refused.
    pub(super) fn read(call: &Call, name: &str, arguments: &Object) -> Result<Self, Failure> {
        if call.era() == Era::Handshake {
            return Ok(Self::default());
        }
        let responses = match call.params.get("inputResponses") {
            None => Object::new(),
            Some(Value::Object(responses)) => responses.clone(),
            Some(_) => return Err(Failure::params("`inputResponses` must be an object")),
        };
        let caller = call.caller.as_ref().filter(|_| !call.server.has(Switch::StateOfAnyone));
        let subject = caller.map(|caller| &caller.subject);
        let arguments = canonical(&Value::Object(arguments.clone()));
        let text = json!([call.method, name, arguments, subject, call.client.connection]).to_string();
        let request = call.server.seal.digest(&text);
        let state = match call.params.get("requestState") {
            None => None,
            Some(state) => Some(open(call, state, &request).ok_or_else(|| {
                Failure::params("`requestState` is not one that this server issued for this request, or it has expired")
            })?),
        };
        Ok(Self { responses, state, request })
    }

    /// Protects `payload` for the retry of this request only.
    pub(super) fn issue(&self, call: &Call, payload: &Value) -> String {
        self.issue_for(call, payload, call.server.options.state_ttl)
    }

    /// The same, for a time of its own.
    pub(super) fn issue_for(&self, call: &Call, payload: &Value, life: Duration) -> String {
        let life = (!call.server.has(Switch::StateNeverExpires)).then_some(life);
        call.server.seal.issue(PURPOSE, &json!({ "request": self.request, "payload": payload }), life)
    }

    /// The answer under a key, whatever it is.
    pub(super) fn response(&self, key: &str) -> Option<&Value> {
        self.responses.get(key)
    }

    /// What the user entered; empty if the user declined; `None` if there is no answer. Each form of this server has
    /// a field that must be filled in, so an acceptance without any is none.
    pub(super) fn elicited(&self, key: &str) -> Result<Option<Object>, Failure> {
        let Some(response) = self.responses.get(key) else {
            return Ok(None);
        };
        let content = match response.get("action").and_then(Value::as_str) {
            Some("accept") => {
                response.get("content").and_then(Value::as_object).filter(|content| !content.is_empty()).cloned()
            }
            Some("decline" | "cancel") => Some(Object::new()),
            _ => None,
        };
        content.map(Some).ok_or_else(|| wrong(key, "an elicitation result: `action`, and with accept `content`"))
    }

    /// Whether the user agreed to open a URL; `None` if there is no answer.
    pub(super) fn agreed(&self, key: &str) -> Result<Option<bool>, Failure> {
        let Some(response) = self.responses.get(key) else {
            return Ok(None);
        };
        match response.get("action").and_then(Value::as_str) {
            Some("accept") => Ok(Some(true)),
            Some("decline" | "cancel") => Ok(Some(false)),
            _ => Err(wrong(key, "an elicitation result with its `action`")),
        }
    }

    /// The text that the model wrote.
    pub(super) fn sampled(&self, key: &str) -> Result<Option<String>, Failure> {
        let Some(response) = self.responses.get(key) else {
            return Ok(None);
        };
        let complete =
            response.get("role").is_some_and(Value::is_string) && response.get("model").is_some_and(Value::is_string);
        let text = sampled_text(response).filter(|_| complete);
        text.map(Some).ok_or_else(|| wrong(key, "a sampling result: `role`, `model` and `content`"))
    }

    /// The URIs of the client's roots.
    pub(super) fn roots(&self, key: &str) -> Result<Option<Vec<String>>, Failure> {
        let Some(response) = self.responses.get(key) else {
            return Ok(None);
        };
        root_uris(response).map(Some).ok_or_else(|| wrong(key, "a list of roots, each with a `uri`"))
    }
}

impl Call {
    /// Refuses the request unless the client declared all these capabilities.
    pub(super) fn require(&self, capabilities: &[&str]) -> Result<(), Failure> {
        let missing: Vec<_> = capabilities.iter().filter(|capability| !self.declares(capability)).collect();
        if missing.is_empty() || self.server.has(Switch::AsksUndeclaredCapability) {
            return Ok(());
        }
        let required: Object = missing
            .into_iter()
            .map(|name| match name.split_once('.') {
                Some((name, mode)) => (name.to_owned(), json!({ mode: {} })),
                None => ((*name).to_owned(), json!({})),
            })
            .collect();
        Err(Failure::new(MISSING_CAPABILITY, "the client lacks a capability that this request needs")
            .with(json!({ "requiredCapabilities": required }))
            .status(400))
    }
}

/// A result that asks the client for input.
pub(super) fn input_required<const N: usize>(requests: [(&str, Value); N], state: Option<String>) -> Value {
    let requests: Object = requests.into_iter().map(|(key, request)| (key.to_owned(), request)).collect();
    let mut result = json!({ "resultType": "input_required", "inputRequests": requests });
    if let (Some(result), Some(state)) = (result.as_object_mut(), state) {
        result.insert("requestState".into(), state.into());
    }
    result
}

/// Asks the user to fill in a form.
pub(super) fn elicit(message: &str, properties: &Value, required: &[&str]) -> Value {
    json!({ "method": "elicitation/create", "params": form(message, properties, required) })
}

/// The parameters of `elicitation/create`.
pub(super) fn form(message: &str, properties: &Value, required: &[&str]) -> Value {
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    json!({ "mode": "form", "message": message, "requestedSchema": schema })
}

/// Asks the client's model.
pub(super) fn sample(prompt: &str, max_tokens: u32) -> Value {
    json!({ "method": "sampling/createMessage", "params": message(prompt, max_tokens) })
}

/// The parameters of `sampling/createMessage`.
pub(super) fn message(prompt: &str, max_tokens: u32) -> Value {
    let content = json!({ "type": "text", "text": prompt });
    json!({ "messages": [{ "role": "user", "content": content }], "maxTokens": max_tokens })
}

/// Asks for the client's roots.
pub(super) fn list_roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

/// The text of a sampling result; its content is one item or a list of them.
pub(super) fn sampled_text(result: &Value) -> Option<String> {
    let text = |item: &Value| item.get("text").and_then(Value::as_str).map(str::to_owned);
    match result.get("content")? {
        Value::Array(items) => Some(items.iter().filter_map(text).collect::<Vec<_>>().join(" ")),
        Value::Object(item) => Some(item.get("text").and_then(Value::as_str).unwrap_or_default().to_owned()),
        _ => None,
    }
}

/// The URIs in the result of `roots/list`.
pub(super) fn root_uris(result: &Value) -> Option<Vec<String>> {
    let uri = |root: &Value| root.get("uri").and_then(Value::as_str).map(str::to_owned);
    result.get("roots")?.as_array()?.iter().map(uri).collect()
}

fn open(call: &Call, state: &Value, request: &str) -> Option<Value> {
    let state = state.as_str()?;
    let server = &call.server;
    let mut opened = if server.has(Switch::StateUnprotected) {
        Seal::open_unverified(state)?
    } else {
        server.seal.open(PURPOSE, state)?
    };
    if opened.get("request").and_then(Value::as_str) != Some(request)
        && !server.has(Switch::StateUnbound)
        && !server.has(Switch::StateUnprotected)
    {
        return None;
    }
    opened.get_mut("payload").map(Value::take)
}

fn wrong(key: &str, expected: &str) -> Failure {
    Failure::params(format!("`inputResponses.{key}` must be {expected}"))
}
