//! Strings of a shape.

use super::shape::Shape;
use super::{Choices, format, pattern};

/// Longest string made where the schema asks for none longer, in characters.
const USUAL: u64 = 24;
/// Longest string made because the schema asks for it, in characters.
const MAX_CHARACTERS: u64 = 1 << 16;

/// Strings at which programs have gone wrong: all of them are valid JSON strings.
pub(super) const EDGES: [&str; 14] = [
    "\u{0}",
    "\u{7f}\u{80}",
    "\u{feff}a",
    "a\u{300}\u{301}",
    "\u{1f469}\u{200d}\u{1f4bb}",
    "\u{202e}abc",
    "\u{2028}\u{2029}",
    "\u{ffff}",
    "\u{10ffff}",
    "ß\u{130}\u{131}",
    "{{x}} ${x} %s %n",
    "../../etc/passwd",
    "\r\nX-Injected: 1",
    "__proto__",
];

const WORDS: [&str; 8] = ["a", "test", "1", "true", "null", "hello world", "Grüße", "日本語"];

/// A string of the shape, as far as length, format and the first pattern go.
pub(super) fn string(shape: &Shape<'_>, choices: &mut Choices) -> Option<String> {
    let text = match (shape.patterns.first(), shape.format.and_then(|format| format::of(format, choices))) {
        (Some(pattern), _) => return pattern::matching(pattern, choices),
        (None, Some(text)) => text,
        (None, None) => free(choices),
    };
    let least = shape.min_length.unwrap_or(0);
    let most = shape.max_length.unwrap_or_else(|| least.saturating_add(USUAL)).max(least);
    if least > MAX_CHARACTERS {
        return None;
    }
    let length = text.chars().count() as u64;
    if length > most {
        return Some(text.chars().take(usize::try_from(most).ok()?).collect());
    }
    if length < least {
        let at = choices.range(i64::try_from(least).ok()?, i64::try_from(most.min(least + USUAL)).ok()?);
        let missing = usize::try_from(at).ok()?.saturating_sub(text.chars().count());
        return Some(text + &"a".repeat(missing));
    }
    Some(text)
}

fn free(choices: &mut Choices) -> String {
    match choices.weighted(&[8, 4, 2, 1, 1]) {
        0 => choices.pick(&WORDS).copied().unwrap_or_default().to_owned(),
        1 => {
            let length = choices.below(USUAL);
            let letter = |choices: &mut Choices| u8::try_from(choices.range(0x20, 0x7e)).map_or('a', char::from);
            (0..length).map(|_| letter(choices)).collect()
        }
        2 => choices.below(1 << 40).to_string(),
        3 => String::new(),
        _ => choices.pick(&EDGES).copied().unwrap_or_default().to_owned(),
    }
}
