//! Bounds on an expression.
//!
//! The parser and the evaluator recurse. Every level of the parser costs at least one bracket, operator
//! or dot, so bounding their number in the text, whatever is inside string literals, bounds its stack;
//! the evaluator takes more, so the depth of the parsed tree is bounded as well.

use super::error::{ErrorKind, ExprError};

/// Longest expression, in bytes.
pub const MAX_LENGTH: usize = 4096;
/// Most opening brackets (`(`, `[`, `{`), those in string literals included.
pub const MAX_BRACKETS: usize = 48;
/// Most operators that nest, those in string literals included: arithmetic, comparisons, `in`, `!`, `?`, `:`.
pub const MAX_OPERATORS: usize = 64;
/// Most dots, those in string literals included.
pub const MAX_DOTS: usize = 256;
/// How many operators, calls and members may stand inside one another; a list's own macro counts three.
/// The evaluator takes up to 25 kB of stack for each in a debug build.
pub const MAX_DEPTH: usize = 32;
/// How deep macros over lists (`all`, `map`, ...) may stand inside one another: each level multiplies the work.
pub const MAX_NESTED_MACROS: usize = 3;
/// How deep the parser may recurse: beyond what the other limits let through, as its own limit panics.
pub(super) const MAX_PARSE_DEPTH: u16 = 512;

/// Refuses a text beyond the limits.
pub(super) fn check(source: &str) -> Result<(), ExprError> {
    let too_complex = |offset, what: &str| {
        let message = format!("the expression {what}: split it into several checks");
        Err(ExprError::at(ErrorKind::TooComplex, source, offset, message))
    };
    if source.len() > MAX_LENGTH {
        return too_complex(0, &format!("is longer than {MAX_LENGTH} bytes"));
    }
    let words = source.split(|c: char| !c.is_alphanumeric());
    let mut operators = words.filter(|word| *word == "in").count();
    let mut brackets = 0;
    let mut dots = 0;
    let mut before = ' ';
    for (offset, character) in source.char_indices() {
        match character {
            '(' | '[' | '{' => brackets += 1,
            '.' => dots += 1,
            // `==`, `<=` and the like are one operator each.
            '=' if "=!<>".contains(before) => {}
            '!' | '?' | ':' | '-' | '+' | '*' | '/' | '%' | '<' | '>' | '=' => operators += 1,
            _ => {}
        }
        before = character;
        for (count, limit, what) in
            [(brackets, MAX_BRACKETS, "brackets"), (operators, MAX_OPERATORS, "operators"), (dots, MAX_DOTS, "dots")]
        {
            if count > limit {
                return too_complex(offset, &format!("has more than {limit} {what}"));
            }
        }
    }
    Ok(())
}
