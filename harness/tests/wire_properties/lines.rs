//! Lines of standard output.

use mcp_assay::wire::lines::{Piece, Splitter};
use proptest::prelude::*;

use crate::support::{config, cut, cuts, glued, limits};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn lines_lose_nothing_and_do_not_depend_on_chunks(
        bytes in glued(&["\n", "\r\n", "\r", "{}", "a", "a long run of text"], 12),
        cuts in cuts(),
        limits in limits(),
    ) {
        let split = |chunks: &[&[u8]]| {
            let mut splitter = Splitter::new(&limits);
            let mut pieces: Vec<Piece> = chunks.iter().flat_map(|chunk| splitter.push(chunk)).collect();
            pieces.extend(splitter.finish().map(Piece::Line));
            pieces
        };
        let pieces = split(&[&bytes]);
        prop_assert_eq!(&pieces, &split(&cut(&bytes, &cuts)));
        let mut glued = Vec::new();
        for piece in pieces {
            let Piece::Line(line) = piece else { return Ok(()) };
            glued.extend_from_slice(&line.bytes);
            glued.extend_from_slice(if line.had_cr { b"\r\n" } else if line.terminated { b"\n" } else { b"" });
        }
        prop_assert_eq!(glued, bytes);
    }
}
