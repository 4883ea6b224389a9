//! Faults in an answer.

use std::fs::File;

use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{Fault, Faults};
use crate::reference::core::{Call, lock};
use crate::reference::http::reply::Response;
use crate::reference::rpc::{INTERNAL, INVALID_PARAMS, Object, RESOURCE_NOT_FOUND};

/// Ids above this do not fit where a careless server keeps them.
const LARGEST_ID: i64 = 2_147_483_647;
/// Bytes of a location that a careless server has room for.
const LONGEST_PLACE: usize = 100;

/// What was asked, for the answer to it.
#[derive(Clone, Debug)]
pub(in crate::reference) struct Question {
    pub(super) method: String,
    pub(super) params: Object,
}

impl Question {
    /// The question of a call, where anything is done with it.
    pub(in crate::reference) fn of(faults: &Faults, call: &Call) -> Option<Self> {
        faults.any().then(|| Self { method: call.method.clone(), params: call.params.clone() })
    }
}

impl Faults {
    /// The response to a request.
    pub(in crate::reference) fn answered(&self, question: &Question, response: &mut Value) {
        self.echo(question, response);
        self.instance(question, response);
        self.story(question, response);
        self.inputs(question, response);
        let code = response.pointer("/error/code").and_then(Value::as_i64);
        if code.is_some() {
            self.failed(question, code.unwrap_or_default(), response);
        } else {
            self.succeeded(question, response);
        }
        let id = response.get("id").cloned().unwrap_or_default();
        if self.has(Fault::LargeIdAsText) && id.as_i64().is_some_and(|id| id > LARGEST_ID) {
            response["id"] = json!(id.to_string());
        }
        if let Some(text) = id.as_str().filter(|text| self.has(Fault::IdLosesCharacters) && !text.is_ascii()) {
            response["id"] = json!(text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect::<String>());
        }
    }

    /// A line on standard output beside the response.
    pub(in crate::reference) fn talk(&self, response: &Value) -> Option<String> {
        let text = response.pointer("/error/message").and_then(Value::as_str)?;
        (self.has(Fault::TalksOnStdout) && text.contains("unknown tool")).then(|| format!("WARNING: {text}"))
    }

    /// The headers of the response to a message.
    pub(in crate::reference) fn reflect(&self, message: &[u8], response: &mut Response) {
        if !self.has(Fault::ReflectsIntoHeader) {
            return;
        }
        let message: Value = serde_json::from_slice(message).unwrap_or_default();
        let Some(method) = message.get("method").and_then(Value::as_str) else { return };
        // What a line end in a header makes of the rest of it: another header.
        let text = format!("x-handled: {method}");
        for line in text.split(['\r', '\n']) {
            let Some((name, value)) = line.split_once(':') else { continue };
            let name = HeaderName::from_bytes(name.trim().as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.trim().as_bytes())) {
                response.headers_mut().insert(name, value);
            }
        }
    }

    fn echo(&self, question: &Question, response: &mut Value) {
        if !self.has(Fault::LeaksBetweenSessions) || question.params.get("name") != Some(&json!("test_echo")) {
            return;
        }
        let message = question.params.get("arguments").and_then(|all| all.get("message")).and_then(Value::as_str);
        let mut kept = lock(&self.kept);
        match (message, &kept.echoed, response.pointer_mut("/result/content/0/text")) {
            (Some(blank), Some(before), Some(text)) if blank.trim().is_empty() => *text = json!(before),
            (Some(message), _, _) => kept.echoed = Some(message.to_owned()),
            _ => {}
        }
    }

    fn succeeded(&self, question: &Question, response: &mut Value) {
        if question.method == "tools/list"
            && self.has(Fault::ForgetsAToolAfterAnError)
            && lock(&self.kept).has_failed
            && let Some(tools) = response.pointer_mut("/result/tools").and_then(Value::as_array_mut)
        {
            tools.pop();
        }
        let place = question.params.get("arguments").and_then(|all| all.get("location")).and_then(Value::as_str);
        let is_edge = place.is_some_and(|place| place.is_empty() || place.len() > LONGEST_PLACE);
        if self.has(Fault::BreaksOutputSchema)
            && is_edge
            && let Some(degrees) = response.pointer_mut("/result/structuredContent/temperature")
        {
            *degrees = json!("unknown");
        }
    }

    fn failed(&self, question: &Question, code: i64, response: &mut Value) {
        lock(&self.kept).has_failed = true;
        let unknown_resource =
            question.method == "resources/read" && [INVALID_PARAMS, RESOURCE_NOT_FOUND].contains(&code);
        if unknown_resource && self.has(Fault::LeaksDescriptors) {
            lock(&self.kept).files.extend(File::open("/dev/null"));
        }
        if code == INVALID_PARAMS && self.has(Fault::WrongCodeAfterWrongType) && has_wrong_type(&question.params) {
            response["error"]["code"] = json!(INTERNAL);
        }
        let message = response.pointer("/error/message").and_then(Value::as_str).unwrap_or_default().to_owned();
        if code == INVALID_PARAMS && self.has(Fault::TraceInError) {
            let trace = "Traceback (most recent call last):\n  File \"/srv/app/server.py\", line 118, in handle\n    name = params[\"name\"]";
            response["error"]["message"] = json!(format!("{trace}\nKeyError: {message}"));
        }
        if unknown_resource && self.has(Fault::PathInError) {
            response["error"]["message"] =
                json!(format!("ENOENT: no such file, open '/home/app/data/resources.json': {message}"));
        }
    }
}

fn has_wrong_type(params: &Object) -> bool {
    let texts = ["name", "uri", "cursor", "level"];
    let is_no_text = |name: &&str| params.get(*name).is_some_and(|value| !value.is_string());
    let objects = ["arguments", "argument", "ref", "context"];
    let is_no_object = |name: &&str| params.get(*name).is_some_and(|value| !value.is_object());
    texts.iter().any(is_no_text) || objects.iter().any(is_no_object)
}
