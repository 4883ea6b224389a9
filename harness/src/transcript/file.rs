//! Reading a transcript file back.

use std::path::Path;

use super::{Event, FORMAT_VERSION, Header};

/// Largest transcript file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// Why a transcript could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    /// The file cannot be opened or read.
    #[error("failed to read the transcript {path}: {source}")]
    Io {
        /// File.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// A line is not what the format says.
    #[error("{path}:{line}: not a transcript line: {problem}")]
    Line {
        /// File.
        path: String,
        /// Line, from 1.
        line: usize,
        /// In words.
        problem: String,
    },
    /// Written by another version.
    #[error(
        "{path}: transcript format {found}, but this build reads format {FORMAT_VERSION}: use the mcp-assay that wrote it"
    )]
    Version {
        /// File.
        path: String,
        /// Version found.
        found: u32,
    },
    /// Too large.
    #[error("{path}: {bytes} bytes, more than the {MAX_FILE_BYTES} that are read")]
    TooLarge {
        /// File.
        path: String,
        /// Its size.
        bytes: u64,
    },
}

/// Read a transcript file. A last line that was cut off by a crash is left out; everything before it counts.
///
/// # Errors
/// [`TranscriptError`] names the file and the line.
pub fn read(path: &Path) -> Result<(Header, Vec<Event>), TranscriptError> {
    let name = path.display().to_string();
    let io = |source| TranscriptError::Io { path: name.clone(), source };
    let bytes = std::fs::metadata(path).map_err(io)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(TranscriptError::TooLarge { path: name, bytes });
    }
    let text = std::fs::read(path).map_err(io)?;
    parse(&name, &text)
}

/// Read the contents of a transcript file, which errors call `name`. A last line without a line feed is left out if it
/// cannot be read.
///
/// # Errors
/// [`TranscriptError`] names the file and the line.
pub fn parse(name: &str, text: &[u8]) -> Result<(Header, Vec<Event>), TranscriptError> {
    let bad = |line: usize, problem: String| TranscriptError::Line { path: name.to_owned(), line, problem };
    let mut lines = text.split_inclusive(|&byte| byte == b'\n').zip(1..);
    let (first, _) = lines.next().ok_or_else(|| bad(1, "the file is empty".to_owned()))?;
    let header: Header = serde_json::from_slice(first).map_err(|e| bad(1, e.to_string()))?;
    if header.transcript != FORMAT_VERSION {
        return Err(TranscriptError::Version { path: name.to_owned(), found: header.transcript });
    }
    let mut events = Vec::new();
    for (line, number) in lines {
        match serde_json::from_slice(line) {
            Ok(event) => events.push(event),
            Err(_) if !line.ends_with(b"\n") => break,
            Err(e) => return Err(bad(number, e.to_string())),
        }
    }
    Ok((header, events))
}
