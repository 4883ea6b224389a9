//! One event, and its bytes.

use std::ops::Range;

/// A block of fields that a blank line ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The `id` field of this very event; empty where it is there without a value.
    pub id: Option<String>,
    /// The last event id after this event: what `Last-Event-ID` would say. Empty if none was ever set.
    pub last_event_id: String,
    /// The `event` field of this very event.
    pub name: Option<String>,
    /// The `data` lines, joined by LF.
    pub data: String,
    /// Whether there was a `data` line at all, even an empty one.
    pub has_data: bool,
    /// The last valid `retry` field of this very event, in milliseconds.
    pub retry: Option<u64>,
    /// Whether a browser would dispatch it: with a `data` line, even an empty one. Without one only the id counts.
    pub dispatched: bool,
    /// Whether a limit of ours cut some of it off.
    pub truncated: bool,
    /// Its bytes in the stream, from its first line to the blank line that ended it (to the CR of a CR LF).
    pub span: Range<u64>,
}

impl Event {
    /// The event to send with that data, and with that id.
    pub fn new(data: impl Into<String>, id: Option<String>) -> Self {
        Self { id, data: data.into(), has_data: true, dispatched: true, ..Self::default() }
    }

    /// The event type: the `event` field, or `message` where that is missing or empty.
    pub fn kind(&self) -> &str {
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("message")
    }
}

impl Default for Event {
    fn default() -> Self {
        Self {
            id: None,
            last_event_id: String::new(),
            name: None,
            data: String::new(),
            has_data: false,
            retry: None,
            dispatched: false,
            truncated: false,
            span: 0..0,
        }
    }
}

/// How lines of an SSE stream end; all three mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
}

impl LineEnd {
    fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// The bytes of an event, lines ended by LF.
pub fn encode(event: &Event) -> Vec<u8> {
    encode_with(event, LineEnd::Lf)
}

/// The bytes of an event: `event`, `id`, `retry`, then a `data` line for each line of the data, and the blank line.
/// Fields are written as they are, so a line break in an id or a name breaks the event, as told; in data, a CR becomes
/// a line break like LF, since SSE cannot carry one.
pub fn encode_with(event: &Event, end: LineEnd) -> Vec<u8> {
    let end = end.as_str();
    let mut text = String::with_capacity(event.data.len() + 32);
    let mut field = |name: &str, value: &str| {
        for part in [name, ": ", value, end] {
            text.push_str(part);
        }
    };
    if let Some(name) = &event.name {
        field("event", name);
    }
    if let Some(id) = &event.id {
        field("id", id);
    }
    if let Some(retry) = event.retry {
        field("retry", &retry.to_string());
    }
    if event.has_data {
        for line in event.data.replace("\r\n", "\n").split(['\n', '\r']) {
            field("data", line);
        }
    }
    text.push_str(end);
    text.into_bytes()
}
