//! Variations of a valid case: what it asks for, with other arguments.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::bases::Base;
use crate::fuzz::case::{Act, Body, Case, Expect};
use crate::generate::{Choices, Hints, SchemaValues};

/// Tries until the arguments are valid still.
const TRIES: usize = 8;
/// Changes that are made at a time, at most.
const CHANGES: i64 = 3;
/// How much longer a text becomes at a time, at most.
const LONGER: i64 = 32;
/// Longest text that is made still longer, in bytes.
const LONG: usize = 4096;
/// Where requests without a schema of their own have texts that may be any.
const FREE: [&str; 2] = ["/params/arguments", "/params/argument"];

/// Whether there is something to vary in it: nothing is wrong in it, and it has arguments.
pub fn can_vary(case: &Case) -> bool {
    case.acts.iter().all(|act| act.wrong().is_empty()) && case.acts.iter().any(|act| place(act).is_some())
}

/// The case with the arguments of one act changed, valid still where a tool has a schema for them.
pub fn vary(case: &Case, bases: &[Base], choices: &mut Choices) -> Option<Arc<Case>> {
    let able: Vec<usize> = (0..case.acts.len()).filter(|at| case.acts.get(*at).and_then(place).is_some()).collect();
    let at = *choices.pick(&able)?;
    let mut case = case.clone();
    let act = case.acts.get_mut(at)?;
    let place = place(act)?;
    let Body::Message { value, .. } = &mut act.body else { return None };
    let arguments = value.pointer_mut(place)?;
    let values = bases.iter().find(|base| base.act.subject == act.subject).and_then(|base| base.arguments.as_deref());
    *arguments = (0..TRIES).find_map(|_| changed(arguments, values, choices))?;
    // What they were answered with before says nothing of these.
    case.acts.iter_mut().filter(|act| act.expect.is_answer()).for_each(|act| act.expect = Expect::Answer);
    Some(Arc::new(case))
}

/// Where the arguments are.
fn place(act: &Act) -> Option<&'static str> {
    let Body::Message { value, .. } = &act.body else { return None };
    FREE.into_iter().find(|at| value.pointer(at).and_then(Value::as_object).is_some_and(|members| !members.is_empty()))
}

fn changed(arguments: &Value, values: Option<&SchemaValues>, choices: &mut Choices) -> Option<Value> {
    let mut changed = arguments.clone();
    for _ in 0..choices.range(1, CHANGES) {
        let members = changed.as_object_mut()?;
        match values {
            Some(values) if choices.once_in(2) => replace(members, values, choices),
            _ => {
                let names: Vec<String> = members.keys().cloned().collect();
                let name = choices.pick(&names)?;
                // Of a completion, only the value.
                let free = values.is_some() || name == "value" || !members.contains_key("value");
                tweak(members.get_mut(name).filter(|_| free)?, choices);
            }
        }
    }
    let valid = values.is_none_or(|values| values.accepts(&changed));
    (valid && changed != *arguments).then_some(changed)
}

/// One member as it is in arguments made anew, which may leave it out.
fn replace(members: &mut Map<String, Value>, values: &SchemaValues, choices: &mut Choices) {
    let Ok(Value::Object(made)) = values.generate(&Hints::new(), choices) else { return };
    let mut names: Vec<&String> = members.keys().chain(made.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let Some(name) = choices.pick(&names).map(|name| (*name).clone()) else { return };
    match made.get(&name) {
        Some(value) => drop(members.insert(name, value.clone())),
        None => drop(members.shift_remove(&name)),
    }
}

/// A value a little different.
fn tweak(value: &mut Value, choices: &mut Choices) {
    match value {
        Value::Null => {}
        Value::Bool(is) => *is = !*is,
        Value::Number(number) => *value = other_number(number.as_i64(), number.as_f64(), choices),
        Value::String(text) => *text = other_text(text, choices),
        Value::Array(items) => match choices.below(3) {
            0 if !items.is_empty() => drop(items.remove(choices.index(items.len()))),
            1 => items.extend(choices.pick(&items.clone()).cloned()),
            _ => {
                let at = choices.index(items.len());
                items.get_mut(at).into_iter().for_each(|item| tweak(item, choices));
            }
        },
        Value::Object(members) => {
            let at = choices.index(members.len());
            members.values_mut().nth(at).into_iter().for_each(|member| tweak(member, choices));
        }
    }
}

fn other_number(whole: Option<i64>, real: Option<f64>, choices: &mut Choices) -> Value {
    let Some(number) = whole else {
        let number = real.unwrap_or_default();
        return match choices.below(3) {
            0 => json!(number + 1.0),
            1 => json!(number * 2.0),
            _ => json!(-number),
        };
    };
    json!(match choices.below(6) {
        0 => number.saturating_add(1),
        1 => number.saturating_sub(1),
        2 => number.saturating_mul(2),
        3 => number / 2,
        4 => number.saturating_neg(),
        _ => number.saturating_add(choices.range(-100, 100)),
    })
}

fn other_text(text: &str, choices: &mut Choices) -> String {
    let mut all: Vec<char> = text.chars().collect();
    let at = choices.index(all.len() + 1);
    // What can be typed.
    let typed = |choices: &mut Choices| u8::try_from(choices.range(0x20, 0x7e)).map_or(' ', char::from);
    match choices.below(5) {
        0 if at < all.len() => drop(all.remove(at)),
        1 if !all.is_empty() => {
            let at = at.min(all.len() - 1);
            all.splice(at..=at, [typed(choices)]);
        }
        2 if text.len() < LONG => all.extend_from_within(..),
        3 if text.len() < LONG => {
            let (one, times) = (typed(choices), usize::try_from(choices.range(1, LONGER)).unwrap_or(1));
            all.extend(std::iter::repeat_n(one, times));
        }
        _ => all.insert(at, typed(choices)),
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn call(arguments: Value) -> Act {
        let message = json!({ "method": "tools/call", "params": { "name": "a", "arguments": arguments } });
        Act { subject: "tools/call a".to_owned(), ..Act::plain(message) }
    }

    #[test]
    fn arguments_change_and_stay_valid() {
        let schema = json!({
            "type": "object",
            "properties": {
                "unit": { "enum": ["metre", "mile"] },
                "count": { "type": "integer", "minimum": 0, "maximum": 9 },
            },
            "required": ["unit"],
        });
        let act = call(json!({ "unit": "metre", "count": 3 }));
        let values = Arc::new(SchemaValues::new(&schema).unwrap());
        let base = Base { act: act.clone(), stable: None, code: None, arguments: Some(values.clone()) };
        let case = Case { acts: vec![act], ..Case::default() };
        let mut choices = Choices::seeded(1);
        assert!(can_vary(&case));
        let made: Vec<Value> = (0..50)
            .filter_map(|_| vary(&case, std::slice::from_ref(&base), &mut choices))
            .map(|case| match &case.acts.first().unwrap().body {
                Body::Message { value, .. } => value.pointer("/params/arguments").unwrap().clone(),
                Body::Bytes(_) => Value::Null,
            })
            .collect();
        assert!(made.len() > 30, "{}", made.len());
        assert!(made.iter().all(|arguments| values.accepts(arguments)));
        assert!(made.iter().any(|arguments| arguments["unit"] == "mile" && arguments["count"] == 3));
    }

    #[test]
    fn what_is_wrong_or_has_no_arguments_is_not_varied() {
        let of = |act| Case { acts: vec![act], ..Case::default() };
        assert!(!can_vary(&of(call(json!({})))));
        assert!(!can_vary(&of(Act { mutation: "null".to_owned(), ..call(json!({ "a": 1 })) })));
        assert!(!can_vary(&of(Act::plain(json!({ "method": "ping" })))));
    }
}
