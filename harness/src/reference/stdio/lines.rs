//! Lines of bounded length.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Text {
        bytes: Vec<u8>,
        /// Reads that it took.
        pieces: usize,
    },
    /// The line had more than the allowed bytes; it was skipped.
    TooLong,
    End,
}

/// Reads the next line; what comes after the last line end counts as a line too.
pub(super) async fn next<R: AsyncRead + Unpin>(reader: &mut BufReader<R>, max: usize) -> io::Result<Line> {
    let mut line = Vec::new();
    let mut too_long = false;
    let mut pieces = 0;
    loop {
        let chunk = reader.fill_buf().await?;
        if chunk.is_empty() {
            return Ok(match () {
                () if too_long => Line::TooLong,
                () if pieces == 0 => Line::End,
                () => Line::Text { bytes: line, pieces },
            });
        }
        pieces += 1;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
        too_long |= line.len() + part.len() > max;
        if !too_long {
            line.extend_from_slice(part);
        }
        let used = end.map_or(chunk.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(if too_long { Line::TooLong } else { Line::Text { bytes: line, pieces } });
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test]
    async fn long_lines_are_skipped() {
        let mut reader = BufReader::with_capacity(4, &b"one\ntoo long a line\n\nend"[..]);
        let mut seen = Vec::new();
        loop {
            let line = next(&mut reader, 8).await.unwrap();
            let last = line == Line::End;
            seen.push(line);
            if last {
                break;
            }
        }
        let text = |text: &str| Line::Text { bytes: text.as_bytes().to_vec(), pieces: 1 };
        assert_eq!(seen, [text("one"), Line::TooLong, text(""), text("end"), Line::End]);
    }
}
