//! Small damage to a JSON value.

use serde_json::{Value, json};

use crate::choices::Choices;
use crate::generate::anything;

/// Damages `value` in one place, chosen evenly among all values in it.
pub fn corrupt(value: &mut Value, choices: &mut Choices) {
    let mut pointers = Vec::new();
    list(value, String::new(), &mut pointers);
    let pointer = choices.pick(&pointers);
    let place = value.pointer_mut(pointer).expect("listed place");
    damage(place, choices);
}

fn list(value: &Value, at: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                list(member, format!("{at}/{name}"), pointers);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                list(item, format!("{at}/{index}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(at);
}

fn damage(value: &mut Value, choices: &mut Choices) {
    match value {
        Value::Object(members) if !members.is_empty() && !choices.once_in(4) => {
            let names: Vec<_> = members.keys().cloned().collect();
            let name = choices.pick(&names).clone();
            match choices.below(4) {
                0 => {
                    let moved = members.remove(&name).expect("listed member");
                    members.insert(format!("{name}s"), moved);
                }
                1 => {
                    members.insert("extra".to_owned(), anything(choices, 0));
                }
                _ => {
                    members.remove(&name);
                }
            }
        }
        Value::Array(items) if !items.is_empty() && !choices.once_in(4) => match choices.below(3) {
            0 => items.push(anything(choices, 0)),
            1 => items.clear(),
            _ => *items = vec![items[0].clone(); 101],
        },
        Value::String(text) if !choices.once_in(3) => match choices.below(3) {
            0 => text.push('x'),
            1 => *text = text.to_uppercase(),
            _ => text.clear(),
        },
        Value::Number(number) if !choices.once_in(3) => {
            let text = Value::from(number.to_string());
            *value = choices
                .pick(&[json!(-1), json!(-0.001), json!(1.001), json!(2), json!(1.0), json!(1e300), text])
                .clone();
        }
        _ => *value = anything(choices, 0),
    }
}
