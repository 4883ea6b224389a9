//! What can be wrong with an expression.

/// Why an expression was refused or could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (line {line}, column {column} of the expression)")]
pub struct ExprError {
    /// What sort of mistake it is.
    pub kind: ErrorKind,
    /// Line within the expression, from 1.
    pub line: usize,
    /// Column in characters within that line, from 1.
    pub column: usize,
    /// What is wrong and what to do about it, in plain words.
    pub message: String,
}

/// The sort of mistake an [`ExprError`] reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Compile: the text is not a CEL expression.
    Syntax,
    /// Compile: longer or more deeply nested than the limits allow.
    TooComplex,
    /// Compile: a variable nobody declares.
    UnknownName,
    /// Compile: a function nobody provides.
    UnknownFunction,
    /// Compile: a function or macro with the wrong number of arguments, or called the wrong way.
    Arity,
    /// Evaluation: a member, index or variable that is not there.
    Missing,
    /// Evaluation: a comparison between values of different kinds.
    UnlikeTypes,
    /// Evaluation: the result had to be true or false, and is neither.
    NotBool,
    /// Evaluation: anything else, such as overflow or a function refusing its argument.
    Evaluation,
}

impl ExprError {
    /// An error at a place given as a byte offset into `source`.
    pub(super) fn at(kind: ErrorKind, source: &str, offset: usize, message: String) -> Self {
        let mut line = 1;
        let mut column = 1;
        for (_, character) in source.char_indices().take_while(|(start, _)| *start < offset) {
            if character == '\n' {
                line += 1;
                column = 1;
            } else {
                column += 1;
            }
        }
        Self { kind, line, column, message }
    }
}

/// The candidate closest to `word`, if it is close enough to be what was meant.
pub(super) fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let tolerated = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerated)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance: insertions, deletions and replacements of a character.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, character) in from.chars().enumerate() {
        let mut next = vec![above + 1];
        for ((wanted, diagonal), upper) in to.iter().zip(&row).zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(*wanted != character);
            let left = next.last().copied().unwrap_or(usize::MAX - 1);
            next.push(replaced.min(upper + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
