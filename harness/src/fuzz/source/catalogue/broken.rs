//! A message broken in one place, against the schema of its method or of its tool.

use serde_json::{Value, json};

use super::text::{ID_MARK, act_of, marked_with_id};
use crate::fuzz::case::{Act, Expect};
use crate::fuzz::source::Base;
use crate::fuzz::source::bases::stays_open;
use crate::generate::{Choices, Expected, Messages, MethodKind, Mutated, Mutation, SchemaValues};

/// The message broken in every way.
pub(super) fn every_way(messages: &Messages, base: &Base, choices: &mut Choices) -> Vec<Act> {
    let message = marked_with_id(base);
    let Some(method) = base.act.method().and_then(|name| messages.method(name, MethodKind::Request)) else {
        return Vec::new();
    };
    let mut all: Vec<Act> = messages
        .mutations(method, &message, choices)
        .iter()
        .filter_map(|mutated| mutated_act(messages, base, mutated))
        .collect();
    if let Some((values, arguments)) = arguments_of(base, &message) {
        let broken = values.mutations(&arguments, choices);
        all.extend(broken.iter().map(|mutated| argument_act(base, &message, mutated)));
    }
    all
}

/// A message broken in one way.
pub fn broken(messages: &Messages, base: &Base, value: &Value, choices: &mut Choices) -> Option<Act> {
    let mut message = value.clone();
    message["id"] = json!(ID_MARK);
    if let Some((values, arguments)) = arguments_of(base, &message)
        && choices.once_in(2)
    {
        let mutated = values.mutate(&arguments, choices)?;
        return Some(argument_act(base, &message, &mutated));
    }
    let method = messages.method(base.act.method()?, MethodKind::Request)?;
    mutated_act(messages, base, &messages.mutate(method, &message, choices)?)
}

fn arguments_of<'a>(base: &'a Base, message: &Value) -> Option<(&'a SchemaValues, Value)> {
    Some((base.arguments.as_deref()?, message.pointer("/params/arguments")?.clone()))
}

fn mutated_act(messages: &Messages, base: &Base, mutated: &Mutated) -> Option<Act> {
    let at = mutated.at.as_str();
    let subject = base.act.subject.as_str();
    // What else a tool of another name would do is not ours to find out.
    let method = base.act.method()?;
    let mut act = act_of(subject, &label(mutated.mutation, at), &mutated.text);
    let inner = at.strip_prefix("/params/").is_some_and(|inner| !inner.starts_with("_meta"));
    let doubtful = matches!(
        mutated.mutation,
        Mutation::LoneSurrogate | Mutation::DuplicateMember | Mutation::DeepNesting | Mutation::HugeNumber
    );
    act.expect = match mutated.expected {
        _ if !inner || doubtful || stays_open(method) => Expect::Anything,
        // What is refused anyway may be refused for that.
        Expected::MustReject => Expect::Codes(messages.refusals(mutated).into_iter().chain(base.code).collect()),
        Expected::MayReject | Expected::MustAccept => Expect::Answer,
    };
    Some(act)
}

fn argument_act(base: &Base, message: &Value, mutated: &Mutated) -> Act {
    let place = format!("{ID_MARK}0");
    let mut message = message.clone();
    message["params"]["arguments"] = json!(place);
    let text = message.to_string();
    let arguments = String::from_utf8_lossy(&mutated.text).into_owned();
    let text = text.replacen(&format!("\"{place}\""), &arguments, 1);
    let at = format!("/params/arguments{}", mutated.at);
    let mut act = act_of(&base.act.subject, &label(mutated.mutation, &at), text.as_bytes());
    let doubtful = matches!(
        mutated.mutation,
        Mutation::LoneSurrogate | Mutation::DuplicateMember | Mutation::DeepNesting | Mutation::HugeNumber
    );
    // Which code an argument is refused with is for the tool to say; that it is refused is not, where no reading of it fits.
    let plainly_wrong = matches!(mutated.mutation, Mutation::DropMember) && !mutated.at.is_empty();
    act.expect = match mutated.expected {
        _ if doubtful => Expect::Anything,
        Expected::MustReject if plainly_wrong => Expect::Refusal,
        _ => Expect::Answer,
    };
    act
}

pub(super) fn label(mutation: Mutation, at: &str) -> String {
    format!("{} at {}", mutation.name(), if at.is_empty() { "/" } else { at })
}
