//! Problems in files, told so that a person can mend them: file, line, the line itself and a caret under the place.

use std::fmt;

use serde_saphyr::Error;

use crate::requirement::nearest;

/// Longest part of a source line that is shown, in characters.
const MAX_SHOWN: usize = 160;

/// Why a scenario or monitor file could not be used. The text shows file, line and the place in the line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub struct LoadError {
    /// File.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: u64,
    /// What is wrong and what to do, with the source line and a caret where there is one.
    pub problem: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.problem),
            line => write!(f, "{}:{line}: {}", self.file, self.problem),
        }
    }
}

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Length in characters.
    pub length: usize,
}

impl LoadError {
    /// A problem at a place in a text, which is shown.
    pub(crate) fn at(file: &str, text: &str, place: Place, message: &str) -> Self {
        let line = u64::try_from(place.line).unwrap_or_default();
        let shown =
            place.line.checked_sub(1).and_then(|before| text.lines().nth(before)).map(|source| show(source, place));
        Self { file: file.to_owned(), line, problem: message.to_owned() + &shown.unwrap_or_default() }
    }

    /// What the YAML reader says.
    pub(crate) fn of_reader(file: &str, text: &str, error: &Error) -> Self {
        let error = error.without_snippet();
        let place = error.location().map_or_else(Place::default, |location| Place {
            line: usize::try_from(location.line()).unwrap_or_default(),
            column: usize::try_from(location.column()).unwrap_or_default(),
            length: 1,
        });
        let (message, word) = plain(error);
        let length = word.map_or(1, |word| word.chars().count().max(1));
        Self::at(file, text, Place { length, ..place }, &message)
    }
}

/// The source line, and below it carets under the place.
fn show(source: &str, place: Place) -> String {
    let (number, width) = (place.line, place.line.to_string().len());
    let before = place.column.saturating_sub(1);
    let length = source.chars().count();
    // A place far to the right is shown with what is around it.
    let skipped = if before > MAX_SHOWN / 2 && length > MAX_SHOWN { before - MAX_SHOWN / 2 } else { 0 };
    let shown: String = source.chars().skip(skipped).take(MAX_SHOWN).collect();
    let pad: String = shown.chars().take(before - skipped).map(|c| if c == '\t' { c } else { ' ' }).collect();
    let carets = "^".repeat(place.length.min(shown.chars().count().saturating_sub(before - skipped)).max(1));
    format!("\n  {number} | {shown}\n  {:width$} | {pad}{carets}", "")
}

/// The reader's words in ours, and the word in the source that they are about.
fn plain(error: &Error) -> (String, Option<&str>) {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => (unknown("member", field, expected), Some(field)),
        Error::SerdeUnknownVariant { variant, expected, .. } => (unknown("word", variant, expected), Some(variant)),
        Error::SerdeMissingField { field, .. } => (format!("the member `{field}` is missing: add it"), None),
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("`{key}` stands here a second time: keep one"), Some(key))
        }
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            (format!("wanted {expected}, found {unexpected}"), None)
        }
        Error::Unexpected { expected, .. } => (format!("wanted {}", kind(expected)), None),
        Error::Eof { .. } => ("the file is empty, or ends too early".to_owned(), None),
        other => (reworded(&other.to_string()), None),
    }
}

/// What the reader expects, for people.
fn kind(expected: &str) -> &str {
    match expected {
        "sequence start" => "a list",
        "mapping start" => "a mapping",
        "string scalar" => "a text",
        other => other,
    }
}

fn unknown(what: &str, given: &str, expected: &[&'static str]) -> String {
    let hint = match nearest(given, expected.iter().copied()).first() {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {}", expected.join(", ")),
    };
    format!("unknown {what} `{given}`: {hint}")
}

fn reworded(text: &str) -> String {
    let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
    let untagged = [("OneOrMany", "write one text or a list of texts"), ("Bytes", BYTES)];
    let found = untagged.iter().find(|(name, _)| text.ends_with(&format!("untagged enum {name}")));
    found.map_or_else(|| text.to_owned(), |(_, mend)| (*mend).to_owned())
}

const BYTES: &str = "bytes are a text, { base64: ... }, { repeat: { text: ..., times: N } } or { join: [...] }";
