//! Bounds on the text of an expression, checked before the parser sees it.
//!
//! The parser and the evaluator recurse. Every level of recursion costs at least one bracket or one
//! operator, so bounding their number bounds the stack, whatever is inside string literals.

use super::error::{ErrorKind, ExprError};

/// Longest expression, in bytes.
pub const MAX_LENGTH: usize = 4096;
/// Most opening brackets (`(`, `[`, `{`), those in string literals included.
pub const MAX_BRACKETS: usize = 96;
/// Most operator characters and words `in`, those in string literals included.
pub const MAX_OPERATORS: usize = 400;
/// How deep macros over lists (`all`, `map`, ...) may stand inside one another: each level multiplies the work.
pub const MAX_NESTED_MACROS: usize = 3;
/// How deep the parser may recurse.
pub(super) const MAX_PARSE_DEPTH: u16 = 48;

/// Refuses a text beyond the limits.
pub(super) fn check(source: &str) -> Result<(), ExprError> {
    let too_complex = |offset, what: &str| {
        let message = format!("the expression {what}: split it into several checks");
        Err(ExprError::at(ErrorKind::TooComplex, source, offset, message))
    };
    if source.len() > MAX_LENGTH {
        return too_complex(0, &format!("is longer than {MAX_LENGTH} bytes"));
    }
    let mut brackets = 0;
    let mut operators = source.split(|c: char| !c.is_alphanumeric()).filter(|word| *word == "in").count();
    for (offset, character) in source.chars().enumerate() {
        brackets += usize::from("([{".contains(character));
        operators += usize::from(".?:!-+*/%<>=&|".contains(character));
        if brackets > MAX_BRACKETS {
            return too_complex(offset, &format!("has more than {MAX_BRACKETS} brackets"));
        }
        if operators > MAX_OPERATORS {
            return too_complex(offset, &format!("has more than {MAX_OPERATORS} operators"));
        }
    }
    Ok(())
}
