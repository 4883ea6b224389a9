//! CEL expressions: they compile with the names there are, and a mistake is shown where it stands in the file.

use serde_saphyr::granit_parser::ScalarStyle;

use super::cursor::Cursor;
use super::report::Report;
use crate::expr::{ExprError, Expression};
use crate::scenario::Place;

/// Compiles an expression, or reports why it does not.
pub(super) fn check(source: &str, at: Cursor<'_>, names: &[&str], report: &mut Report<'_>) {
    if let Err(error) = Expression::compile_among(source, names) {
        let place = place_in_file(source, &error, at, report.text);
        report.add(place, error.message);
    }
}

/// Where a mistake stands. YAML folds lines and takes indentation away, but keeps what is visible: the n-th visible
/// character of the expression is the n-th of the source.
fn place_in_file(source: &str, error: &ExprError, at: Cursor<'_>, text: &str) -> Place {
    let before_line = source.split('\n').take(error.line.saturating_sub(1)).flat_map(str::chars);
    let in_line = source
        .split('\n')
        .nth(error.line.saturating_sub(1))
        .unwrap_or_default()
        .chars()
        .take(error.column.saturating_sub(1));
    // What is missing at the end is shown at the last character.
    let last = source.chars().filter(|c| !c.is_whitespace()).count().saturating_sub(1);
    let visible = before_line.chain(in_line).filter(|c| !c.is_whitespace()).count().min(last);
    let style = at.style().unwrap_or(ScalarStyle::Plain);
    let mut left = visible;
    let mut escaped = false;
    for (line, number, column, character) in characters(text, at.place, style) {
        let hidden = match style {
            ScalarStyle::DoubleQuoted if character == '\\' && !escaped => {
                escaped = true;
                true
            }
            ScalarStyle::SingleQuoted if character == '\'' && !escaped => {
                escaped = true;
                true
            }
            _ => {
                escaped = false;
                character.is_whitespace()
            }
        };
        if hidden {
            continue;
        }
        if left == 0 {
            let rest = line.chars().skip(column - 1);
            let word = rest.take_while(|c| c.is_alphanumeric() || *c == '_').count();
            return Place { line: number, column, length: word.max(1) };
        }
        left -= 1;
    }
    at.place
}

/// The characters from where an expression begins in the file, with their lines and places.
fn characters(text: &str, start: Place, style: ScalarStyle) -> impl Iterator<Item = (&str, usize, usize, char)> {
    let quoted = usize::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
    let lines = text.lines().enumerate().skip(start.line.saturating_sub(1)).map(|(at, line)| (at + 1, line));
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    let first = text.lines().nth(start.line.saturating_sub(1)).unwrap_or_default();
    let header = block && first.chars().nth(start.column.saturating_sub(1)).is_some_and(|c| c == '|' || c == '>');
    lines.flat_map(move |(number, line)| {
        let skip = match number == start.line {
            true if header => usize::MAX,
            true => start.column.saturating_sub(1) + quoted,
            false => 0,
        };
        line.chars().enumerate().skip(skip).map(move |(at, character)| (line, number, at + 1, character))
    })
}
