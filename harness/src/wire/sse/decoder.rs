//! Bytes to events.

use super::event::Event;
use crate::wire::limits::Limits;

const BOM: &[u8] = b"\xef\xbb\xbf";
/// How much of an unknown field's name or of a bad value is quoted, in characters.
const QUOTED: usize = 40;

/// What a stream holds, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A block with at least one of `data`, `id`, `event`; [`Event::dispatched`] says whether it is an event to a browser.
    Event(Event),
    /// A line that starts with a colon, without the colon.
    Comment(String),
    /// A valid `retry` field in milliseconds, told as soon as seen; at most `u64::MAX`.
    Retry(u64),
    /// Something that a receiver ignores, mends or loses.
    Anomaly(Anomaly),
}

/// What a well-made stream does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Anomaly {
    /// One byte order mark at the start is skipped.
    #[error("the stream starts with a byte order mark")]
    Bom,
    /// Each malformed sequence stands as U+FFFD.
    #[error("a line is not UTF-8, {0} sequences were replaced")]
    InvalidUtf8(usize),
    /// The whole field is ignored.
    #[error("an `id` field contains NUL and is ignored")]
    NulInId,
    /// The field is ignored.
    #[error("a `retry` field is {0:?}, not digits, and is ignored")]
    BadRetry(String),
    /// The field is ignored.
    #[error("a field named {0:?}, which SSE does not know, is ignored")]
    UnknownField(String),
    /// The rest of the line is skipped and the event marked as truncated.
    #[error("a line is longer than the limit of {0} bytes")]
    LineTooLong(usize),
    /// This line and all further data of the event are skipped and the event marked as truncated.
    #[error("the data of an event is larger than the limit of {0} bytes")]
    EventTooLarge(usize),
    /// The stream ended inside a block, which is lost.
    #[error("the stream ended inside an event; its {0} bytes are lost")]
    IncompleteEvent(u64),
}

/// The decoder. Any chunking gives the same items. Keeps at most one line and one event in memory.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    /// Bytes of the stream taken so far.
    offset: u64,
    line: Vec<u8>,
    /// The rest of a line that is too long is being skipped.
    skipping: bool,
    after_cr: bool,
    first_line: bool,
    last_event_id: String,
    event: Event,
    /// The current block has a field that makes it an event.
    is_event: bool,
    items: Vec<Item>,
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            offset: 0,
            line: Vec::new(),
            skipping: false,
            after_cr: false,
            first_line: true,
            last_event_id: String::new(),
            event: Event::default(),
            is_event: false,
            items: Vec::new(),
        }
    }

    /// Takes the next bytes and gives what they complete.
    pub fn push(&mut self, mut bytes: &[u8]) -> Vec<Item> {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                bytes = self.advance(bytes, 1);
                self.block_starts_here_if_new();
                continue;
            }
            let run = bytes.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let (part, rest) = bytes.split_at(run.unwrap_or(bytes.len()));
            self.extend_line(part);
            self.offset += part.len() as u64;
            bytes = rest;
            if let Some(&end) = rest.first() {
                self.after_cr = end == b'\r';
                bytes = self.advance(rest, 1);
                self.end_line();
            }
        }
        std::mem::take(&mut self.items)
    }

    /// Ends the stream: what was not ended by a blank line is lost, and said so.
    pub fn finish(self) -> Vec<Item> {
        let open = self.is_event || !self.line.is_empty() || self.skipping;
        let lost = self.offset - self.event.span.start;
        if open { vec![Item::Anomaly(Anomaly::IncompleteEvent(lost))] } else { Vec::new() }
    }

    /// The id that the last complete event left: what to resume after. Empty if none was set.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// Bytes taken that belong to no complete event yet.
    pub fn pending(&self) -> u64 {
        self.offset - self.event.span.start
    }

    /// Bytes taken of the event that has begun and is not complete. A comment before it is no part of it.
    pub fn begun(&self) -> u64 {
        let is_comment = !self.is_event && self.event.retry.is_none() && self.line.first() == Some(&b':');
        if is_comment { 0 } else { self.pending() }
    }

    fn advance<'a>(&mut self, bytes: &'a [u8], count: usize) -> &'a [u8] {
        self.offset += count as u64;
        bytes.get(count..).unwrap_or_default()
    }

    fn extend_line(&mut self, part: &[u8]) {
        if self.skipping {
            return;
        }
        if part.len() > self.limits.line_bytes - self.line.len() {
            self.note(Anomaly::LineTooLong(self.limits.line_bytes));
            let is_comment = self.line.first().or(part.first()) == Some(&b':');
            self.line = Vec::new();
            self.skipping = true;
            self.first_line = false;
            if !is_comment {
                self.event.truncated = true;
                self.is_event = true;
            }
        } else {
            self.line.extend_from_slice(part);
        }
    }

    fn end_line(&mut self) {
        if std::mem::take(&mut self.skipping) {
            return;
        }
        let line = std::mem::take(&mut self.line);
        let mut rest = line.as_slice();
        if std::mem::take(&mut self.first_line)
            && let Some(after) = rest.strip_prefix(BOM)
        {
            self.note(Anomaly::Bom);
            rest = after;
        }
        let broken = rest.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
        if broken > 0 {
            self.note(Anomaly::InvalidUtf8(broken));
        }
        let text = String::from_utf8_lossy(rest);
        if text.is_empty() {
            self.end_block();
        } else if let Some(comment) = text.strip_prefix(':') {
            self.items.push(Item::Comment(comment.to_owned()));
        } else {
            let (name, value) = text.split_once(':').unwrap_or((&text, ""));
            self.field(name, value.strip_prefix(' ').unwrap_or(value));
        }
        self.block_starts_here_if_new();
        // The buffer is used again, unless it is one that a single long line made.
        if line.capacity() <= 64 * 1024 {
            self.line = line;
            self.line.clear();
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "data" => {
                self.is_event = true;
                self.data(value);
            }
            "event" => {
                self.is_event = true;
                self.event.name = Some(value.to_owned());
            }
            "id" if value.contains('\0') => self.note(Anomaly::NulInId),
            "id" => {
                self.is_event = true;
                self.event.id = Some(value.to_owned());
            }
            "retry" if value.is_empty() || !value.bytes().all(|b| b.is_ascii_digit()) => {
                self.note(Anomaly::BadRetry(value.chars().take(QUOTED).collect()));
            }
            "retry" => {
                let retry = value.parse().unwrap_or(u64::MAX);
                self.event.retry = Some(retry);
                self.items.push(Item::Retry(retry));
            }
            _ => self.note(Anomaly::UnknownField(name.chars().take(QUOTED).collect())),
        }
    }

    fn data(&mut self, value: &str) {
        let join = if std::mem::replace(&mut self.event.has_data, true) { "\n" } else { "" };
        if self.event.truncated {
            return;
        }
        if value.len() + join.len() > self.limits.event_bytes - self.event.data.len() {
            self.note(Anomaly::EventTooLarge(self.limits.event_bytes));
            self.event.truncated = true;
            return;
        }
        self.event.data.push_str(join);
        self.event.data.push_str(value);
    }

    fn end_block(&mut self) {
        let mut event = std::mem::take(&mut self.event);
        event.span.end = self.offset;
        self.event.span = self.offset..self.offset;
        if !std::mem::take(&mut self.is_event) {
            return;
        }
        if let Some(id) = &event.id {
            self.last_event_id.clone_from(id);
        }
        event.last_event_id.clone_from(&self.last_event_id);
        event.dispatched = event.has_data;
        self.items.push(Item::Event(event));
    }

    /// Between blocks, comments and ignored lines belong to none.
    fn block_starts_here_if_new(&mut self) {
        if !self.is_event && self.event.retry.is_none() {
            self.event.span.start = self.offset;
        }
    }

    fn note(&mut self, anomaly: Anomaly) {
        self.items.push(Item::Anomaly(anomaly));
    }
}
