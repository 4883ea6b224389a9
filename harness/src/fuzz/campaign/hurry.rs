//! Whether what goes unanswered is a tool that was told to take its time.

use std::sync::Arc;

use serde_json::{Number, Value, json};

use super::Campaign;
use crate::fuzz::case::{Act, Body, Case};

impl Campaign<'_> {
    /// Whether the tool that is called last was slow from the beginning, or answers as soon as the numbers that may say how long it takes are as small as its schema
    /// allows. Then it is left out from now on.
    pub(super) async fn takes_its_time(&mut self, cases: &[Arc<Case>]) -> bool {
        let call = cases.iter().flat_map(|case| &case.acts).rev().find_map(|act| Some((act, call_of(act)?)));
        let Some((act, call)) = call else { return false };
        if self.report.left_out.contains(&act.subject) {
            return true;
        }
        let offer = self.bench.offer();
        let named = |tool: &&Value| tool.get("name").is_some() && tool.get("name") == call.pointer("/params/name");
        let Some(hurried) = offer.list("tools").iter().find(named).and_then(|tool| hurried(&call, tool)) else {
            return false;
        };
        // Where it is only its spelling that goes unanswered, it is not the numbers.
        let spelled = matches!(act.body, Body::Bytes(_));
        if spelled && self.is_answered(call.clone()).await || !self.is_answered(hurried).await {
            return false;
        }
        self.source.shun(act);
        let kind = act.kind().into_owned();
        if !self.report.left_out.contains(&kind) {
            self.report.left_out.push(kind);
        }
        true
    }

    async fn is_answered(&mut self, call: Value) -> bool {
        self.bench.answer(&Arc::new(Case { acts: vec![Act::plain(call)], ..Case::default() })).await.is_some()
    }
}

/// The call of a tool that an act is, however it is spelled, without its id.
fn call_of(act: &Act) -> Option<Value> {
    let mut call: Value = serde_json::from_slice(&act.bytes(1, &[])).ok()?;
    call.as_object_mut()?.shift_remove("id");
    (call.get("method")? == "tools/call").then_some(call)
}

/// The call with each number that is not given, or is above zero, as small as the schema allows. Nothing where there is none.
fn hurried(call: &Value, tool: &Value) -> Option<Value> {
    let properties = tool.pointer("/inputSchema/properties")?.as_object()?;
    let mut arguments = call.pointer("/params/arguments").cloned().unwrap_or_else(|| json!({}));
    let given = arguments.as_object_mut()?;
    let before = given.clone();
    for (name, schema) in properties {
        let is_number = ["number", "integer"].iter().any(|kind| schema.get("type") == Some(&json!(kind)));
        let may_be_long = given.get(name).is_none_or(|value| value.as_f64().is_some_and(|value| value > 0.0));
        if is_number && may_be_long {
            given.insert(name.clone(), Value::Number(least(schema)));
        }
    }
    if *given == before {
        return None;
    }
    let mut call = call.clone();
    call.get_mut("params")?.as_object_mut()?.insert("arguments".to_owned(), arguments);
    Some(call)
}

/// The smallest number from zero on that the schema of a number allows.
fn least(schema: &Value) -> Number {
    let at_least = |number: &&Number| number.as_f64().is_some_and(|number| number > 0.0);
    let number = |name: &str| schema.get(name).and_then(Value::as_number).filter(at_least).cloned();
    let above = || Some(Number::from(schema.get("exclusiveMinimum")?.as_u64()?.saturating_add(1)));
    number("minimum").or_else(above).unwrap_or_else(|| Number::from(0))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn numbers_that_may_say_how_long_become_small() {
        let properties = json!({
            "seconds": { "type": "number", "default": 10 },
            "steps": { "type": "integer", "minimum": 1 },
            "below": { "type": "number" },
            "none": { "type": "number" },
            "label": { "type": "string" },
        });
        let tool = json!({ "name": "work", "inputSchema": { "properties": properties } });
        let call =
            |arguments: Value| json!({ "method": "tools/call", "params": { "name": "work", "arguments": arguments } });
        let given = call(json!({ "steps": 127.0, "below": -1, "none": null, "label": "x" }));
        let hurried_arguments = json!({ "seconds": 0, "steps": 1, "below": -1, "none": null, "label": "x" });
        assert_eq!(hurried(&given, &tool), Some(call(hurried_arguments.clone())));
        assert_eq!(hurried(&call(hurried_arguments.clone()), &json!({ "name": "work" })), None);
        let bytes = br#"{"id":{id},"method":"tools\u002fcall","params":{"name":"work"}}"#.to_vec();
        let act = Act { body: Body::Bytes(bytes), ..Act::plain(json!({})) };
        assert_eq!(call_of(&act).unwrap()["params"]["name"], "work");
    }
}
