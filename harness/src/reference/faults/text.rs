//! Faults in the reading of a message.

use crate::reference::core::lock;
use crate::reference::rpc::{Failure, INVALID_REQUEST, PARSE};
use crate::wire::Limits;
use crate::wire::json::{AnomalyKind, Node, Parsed, Tree, parse};

use super::{Fault, Faults};

/// Levels at which the stack of a careless reader ends.
const DEEP: usize = 64;
/// Characters of a string that a careless reader takes forever for.
const LONG: usize = 10_000;

/// What becomes of the bytes of a message.
#[derive(Debug, PartialEq)]
pub(in crate::reference) enum Taken {
    /// These are read in their place.
    Read(Vec<u8>),
    /// The message is refused.
    Refused(Failure),
    /// Nothing comes of it before more has come.
    Waits,
    /// Nothing ever comes of it, nor of what is behind it.
    Never,
}

impl Faults {
    /// The bytes of a line, which came in so many pieces.
    pub(in crate::reference) fn line(&self, line: Vec<u8>, pieces: usize) -> Taken {
        let bytes = [std::mem::take(&mut lock(&self.kept).half), line].concat();
        let kept = if self.has(Fault::HangsOnHalfMessage) { bytes.clone() } else { Vec::new() };
        let taken = self.body(bytes, pieces);
        if taken == Taken::Waits {
            lock(&self.kept).half = kept;
        }
        taken
    }

    /// The bytes of the body of a request, which came in so many pieces.
    pub(in crate::reference) fn body(&self, bytes: Vec<u8>, pieces: usize) -> Taken {
        if !self.any() {
            return Taken::Read(bytes);
        }
        self.dies_if(Fault::DiesOnInvalidUtf8, || std::str::from_utf8(&bytes).is_err());
        self.dies_if(Fault::DiesOnEmptyBatch, || bytes.trim_ascii() == b"[]");
        let parsed = parse(&bytes, &Limits::DEFAULT);
        self.dies_if(Fault::DiesOnDeepNesting, || {
            let too_deep = |anomaly: &crate::wire::json::Anomaly| matches!(anomaly.kind, AnomalyKind::TooDeep(_));
            parsed.anomalies.iter().any(too_deep) || parsed.value.as_ref().is_some_and(|tree| depth(tree) > DEEP)
        });
        if self.has(Fault::HangsOnHalfMessage) && is_half(&bytes, &parsed) {
            return Taken::Waits;
        }
        let Some(tree) = &parsed.value else { return Taken::Read(bytes) };
        self.dies_if(Fault::DiesOnHugeInteger, || {
            any(tree, &|part| matches!(&part.node, Node::Number(number) if is_huge(number)))
        });
        self.dies_if(Fault::DiesOnAstralCharacters, || any_text(tree, &|text| text.chars().any(|c| c > '\u{ffff}')));
        if self.has(Fault::HangsOnLongString) && any_text(tree, &|text| text.chars().count() > LONG) {
            return Taken::Never;
        }
        match self.refusal(&bytes, tree, pieces) {
            Some(failure) => Taken::Refused(failure),
            None => Taken::Read(bytes),
        }
    }

    fn refusal(&self, bytes: &[u8], tree: &Tree, pieces: usize) -> Option<Failure> {
        let Node::Object(members) = &tree.node else { return None };
        let place = |name: &str| members.iter().position(|member| member.name == name);
        if self.has(Fault::DependsOnKeyOrder) && place("params").is_some() && place("params") < place("method") {
            return Some(Failure::new(INVALID_REQUEST, "the method is not known yet"));
        }
        if self.has(Fault::DependsOnWhiteSpace) && has_space(bytes, tree) {
            return Some(Failure::new(PARSE, "unexpected white space"));
        }
        if self.has(Fault::DependsOnEscapes) && members.iter().any(|member| member.name_span.of(bytes).contains(&b'\\'))
        {
            return Some(Failure::new(INVALID_REQUEST, "unknown member"));
        }
        if self.has(Fault::DependsOnChunks) && pieces > 1 {
            return Some(Failure::new(PARSE, "the message is cut off"));
        }
        None
    }
}

/// Whether more bytes could make JSON of these.
fn is_half(bytes: &[u8], parsed: &Parsed) -> bool {
    let open = bytes.trim_ascii_start().first().is_some_and(|byte| matches!(byte, b'{' | b'['));
    open && !parsed.is_json() && serde_json::from_slice::<serde_json::Value>(bytes).is_err_and(|error| error.is_eof())
}

fn is_huge(number: &str) -> bool {
    !number.contains(['.', 'e', 'E']) && number.parse::<i64>().is_err()
}

/// Recursion no deeper than the limit of the parse, here and below.
fn depth(tree: &Tree) -> usize {
    inner(tree).map(depth).max().map_or(0, |deepest| deepest + 1)
}

fn any(tree: &Tree, met: &dyn Fn(&Tree) -> bool) -> bool {
    met(tree) || inner(tree).any(|part| any(part, met))
}

fn any_text(tree: &Tree, met: &dyn Fn(&str) -> bool) -> bool {
    any(tree, &|part| match &part.node {
        Node::String(text) => met(text),
        Node::Object(members) => members.iter().any(|member| met(&member.name)),
        _ => false,
    })
}

fn inner(tree: &Tree) -> Box<dyn Iterator<Item = &Tree> + '_> {
    match &tree.node {
        Node::Array(items) => Box::new(items.iter()),
        Node::Object(members) => Box::new(members.iter().map(|member| &member.value)),
        _ => Box::new(std::iter::empty()),
    }
}

/// Whether there is white space that no string holds.
fn has_space(bytes: &[u8], tree: &Tree) -> bool {
    let (mut in_string, mut escaped) = (false, false);
    tree.raw(bytes).iter().any(|byte| {
        match (in_string, *byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            _ => {}
        }
        !in_string && byte.is_ascii_whitespace()
    })
}
