//! The parser: one pass, a stack of its own, bounded.

use std::collections::HashSet;

use super::anomaly::{Anomalies, Anomaly, AnomalyKind, Found};
use super::number;
use super::string::simple_escape;
use super::tree::{Member, Node, Span, Tree};
use crate::wire::limits::{Limits, MAX_DEPTH};

const BOM: &[u8] = b"\xef\xbb\xbf";
/// Objects up to this size are searched for duplicates member by member, larger ones by hash.
const SMALL_OBJECT: usize = 8;
/// How much of a number's spelling an anomaly quotes.
const QUOTED_DIGITS: usize = 40;

/// What a JSON text holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The first value of the text, if it could be read whole.
    pub value: Option<Tree>,
    /// Everything noteworthy, in order of the text.
    pub anomalies: Vec<Anomaly>,
}

impl Parsed {
    /// Whether the text is JSON by RFC 8259 (within our limits): one value, nothing else, all of it UTF-8.
    pub fn is_json(&self) -> bool {
        self.value.is_some() && !self.anomalies.iter().any(|a| a.kind.breaks_json())
    }
}

/// Reads one JSON text. Never fails: what is wrong is in the anomalies.
pub fn parse(bytes: &[u8], limits: &Limits) -> Parsed {
    let mut reader = Reader {
        bytes,
        at: 0,
        nodes: 0,
        max_nodes: limits.nodes,
        max_depth: limits.depth.min(MAX_DEPTH),
        anomalies: Anomalies::new(limits.anomalies),
    };
    let value = if bytes.len() > limits.message_bytes {
        Err(Stop { kind: AnomalyKind::TooLarge(limits.message_bytes), at: limits.message_bytes })
    } else {
        reader.text()
    };
    let value = value.map_err(|stop| reader.anomalies.push_last(stop.kind, stop.at)).ok();
    Parsed { value, anomalies: reader.anomalies.finish() }
}

/// Why and where reading ended.
struct Stop {
    kind: AnomalyKind,
    at: usize,
}

/// An array or object that is still open.
enum Frame {
    Array { start: usize, items: Vec<Tree> },
    Object { start: usize, members: Vec<Member>, name: String, name_span: Span },
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: usize,
    max_nodes: usize,
    max_depth: usize,
    anomalies: Anomalies,
}

impl Reader<'_> {
    fn text(&mut self) -> Result<Tree, Stop> {
        if is_utf16(self.bytes) {
            return Err(Stop { kind: AnomalyKind::Utf16, at: 0 });
        }
        if self.bytes.starts_with(BOM) {
            self.anomalies.push(AnomalyKind::Bom, 0);
            self.at = BOM.len();
        }
        let tree = self.value()?;
        self.skip_space();
        let rest = self.bytes.len() - self.at;
        if rest > 0 {
            self.anomalies.push(AnomalyKind::TrailingBytes(rest), self.at);
        }
        Ok(tree)
    }

    fn value(&mut self) -> Result<Tree, Stop> {
        let mut open: Vec<Frame> = Vec::new();
        loop {
            self.skip_space();
            self.nodes += 1;
            if self.nodes > self.max_nodes {
                return Err(Stop { kind: AnomalyKind::TooLarge(self.max_nodes), at: self.at });
            }
            let start = self.at;
            let node = match self.peek() {
                Some(bracket @ (b'[' | b'{')) => {
                    if open.len() >= self.max_depth {
                        return Err(Stop { kind: AnomalyKind::TooDeep(self.max_depth), at: start });
                    }
                    self.at += 1;
                    self.skip_space();
                    match (bracket, self.peek()) {
                        (b'[', Some(b']')) => {
                            self.at += 1;
                            Node::Array(Vec::new())
                        }
                        (b'[', _) => {
                            open.push(Frame::Array { start, items: Vec::new() });
                            continue;
                        }
                        (_, Some(b'}')) => {
                            self.at += 1;
                            Node::Object(Vec::new())
                        }
                        _ => {
                            let (name, name_span) = self.name("a member name or `}`")?;
                            open.push(Frame::Object { start, members: Vec::new(), name, name_span });
                            continue;
                        }
                    }
                }
                Some(b'"') => Node::String(self.string()?),
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.word("true", Node::Bool(true))?,
                Some(b'f') => self.word("false", Node::Bool(false))?,
                Some(b'n') => self.word("null", Node::Null)?,
                _ => return Err(self.unexpected("a value")),
            };
            let done = Tree { node, span: Span { start, end: self.at } };
            if let Some(root) = self.close(&mut open, done)? {
                return Ok(root);
            }
        }
    }

    /// Hands a complete value to the frame around it, and that one to the next if it is complete now. Gives the root
    /// when that is complete, `None` when another value has to be read.
    fn close(&mut self, open: &mut Vec<Frame>, mut done: Tree) -> Result<Option<Tree>, Stop> {
        while let Some(frame) = open.pop() {
            self.skip_space();
            let (start, node) = match frame {
                Frame::Array { start, mut items } => {
                    items.push(done);
                    match self.peek() {
                        Some(b',') => {
                            self.at += 1;
                            open.push(Frame::Array { start, items });
                            return Ok(None);
                        }
                        Some(b']') => self.at += 1,
                        _ => return Err(self.unexpected("`,` or `]`")),
                    }
                    (start, Node::Array(items))
                }
                Frame::Object { start, mut members, name, name_span } => {
                    members.push(Member { name, name_span, value: done });
                    match self.peek() {
                        Some(b',') => {
                            self.at += 1;
                            self.skip_space();
                            let (name, name_span) = self.name("a member name")?;
                            open.push(Frame::Object { start, members, name, name_span });
                            return Ok(None);
                        }
                        Some(b'}') => self.at += 1,
                        _ => return Err(self.unexpected("`,` or `}`")),
                    }
                    self.note_duplicates(&members);
                    (start, Node::Object(members))
                }
            };
            done = Tree { node, span: Span { start, end: self.at } };
        }
        Ok(Some(done))
    }

    fn note_duplicates(&mut self, members: &[Member]) {
        let mut note = |member: &Member| {
            self.anomalies.push(AnomalyKind::DuplicateKey(member.name.clone()), member.name_span.start)
        };
        if members.len() <= SMALL_OBJECT {
            for (index, member) in members.iter().enumerate() {
                if members.iter().take(index).any(|earlier| earlier.name == member.name) {
                    note(member);
                }
            }
        } else {
            let mut seen = HashSet::with_capacity(members.len());
            members.iter().filter(|member| !seen.insert(member.name.as_str())).for_each(note);
        }
    }

    /// A member name and its colon.
    fn name(&mut self, expected: &'static str) -> Result<(String, Span), Stop> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(expected));
        }
        let start = self.at;
        let name = self.string()?;
        let span = Span { start, end: self.at };
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        Ok((name, span))
    }

    /// A string; the reader stands on its opening quote.
    fn string(&mut self) -> Result<String, Stop> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            let rest = self.bytes.get(start..).unwrap_or_default();
            let run = rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).unwrap_or(rest.len());
            self.at += run;
            self.push_utf8(&mut text, start);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => self.escape(&mut text)?,
                Some(byte) => {
                    if byte == 0 {
                        self.anomalies.push(AnomalyKind::NulByte { escaped: false }, self.at);
                    }
                    return Err(self.unexpected("an escape, as control characters need in a string"));
                }
                None => return Err(self.unexpected("the closing quote of the string")),
            }
        }
    }

    /// Appends the bytes from `start` to here, with U+FFFD for what is not UTF-8.
    fn push_utf8(&mut self, text: &mut String, start: usize) {
        let mut at = start;
        for chunk in self.bytes.get(start..self.at).unwrap_or_default().utf8_chunks() {
            text.push_str(chunk.valid());
            at += chunk.valid().len();
            if !chunk.invalid().is_empty() {
                self.anomalies.push(AnomalyKind::InvalidUtf8, at);
                text.push(char::REPLACEMENT_CHARACTER);
                at += chunk.invalid().len();
            }
        }
    }

    /// An escape; the reader stands on the backslash.
    fn escape(&mut self, text: &mut String) -> Result<(), Stop> {
        let start = self.at;
        self.at += 1;
        if self.peek() == Some(b'u') {
            self.at += 1;
            let unit = self.hex4()?;
            let char = match unit {
                0xd800..=0xdbff => self.low_surrogate().and_then(|low| {
                    self.at += 6;
                    char::from_u32(0x1_0000 + ((u32::from(unit) - 0xd800) << 10) + (u32::from(low) - 0xdc00))
                }),
                _ => char::from_u32(u32::from(unit)),
            };
            match char {
                Some('\0') => self.anomalies.push(AnomalyKind::NulByte { escaped: true }, start),
                None => self.anomalies.push(AnomalyKind::LoneSurrogate, start),
                Some(_) => {}
            }
            text.push(char.unwrap_or(char::REPLACEMENT_CHARACTER));
            return Ok(());
        }
        let byte = self.peek().and_then(simple_escape);
        let byte = byte.ok_or_else(|| self.unexpected("an escape: one of \" \\ / b f n r t u"))?;
        self.at += 1;
        text.push(char::from(byte));
        Ok(())
    }

    fn hex4(&mut self) -> Result<u16, Stop> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(hex_digit);
            unit = unit << 4 | digit.ok_or_else(|| self.unexpected("four hexadecimal digits"))?;
            self.at += 1;
        }
        Ok(unit)
    }

    /// The low surrogate escaped right here, if one is.
    fn low_surrogate(&self) -> Option<u16> {
        let escape = self.bytes.get(self.at..self.at + 6)?.strip_prefix(b"\\u")?;
        let unit = escape.iter().try_fold(0, |unit, &byte| Some(unit << 4 | hex_digit(byte)?))?;
        (0xdc00..=0xdfff).contains(&unit).then_some(unit)
    }

    fn number(&mut self) -> Result<Node, Stop> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("a digit")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("a digit after the decimal point")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits("a digit of the exponent")?;
        }
        let digits = self.bytes.get(start..self.at).unwrap_or_default();
        let text: String = digits.iter().copied().map(char::from).collect();
        if number::loses_value(&text) {
            let mut quoted: String = text.chars().take(QUOTED_DIGITS).collect();
            if quoted.len() < text.len() {
                quoted.push('…');
            }
            self.anomalies.push(AnomalyKind::NumberOutOfRange(quoted), start);
        }
        Ok(Node::Number(text))
    }

    fn digits(&mut self, expected: &'static str) -> Result<(), Stop> {
        if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Err(self.unexpected(expected));
        }
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn word(&mut self, word: &'static str, node: Node) -> Result<Node, Stop> {
        for byte in word.bytes() {
            if self.peek() != Some(byte) {
                return Err(self.unexpected("`true`, `false` or `null`"));
            }
            self.at += 1;
        }
        Ok(node)
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn unexpected(&self, expected: &'static str) -> Stop {
        let found = self.peek().map_or(Found::End, Found::Byte);
        Stop { kind: AnomalyKind::NotJson { expected, found }, at: self.at }
    }
}

fn hex_digit(byte: u8) -> Option<u16> {
    char::from(byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok())
}

/// A UTF-16 byte order mark, or two ASCII characters with a NUL each (one, if the text is no longer).
fn is_utf16(bytes: &[u8]) -> bool {
    let ascii = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    match *bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [0, a] | [a, 0] => ascii(a),
        [0, a, 0, b, ..] | [a, 0, b, 0, ..] => ascii(a) && ascii(b),
        _ => false,
    }
}
