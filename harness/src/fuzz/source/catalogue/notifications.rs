//! Notifications.

use serde_json::Value;

use super::alone;
use super::broken::label;
use super::text::act_of;
use crate::fuzz::case::{Act, Body, Case, Expect, IdForm};
use crate::generate::{Choices, Hints, Messages, MethodKind};

/// Every notification, valid and broken.
pub(super) fn notifications(messages: &Messages, hints: &Hints, choices: &mut Choices) -> Vec<Case> {
    let mut all = Vec::new();
    let methods: Vec<_> = messages.methods().iter().filter(|method| method.kind == MethodKind::Notification).collect();
    for method in methods {
        let Ok(message) = messages.generate(method, &Value::Null, hints, choices) else { continue };
        let plain = Act { expect: Expect::Nothing, ..Act::plain(message.clone()) };
        let plain = Act { body: Body::Message { value: message.clone(), id: IdForm::Own }, ..plain };
        all.push(alone(plain));
        for mutated in messages.mutations(method, &message, choices) {
            let mut act = act_of(&method.name, &label(mutated.mutation, &mutated.at), &mutated.text);
            // Whatever is wrong in its parameters, a notification it is; where something else is, who knows.
            let is_one = mutated.at.starts_with("/params") && matches!(act.body, Body::Message { .. });
            act.expect = if is_one { Expect::Nothing } else { Expect::Anything };
            // An error without an id says what it is about only where nothing else is under way.
            all.push(Case { acts: vec![act], alone: is_one, ..Case::default() });
        }
    }
    all
}
