//! Standard output and standard error. Whoever reads there may have read enough (`mcp-assay list | head`), and a run goes on
//! to its end and its exit code all the same.

use std::fmt::Display;
use std::io::Write as _;

/// Write it to standard output, as it is.
pub fn say(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Write a line to standard error.
pub fn note(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
