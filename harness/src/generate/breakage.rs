//! Messages broken below JSON-RPC: in their bytes, their encoding, their syntax, their framing.

use std::ops::Range;

use super::{Choices, Expected};

/// Transports on which bytes make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Framing {
    /// Any: as the body of a POST, or as a line.
    Any,
    /// Only as the body of a POST, for they have line ends.
    Http,
    /// Only as a part of standard input, for they are about its lines; nothing is to be added to them.
    Stdio,
}

/// Bytes in place of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong with them.
    pub name: &'static str,
    /// The bytes, without the line end except for [`Framing::Stdio`].
    pub bytes: Vec<u8>,
    /// Where they can be sent.
    pub framing: Framing,
    /// What a receiver may do with them. What is to be refused is a parse error (-32700), for the id cannot be known.
    pub expected: Expected,
}

/// Nesting beyond the limits of every reader that has one.
const DEEPEST: usize = 100_000;

/// Every way to break the bytes of a valid message.
#[must_use]
pub fn broken_bytes(message: &[u8]) -> Vec<Broken> {
    use Expected::{MayReject, MustAccept, MustReject};
    let cut = message.len() / 2;
    let half = message.get(..cut).unwrap_or_default();
    let without_end = message.get(..message.len().saturating_sub(1)).unwrap_or_default();
    let with = |parts: &[&[u8]]| parts.concat();
    // A member more in front of the others; the message begins with `{` and is not empty.
    let rest = message.get(1..).unwrap_or_default();
    let member = |text: &[u8]| [b"{\"x\":", text, b",", rest].concat();
    let deep = |open: &[u8], close: &[u8], levels: usize| {
        member(&[open.repeat(levels), b"1".to_vec(), close.repeat(levels)].concat())
    };
    let utf16 = |big: bool| -> Vec<u8> {
        let text = String::from_utf8_lossy(message);
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let any = [
        ("empty", Vec::new(), MayReject),
        ("white-space", b"   ".to_vec(), MayReject),
        ("half", half.to_vec(), MustReject),
        ("no-closing-brace", without_end.to_vec(), MustReject),
        ("extra-brace", with(&[message, b"}"]), MustReject),
        ("two-values", with(&[message, b" ", message]), MustReject),
        ("trailing-text", with(&[message, b" x"]), MustReject),
        ("trailing-comma", with(&[without_end, b",}"]), MustReject),
        ("comment", with(&[b"/* x */", message]), MustReject),
        ("single-quotes", String::from_utf8_lossy(message).replace('"', "'").into_bytes(), MustReject),
        ("not-a-number", member(b"NaN"), MustReject),
        ("infinity", member(b"-Infinity"), MustReject),
        ("leading-zero", member(b"01"), MustReject),
        ("plus", member(b"+1"), MustReject),
        ("bare-word", member(b"undefined"), MustReject),
        ("beyond-float", member(b"1e400"), MayReject),
        ("long-number", member("9".repeat(5000).as_bytes()), MayReject),
        ("raw-control", member(b"\"\x01\""), MustReject),
        ("raw-nul", member(b"\"\0\""), MustReject),
        ("bad-escape", member(br#""\x""#), MustReject),
        ("cut-escape", member(br#""\u12""#), MustReject),
        ("escaped-nul", member(br#""\u0000""#), MayReject),
        ("lone-surrogate", member(br#""\ud800""#), MayReject),
        ("lone-surrogate-name", with(&[br#"{"\udc00":1,"#, rest]), MayReject),
        ("duplicate-name", with(&[br#"{"jsonrpc":"2.0","#, rest]), MayReject),
        ("prototype", with(&[br#"{"__proto__":{"x":1},"constructor":1,"#, rest]), MayReject),
        ("invalid-utf8", member(b"\"\xff\xfe\""), MustReject),
        ("overlong-utf8", member(b"\"\xc0\xaf\""), MustReject),
        ("cut-utf8", member(b"\"\xe6\x97\""), MustReject),
        ("surrogate-utf8", member(b"\"\xed\xa0\x80\""), MustReject),
        ("byte-order-mark", with(&["\u{feff}".as_bytes(), message]), MayReject),
        ("utf16", utf16(false), MustReject),
        ("utf16-big-endian", utf16(true), MustReject),
        ("trailing-nul", with(&[message, b"\0"]), MustReject),
        ("scalar", b"7".to_vec(), MustReject),
        ("null", b"null".to_vec(), MustReject),
        ("text", b"hello".to_vec(), MustReject),
        ("empty-batch", b"[]".to_vec(), MustReject),
        ("nested-batch", with(&[b"[[", message, b"]]"]), MustReject),
        ("deep-arrays", deep(b"[", b"]", 1000), MayReject),
        ("deep-objects", deep(b"{\"a\":", b"}", 1000), MayReject),
        ("deepest-arrays", deep(b"[", b"]", DEEPEST), MayReject),
        ("never-closed", b"[".repeat(DEEPEST), MustReject),
        ("long-string", member(&[b"\"", b"a".repeat(1 << 20).as_slice(), b"\""].concat()), MayReject),
    ];
    let stdio = [
        ("empty-lines", with(&[b"\n\n", message, b"\n"]), MayReject),
        ("carriage-return", with(&[message, b"\r\n"]), MayReject),
        ("two-in-one-write", with(&[message, b"\n", message, b"\n"]), MustAccept),
        ("two-on-a-line", with(&[message, message, b"\n"]), MustReject),
        ("line-end-within", with(&[half, b"\n", message.get(cut..).unwrap_or_default(), b"\n"]), MustReject),
        (
            "content-length",
            with(&[format!("Content-Length: {}\r\n\r\n", message.len()).as_bytes(), message, b"\n"]),
            MustReject,
        ),
        ("half-line", half.to_vec(), MayReject),
        ("nul-line", b"\0\n".to_vec(), MustReject),
        ("lone-carriage-return", with(&[b"\r", message, b"\n"]), MayReject),
    ];
    let found = any.into_iter().map(|(name, bytes, expected)| Broken { name, bytes, framing: Framing::Any, expected });
    let found = found.chain(stdio.into_iter().map(|(name, bytes, expected)| Broken {
        name,
        bytes,
        framing: Framing::Stdio,
        expected,
    }));
    found.collect()
}

/// Where to cut bytes that are written in pieces: each alone, within a character, after all but the last, or anywhere.
/// The pieces make up the whole.
#[must_use]
pub fn chunks(bytes: &[u8], choices: &mut Choices) -> Vec<Range<usize>> {
    let length = bytes.len();
    let mut cuts: Vec<usize> = match choices.below(5) {
        0 => Vec::new(),
        1 if length <= 4096 => (1..length).collect(),
        2 => bytes.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 == 0x80).map(|(at, _)| at).take(64).collect(),
        3 => vec![length.saturating_sub(1)],
        _ => (0..=choices.below(8)).map(|_| choices.index(length)).collect(),
    };
    cuts.retain(|cut| *cut > 0 && *cut < length);
    cuts.sort_unstable();
    cuts.dedup();
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([length]);
    starts.zip(ends).map(|(start, end)| start..end).collect()
}
