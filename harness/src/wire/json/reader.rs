//! The parser: one pass, a stack of its own, bounded.

use std::collections::HashSet;

use super::anomaly::{Anomalies, Anomaly, AnomalyKind, Found};
use super::tree::{Member, Node, Span, Tree};
use crate::wire::limits::{Limits, MAX_DEPTH};

const BOM: &[u8] = b"\xef\xbb\xbf";
/// Objects up to this size are searched for duplicates member by member, larger ones by hash.
const SMALL_OBJECT: usize = 8;

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
pub(super) struct Stop {
    pub(super) kind: AnomalyKind,
    pub(super) at: usize,
}

/// An array or object that is still open.
enum Frame {
    Array { start: usize, items: Vec<Tree> },
    Object { start: usize, members: Vec<Member>, name: String, name_span: Span },
}

/// The text, how far it is read, and what was seen.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    nodes: usize,
    max_nodes: usize,
    max_depth: usize,
    pub(super) anomalies: Anomalies,
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

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn unexpected(&self, expected: &'static str) -> Stop {
        let found = self.peek().map_or(Found::End, Found::Byte);
        Stop { kind: AnomalyKind::NotJson { expected, found }, at: self.at }
    }
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
