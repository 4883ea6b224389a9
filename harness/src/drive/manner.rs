//! How a case uses a process over stdio, and so whether it can go on with one that earlier cases used.

use serde_json::Value;

use crate::action::{Action, Poll, Send};
use crate::revision::Era;
use crate::scenario::{Actor, Scenario};

/// What a case does to the processes of its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// It sends nothing but proper JSON-RPC messages. Params may be wrong: whoever answers them answers by id.
    Ordinary,
    /// It sends bytes, or ids, of its own as well; these cases share among themselves.
    Rough,
    /// It needs a process of its own.
    Alone,
}

/// Methods that begin something which outlasts their answer, or belong to the life of a connection.
const LASTING: [&str; 8] = [
    "initialize",
    "notifications/initialized",
    "notifications/roots/list_changed",
    "logging/setLevel",
    "resources/subscribe",
    "resources/unsubscribe",
    "subscriptions/listen",
    "events/stream",
];
/// Methods with this beginning leave something behind as well.
const TASKS: &str = "tasks/";
/// The member of `_meta` that asks for notifications, which could come late and be taken for those of the next case.
const PROGRESS_TOKEN: &str = "progressToken";
/// Members of `_meta` by which a stateless request says what a handshake would.
const OF_THE_PROTOCOL: [&str; 4] = [
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientInfo",
    "io.modelcontextprotocol/clientCapabilities",
    "io.modelcontextprotocol/logLevel",
];

impl Manner {
    /// The manner of a scenario, by the roughest of its steps. Whatever closes, signals or ends the process, begins what
    /// lasts, asks for progress, or declares something unusual keeps it to itself. Where every request declares for
    /// itself, one that declares something unusual is only rough.
    pub fn of(scenario: &Scenario) -> Self {
        let stateless = scenario.applies.since.is_some_and(|since| since.era() == Era::Stateless);
        let odd = if stateless { Self::Rough } else { Self::Alone };
        let steps = scenario.steps.iter().map(|step| of_step(&step.value, odd)).max().unwrap_or(Self::Ordinary);
        if scenario.alone { Self::Alone } else { steps }
    }

    /// Whether an actor takes up contact like any other, so that a process greeted by another serves it too.
    pub(super) fn is_usual(actor: &Actor) -> bool {
        *actor == Actor::default()
    }
}

/// `odd` is the manner of a request that declares something unusual.
fn of_step(step: &Action, odd: Manner) -> Manner {
    let rough = |rough: bool| if rough { Manner::Rough } else { Manner::Ordinary };
    match step {
        Action::Request(send)
        | Action::Alive(send)
        | Action::Call(send)
        | Action::Read(send)
        | Action::Prompt(send)
        | Action::Notify(send)
            if leaves_nothing(send) =>
        {
            let declared = if declares_the_usual(send) { Manner::Ordinary } else { odd };
            declared.max(rough(send.id.is_some() || changes_more_than_params(send.set.keys().chain(&send.unset))))
        }
        Action::Raw(_) => Manner::Rough,
        Action::Retry(retry) if retry.capabilities.is_none() && !retry.set.values().any(asks_for_progress) => {
            rough(changes_more_than_params(retry.set.keys().chain(&retry.unset)))
        }
        Action::Follow(follow) if !lasting(&follow.method) => Manner::Ordinary,
        Action::Poll(Poll { method, .. }) if !lasting(method) => Manner::Ordinary,
        Action::Await(wait) if !wait.exit => Manner::Ordinary,
        Action::Open(_) | Action::Pause(_) => Manner::Ordinary,
        _ => Manner::Alone,
    }
}

/// It begins nothing that lasts or could come late.
fn leaves_nothing(send: &Send) -> bool {
    !send.method.as_deref().is_some_and(lasting)
        && !send.meta.contains_key(PROGRESS_TOKEN)
        && !send.params.iter().chain(send.set.values()).any(asks_for_progress)
}

/// It declares what every request declares.
fn declares_the_usual(send: &Send) -> bool {
    let in_meta = |pointer: &String| pointer.starts_with("/params/_meta") || pointer == "/params";
    send.capabilities.is_none()
        && !send.meta.keys().any(|name| OF_THE_PROTOCOL.contains(&name.as_str()))
        && !send.set.keys().chain(&send.unset).any(in_meta)
}

fn lasting(method: &str) -> bool {
    LASTING.contains(&method) || method.starts_with(TASKS)
}

fn changes_more_than_params<'p>(mut pointers: impl Iterator<Item = &'p String>) -> bool {
    pointers.any(|pointer| !pointer.starts_with("/params/"))
}

fn asks_for_progress(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key(PROGRESS_TOKEN) || members.values().any(asks_for_progress),
        Value::Array(items) => items.iter().any(asks_for_progress),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::scenario::Corpus;

    #[test]
    fn the_roughest_step_decides() {
        let corpus = Corpus::embedded().unwrap();
        for (manner, names) in [
            (Manner::Ordinary, &["tools/list", "tools/unknown", "tools/call-text", "pagination/tools"][..]),
            (
                Manner::Rough,
                &["base/not-json", "base/ids", "stdio/garbage", "version/each-request", "mrtr/undeclared-capability"],
            ),
            (
                Manner::Alone,
                &[
                    "stdio/shutdown",
                    "lifecycle/second-initialize",
                    "ping/before-initialized",
                    "logging/set-level",
                    "progress/reported",
                    "subscriptions/acknowledged",
                    "compat/initialize",
                ],
            ),
        ] {
            for name in names {
                assert_eq!(Manner::of(&corpus.scenarios[*name].item), manner, "{name}");
            }
        }
    }
}
