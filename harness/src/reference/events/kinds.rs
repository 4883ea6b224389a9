//! The types of events that there are.

use serde_json::{Value, json};

use super::Mode;

/// By every way of delivery, and again from a position.
pub(super) const COUNTED: &str = "test.counted";
/// By push alone, with no way back.
pub(super) const PUSHED: &str = "test.pushed";
/// By poll alone.
pub(super) const POLLED: &str = "test.polled";
/// Comes and goes.
pub(super) const EXTRA: &str = "test.extra";

/// A type of events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) delivery: &'static [Mode],
    /// Whether there are cursors to go on from.
    pub(super) replays: bool,
    /// Whether the payload has a member that came later.
    pub(super) extended: bool,
}

impl Kind {
    /// All that can be; the last comes and goes.
    pub(super) fn all(extended: bool) -> [Self; 4] {
        const ALL: &[Mode] = &[Mode::Poll, Mode::Push, Mode::Webhook];
        let kind = |name, delivery| Self { name, delivery, replays: name != PUSHED, extended };
        [kind(COUNTED, ALL), kind(PUSHED, &[Mode::Push]), kind(POLLED, &[Mode::Poll]), kind(EXTRA, ALL)]
    }

    /// Its descriptor.
    pub(super) fn shown(&self) -> Value {
        json!({
            "name": self.name,
            "description": "Something that tests let happen.",
            "delivery": self.delivery.iter().map(|mode| mode.name()).collect::<Vec<_>>(),
            "inputSchema": input_schema(),
            "payloadSchema": self.payload_schema(),
        })
    }

    fn payload_schema(&self) -> Value {
        let mut properties = json!({ "number": { "type": "integer" } });
        if self.extended
            && let Some(properties) = properties.as_object_mut()
        {
            properties.insert("remark".to_owned(), json!({ "type": "string" }));
        }
        json!({ "type": "object", "properties": properties, "required": ["number"] })
    }
}

/// Of every type: the smallest and the largest number that are wanted.
pub(super) fn input_schema() -> Value {
    json!({ "type": "object", "properties": { "min": { "type": "integer" }, "max": { "type": "integer" } }, "additionalProperties": false })
}
