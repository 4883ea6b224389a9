//! What a JSON text did that a peer may read differently, or not at all.

use std::fmt;

/// One observation about a JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What was seen.
    pub kind: AnomalyKind,
    /// Byte offset in the text.
    pub at: usize,
}

/// The kinds of observations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnomalyKind {
    /// The text starts with a byte order mark; it was skipped.
    Bom,
    /// Bytes that are not UTF-8 inside a string; each stands as U+FFFD in the decoded text.
    InvalidUtf8,
    /// A `\u` escape of half a surrogate pair; U+FFFD in the decoded text.
    LoneSurrogate,
    /// A member name that the same object has already used; the last one counts.
    DuplicateKey(String),
    /// A NUL in a string: written as an escape (legal), or raw (not JSON).
    NulByte {
        /// Whether it was the escape.
        escaped: bool,
    },
    /// Deeper than the limit given; nothing was decided about the text.
    TooDeep(usize),
    /// A number that neither a 64-bit integer nor a 64-bit float holds without loss. The spelling may be shortened.
    NumberOutOfRange(String),
    /// This many bytes other than white space follow the value, counted to the end of the text.
    TrailingBytes(usize),
    /// The text is not JSON.
    NotJson {
        /// What the grammar wants at this place.
        expected: &'static str,
        /// What stands there.
        found: Found,
    },
    /// More bytes or values than the limit given; nothing was decided about the text.
    TooLarge(usize),
    /// The text looks like UTF-16; JSON between systems is UTF-8 (RFC 8259, 8.1).
    Utf16,
    /// So many further anomalies were not listed.
    Omitted(usize),
}

/// What stood where something else was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The text was over.
    End,
    /// This byte.
    Byte(u8),
}

impl AnomalyKind {
    /// A stable short name, for classes and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bom => "bom",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::LoneSurrogate => "lone-surrogate",
            Self::DuplicateKey(_) => "duplicate-key",
            Self::NulByte { .. } => "nul-byte",
            Self::TooDeep(_) => "too-deep",
            Self::NumberOutOfRange(_) => "number-out-of-range",
            Self::TrailingBytes(_) => "trailing-bytes",
            Self::NotJson { .. } => "not-json",
            Self::TooLarge(_) => "too-large",
            Self::Utf16 => "utf-16",
            Self::Omitted(_) => "omitted",
        }
    }

    /// Whether the text breaks RFC 8259, as opposed to being legal but unsafe or over our own limits.
    pub fn breaks_json(&self) -> bool {
        matches!(
            self,
            Self::Bom
                | Self::InvalidUtf8
                | Self::NulByte { escaped: false }
                | Self::TrailingBytes(_)
                | Self::NotJson { .. }
                | Self::Utf16
        )
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.at)
    }
}

impl fmt::Display for AnomalyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bom => f.write_str("a byte order mark before the JSON text"),
            Self::InvalidUtf8 => f.write_str("bytes that are not UTF-8"),
            Self::LoneSurrogate => f.write_str("an escape of half a surrogate pair"),
            Self::DuplicateKey(name) => write!(f, "a second member named {name:?} in one object"),
            Self::NulByte { escaped: true } => f.write_str("an escaped NUL in a string"),
            Self::NulByte { escaped: false } => f.write_str("a raw NUL byte in a string"),
            Self::TooDeep(limit) => write!(f, "nesting deeper than the limit of {limit}"),
            Self::NumberOutOfRange(text) => {
                write!(f, "the number {text}, which loses value in 64 bits")
            }
            Self::TrailingBytes(count) => write!(f, "{count} bytes after the JSON value"),
            Self::NotJson { expected, found } => {
                write!(f, "not JSON: expected {expected}, found {found}")
            }
            Self::TooLarge(limit) => write!(f, "a text over the limit of {limit}"),
            Self::Utf16 => f.write_str("UTF-16 text where UTF-8 is required"),
            Self::Omitted(count) => write!(f, "{count} more anomalies, the next"),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::End => f.write_str("the end of the text"),
            Self::Byte(byte) if byte.is_ascii_graphic() => write!(f, "`{}`", char::from(byte)),
            Self::Byte(byte) => write!(f, "the byte 0x{byte:02x}"),
        }
    }
}

/// A list of anomalies that stops growing at its limit and counts on.
#[derive(Debug)]
pub(super) struct Anomalies {
    list: Vec<Anomaly>,
    limit: usize,
    omitted: Option<(usize, usize)>,
    broken: bool,
}

impl Anomalies {
    pub(super) fn new(limit: usize) -> Self {
        Self { list: Vec::new(), limit, omitted: None, broken: false }
    }

    /// Adds one. The first that breaks JSON is listed beyond the limit too: the verdict on the text rests on it.
    pub(super) fn push(&mut self, kind: AnomalyKind, at: usize) {
        let decides = kind.breaks_json() && !self.broken;
        self.broken |= decides;
        if decides || self.list.len() < self.limit {
            self.list.push(Anomaly { kind, at });
        } else {
            let (count, _) = self.omitted.get_or_insert((0, at));
            *count += 1;
        }
    }

    /// Adds the one that ended the parse, which is always listed.
    pub(super) fn push_last(&mut self, kind: AnomalyKind, at: usize) {
        self.list.push(Anomaly { kind, at });
    }

    pub(super) fn finish(mut self) -> Vec<Anomaly> {
        if let Some((count, at)) = self.omitted {
            self.list.push(Anomaly { kind: AnomalyKind::Omitted(count), at });
        }
        self.list
    }
}
