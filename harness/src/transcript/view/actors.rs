//! Actors, as checks see them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{EXIT, View};
use crate::transcript::What;
use crate::transcript::shown::{copies, header, members, show_process_end, taken_apart};

impl View<'_> {
    /// Every actor.
    pub fn actors(&self) -> Vec<(String, Value)> {
        self.index.actors.keys().map(|name| (name.clone(), self.actor(name))).collect()
    }

    /// Every actor whose name begins like that.
    pub fn actors_called(&self, prefix: &str) -> Vec<Value> {
        let names: Vec<&String> = self.index.actors.keys().filter(|name| name.starts_with(prefix)).collect();
        let number = |name: &str| name.get(prefix.len()..).and_then(|rest| rest.parse::<u32>().ok());
        let mut numbered: Vec<_> = names.into_iter().map(|name| (number(name), name)).collect();
        numbered.sort();
        numbered.into_iter().map(|(_, name)| self.actor(name)).collect()
    }

    /// One actor, with all that was said on its own connection and on those of actors whose names begin like `others`.
    pub fn actor_with(&self, name: &str, others: &str) -> Value {
        let mut shown = self.actor(name);
        let Value::Object(members) = &mut shown else { return shown };
        for other in self.actors_called(others) {
            for list in ["sent", "messages", "strays"] {
                let more = other.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
                if let Some(Value::Array(all)) = members.get_mut(list) {
                    all.extend(more);
                    all.sort_by_key(|item| item.get("n").and_then(Value::as_u64));
                }
            }
        }
        shown
    }

    /// One actor.
    pub fn actor(&self, name: &str) -> Value {
        let status = self.index.actors.get(name);
        let mine = || self.events.iter().filter(|event| event.actor == name);
        let (mut stderr, mut ending) = (Vec::new(), Vec::new());
        let (mut stdin_closed, mut signals, mut notes, mut url) = (false, Vec::new(), Vec::new(), None);
        for event in mine() {
            match &event.what {
                What::Stderr { bytes } => stderr.extend_from_slice(&bytes.0),
                What::StdinClosed => {
                    stdin_closed = true;
                    ending.push(json!({ "what": "stdin", "at": event.t_us / 1000 }));
                }
                What::Signalled { signal } => {
                    signals.push(signal.clone());
                    ending.push(json!({ "what": signal, "at": event.t_us / 1000 }));
                }
                What::Exited { .. } => ending.push(json!({ "what": "exit", "at": event.t_us / 1000 })),
                What::Opened { target, .. } => url = Some(target.clone()),
                What::Note { text } => notes.push(text.clone()),
                _ => {}
            }
        }
        let messages: Vec<&Value> =
            self.messages.iter().filter(|m| m.get("actor").and_then(Value::as_str) == Some(name)).collect();
        let attached: BTreeSet<usize> =
            self.index.streams.values().filter(|s| !s.channel).flat_map(|s| s.messages.iter().copied()).collect();
        let strays: Vec<&Value> = self
            .index
            .received
            .iter()
            .enumerate()
            .filter(|(at, seen)| seen.actor == name && !attached.contains(at))
            .flat_map(|(at, _)| self.members_of(at))
            .collect();
        let session = self
            .exchanges
            .values()
            .filter(|raw| raw.actor == name)
            .find_map(|raw| header(raw.headers, "mcp-session-id"));
        let sent: Vec<Value> =
            mine().filter_map(|event| self.sent.get(&event.n)).flat_map(|(_, shown)| taken_apart(shown)).collect();
        let outlived =
            mine().any(|event| matches!(&event.what, What::TimedOut { waited_for, .. } if waited_for == EXIT));
        Value::Object(members! {
            "name": name,
            "session": session,
            "url": url,
            "exited": status.and_then(|s| s.exited.as_ref()).map(show_process_end),
            "exit_awaited_in_vain": outlived,
            "failure": status.and_then(|s| s.failure.as_deref()),
            "stdin_closed": stdin_closed,
            "signals": signals,
            "ending": ending,
            "stderr": String::from_utf8_lossy(&stderr),
            "messages": copies(&messages),
            "strays": copies(&strays),
            "sent": sent,
            "notes": notes,
        })
    }
}
