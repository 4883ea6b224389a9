//! What the IUT sent, each message with what it is about.

use std::collections::BTreeMap;

use serde_json::Value;

use super::View;
use crate::transcript::index::{StreamStatus, answers};
use crate::transcript::shown::{members, show_message};
use crate::transcript::{SentKind, What};
use crate::wire::message::{Kind, Message};

impl View<'_> {
    pub(super) fn read_messages(&mut self) {
        let mut streams_of: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
        for (name, stream) in &self.index.streams {
            for at in &stream.messages {
                streams_of.entry(*at).or_default().push(name);
            }
        }
        let greeted = self.declared_in_handshake();
        for at in 0..self.index.received.len() {
            let Some(seen) = self.index.received.get(at) else { break };
            let start = self.messages.len();
            let names = streams_of.get(&at).map(Vec::as_slice).unwrap_or_default();
            let streams: Vec<(&String, &StreamStatus)> =
                names.iter().filter_map(|name| self.index.streams.get_key_value(*name)).collect();
            // A channel only carries what is for others, or for nobody.
            let streams: Vec<_> = streams.into_iter().filter(|(_, stream)| !stream.channel).collect();
            let batched = matches!(seen.message.kind, Kind::Batch(_));
            let verb = seen
                .exchange
                .and_then(|number| self.exchanges.get(&number))
                .and_then(|raw| raw.sent)
                .map(|sent| sent.2.verb.clone());
            let moment = self.at(seen.n);
            let context = |message: &Message| {
                let answered =
                    streams.iter().find(|(_, stream)| stream.id.as_ref().is_some_and(|id| answers(message, id)));
                // Of what came for a batch, a response is its request's, and the rest everybody's.
                let owner = match (answered, streams.iter().find(|(_, stream)| stream.batch)) {
                    (Some(answered), Some(_)) => Some(answered),
                    (None, Some(batch)) => Some(batch),
                    (_, None) => streams.first().filter(|_| streams.len() == 1),
                };
                let after_answer = owner.is_some_and(|(_, stream)| stream.answer.is_some_and(|answer| answer < at));
                let of = answered.map_or(Value::Null, |(_, stream)| self.show_request(stream));
                let during = owner.map_or(Value::Null, |(_, stream)| self.show_request(stream));
                let request = if of.is_null() { &during } else { &of };
                let client = request.pointer("/params/_meta/io.modelcontextprotocol~1clientCapabilities");
                let client = client.or_else(|| greeted.get(&seen.actor)).cloned();
                let mut shown = show_message(seen, message);
                shown.extend(members! {
                    "at": moment,
                    "stream": owner.map(|(name, _)| name.as_str()),
                    "after_answer": after_answer,
                    "batched": batched,
                    "client": client,
                    "of": of,
                    "during": during,
                    "verb": verb.as_deref(),
                });
                Value::Object(shown)
            };
            let shown: Vec<Value> = match &seen.message.kind {
                Kind::Batch(members) => members.iter().map(context).collect(),
                _ => vec![context(&seen.message)],
            };
            self.messages.extend(shown);
            self.members.push(start..self.messages.len());
        }
    }

    /// When an event was recorded, in whole milliseconds since the case began.
    fn at(&self, n: u64) -> u64 {
        let event = usize::try_from(n).ok().and_then(|n| n.checked_sub(1)).and_then(|at| self.events.get(at));
        event.map_or(0, |event| event.t_us / 1000)
    }

    /// Capabilities that each actor declared in its handshake.
    fn declared_in_handshake(&self) -> BTreeMap<String, Value> {
        let mut declared = BTreeMap::new();
        for event in self.events {
            let What::Sent { kind: SentKind::Request, .. } = &event.what else { continue };
            let Some((message, _)) = self.sent.get(&event.n) else { continue };
            if message.method() == Some("initialize") && !declared.contains_key(&event.actor) {
                let capabilities = message.params().and_then(|params| params.get("capabilities")).cloned();
                declared.insert(event.actor.clone(), capabilities.unwrap_or_default());
            }
        }
        declared
    }
}
