//! The framing of the stdio transport: one message a line, ended by LF.

use crate::wire::limits::Limits;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its bytes without LF, and without a CR right before the LF.
    pub bytes: Vec<u8>,
    /// Whether an LF ended it; only the last line of a stream can lack it.
    pub terminated: bool,
    /// Whether a CR stood before the LF.
    pub had_cr: bool,
}

/// What the splitter gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A line within the limit, possibly empty.
    Line(Line),
    /// A line passed the limit, in bytes, without an LF. Reported as soon as seen; the line is skipped to its end.
    TooLong {
        /// The limit.
        limit: usize,
    },
}

/// Splits a byte stream into lines; any chunking gives the same pieces. Keeps at most one line in memory.
#[derive(Debug)]
pub struct Splitter {
    line: Vec<u8>,
    limit: usize,
    skipping: bool,
}

impl Splitter {
    /// A splitter with the limit [`Limits::line_bytes`].
    pub fn new(limits: &Limits) -> Self {
        Self { line: Vec::new(), limit: limits.line_bytes, skipping: false }
    }

    /// Takes the next bytes and gives what they complete.
    pub fn push(&mut self, mut bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while !bytes.is_empty() {
            let end = bytes.iter().position(|&b| b == b'\n');
            let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if !self.skipping {
                if part.len() > self.limit - self.line.len() {
                    pieces.push(Piece::TooLong { limit: self.limit });
                    self.line = Vec::new();
                    self.skipping = true;
                } else {
                    self.line.extend_from_slice(part);
                }
            }
            if end.is_some() {
                if !self.skipping {
                    pieces.push(Piece::Line(self.take_terminated()));
                }
                self.skipping = false;
            }
            bytes = rest.get(1..).unwrap_or_default();
        }
        pieces
    }

    /// Ends the stream: gives the line that nothing ended, if it has any bytes.
    pub fn finish(self) -> Option<Line> {
        (!self.line.is_empty()).then_some(Line { bytes: self.line, terminated: false, had_cr: false })
    }

    /// How many bytes of an unfinished line are held.
    pub fn pending(&self) -> usize {
        self.line.len()
    }

    fn take_terminated(&mut self) -> Line {
        let mut bytes = std::mem::take(&mut self.line);
        let had_cr = bytes.last() == Some(&b'\r');
        if had_cr {
            bytes.pop();
        }
        Line { bytes, terminated: true, had_cr }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &str, had_cr: bool) -> Piece {
        Piece::Line(Line { bytes: bytes.into(), terminated: true, had_cr })
    }

    #[test]
    fn splits_at_lf_and_notes_cr() {
        let mut splitter = Splitter::new(&Limits::DEFAULT);
        assert_eq!(splitter.push(b"{}\n\n{\"a\""), [line("{}", false), line("", false)]);
        assert_eq!(splitter.pending(), 4);
        assert_eq!(splitter.push(b":1}\r"), []);
        assert_eq!(splitter.push(b"\na\rb\ntail\r"), [line("{\"a\":1}", true), line("a\rb", false)]);
        assert_eq!(splitter.finish(), Some(Line { bytes: b"tail\r".into(), terminated: false, had_cr: false }));
        assert_eq!(Splitter::new(&Limits::DEFAULT).finish(), None);
    }

    #[test]
    fn skips_a_line_over_the_limit_and_goes_on() {
        let limits = Limits { line_bytes: 4, ..Limits::DEFAULT };
        let mut splitter = Splitter::new(&limits);
        assert_eq!(splitter.push(b"1234\n123"), [line("1234", false)]);
        assert_eq!(splitter.push(b"45"), [Piece::TooLong { limit: 4 }], "told at once, without an end in sight");
        assert_eq!(splitter.push(b"6789012345"), []);
        assert_eq!(splitter.pending(), 0);
        assert_eq!(splitter.push(b"0\nok\n"), [line("ok", false)]);
        assert_eq!(splitter.push(b"much too long"), [Piece::TooLong { limit: 4 }]);
        assert_eq!(splitter.finish(), None);
    }
}
