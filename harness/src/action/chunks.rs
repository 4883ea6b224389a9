//! In which pieces bytes are sent.

use serde::{Deserialize, Serialize};

/// Byte counts of the pieces, one after the other; the last one holds for all that is left. None: everything at once.
/// Over HTTP each piece is a chunk of a chunked body (RFC 9112, 7.1), on stdio a write of its own.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Chunks(pub Vec<usize>);

impl Chunks {
    /// Whether everything goes at once.
    pub fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// The pieces of `bytes`, none of them empty. A count of 0, which the lint refuses, is taken as 1.
    pub fn split<'b>(&self, bytes: &'b [u8]) -> Vec<&'b [u8]> {
        self.split_up_to(bytes, usize::MAX)
    }

    /// The same in so many pieces at most, the last of which is all that is left.
    pub fn split_up_to<'b>(&self, bytes: &'b [u8], most: usize) -> Vec<&'b [u8]> {
        let mut counts = self.0.iter().copied();
        let mut count = bytes.len();
        let mut rest = bytes;
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            count = counts.next().unwrap_or(count).max(1);
            let count = if pieces.len() + 1 >= most { rest.len() } else { count.min(rest.len()) };
            let (piece, after) = rest.split_at(count);
            pieces.push(piece);
            rest = after;
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_count_holds_for_the_rest() {
        let split = |counts: &[usize], text: &'static str| Chunks(counts.to_vec()).split(text.as_bytes());
        assert_eq!(split(&[2, 3], "abcdefghi"), [b"ab" as &[u8], b"cde", b"fgh", b"i"]);
        assert_eq!(split(&[1], "é"), [b"\xc3", b"\xa9"]);
        assert_eq!(split(&[], "abc"), [b"abc"]);
        assert_eq!(split(&[5, 5], "abc"), [b"abc"]);
        assert!(split(&[1], "").is_empty());
    }
}
