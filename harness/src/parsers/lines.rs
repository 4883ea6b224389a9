//! The splitter of standard output into lines.

use crate::wire::Limits;
use crate::wire::lines::{Piece, Splitter};

use super::chunks::Stream;

/// The input is a stream of lines; its first byte says how it arrives.
pub fn check(data: &[u8]) {
    let Some(stream) = Stream::of(data) else { return };
    let pieces = split(&[stream.bytes], stream.limits);
    assert_eq!(split(&stream.chunks(), stream.limits), pieces, "the lines depend on the chunks");
    let mut glued = Vec::new();
    let mut is_whole = true;
    for piece in &pieces {
        let Piece::Line(line) = piece else {
            is_whole = false;
            continue;
        };
        assert!(line.bytes.len() <= stream.limits.line_bytes, "a line longer than the limit");
        glued.extend_from_slice(&line.bytes);
        glued.extend_from_slice(if line.had_cr { b"\r\n" } else { b"\n" });
        if !line.terminated {
            glued.pop();
        }
    }
    assert!(!is_whole || glued == stream.bytes, "the lines are not the stream");
}

fn split(chunks: &[&[u8]], limits: Limits) -> Vec<Piece> {
    let mut splitter = Splitter::new(&limits);
    let mut pieces = Vec::new();
    for chunk in chunks {
        pieces.extend(splitter.push(chunk));
        assert!(splitter.pending() <= limits.line_bytes, "more than a line is held");
    }
    pieces.extend(splitter.finish().map(Piece::Line));
    pieces
}
