//! Strings that a regular expression matches.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::Choices;

/// Repetitions beyond the least that a pattern asks for.
const MAX_MORE: u32 = 6;
/// Longest string made, in bytes.
const MAX_BYTES: usize = 4096;

/// A string that the pattern matches somewhere; `None` where it is beyond us. Assertions that look around are left out,
/// so what comes has to be checked.
pub(super) fn matching(pattern: &str, choices: &mut Choices) -> Option<String> {
    let parse = |pattern: &str| regex_syntax::parse(pattern).ok();
    let parsed = parse(pattern).or_else(|| parse(&without_lookaround(pattern)))?;
    let mut text = String::new();
    write(&parsed, choices, &mut text)?;
    Some(text)
}

/// Recursion no deeper than the parser's own limit on nesting.
fn write(part: &Hir, choices: &mut Choices, text: &mut String) -> Option<()> {
    if text.len() > MAX_BYTES {
        return None;
    }
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(one_of(class, choices)?),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(MAX_MORE));
            let times = choices.range(i64::from(repetition.min), i64::from(most));
            for _ in 0..times {
                write(&repetition.sub, choices, text)?;
            }
        }
        HirKind::Capture(group) => write(&group.sub, choices, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, choices, text))?,
        HirKind::Alternation(parts) => write(choices.pick(parts)?, choices, text)?,
    }
    Some(())
}

/// A character of the class. Mostly a visible ASCII one, for `\d` and `\w` mean no others to a JSON Schema.
fn one_of(class: &Class, choices: &mut Choices) -> Option<char> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect(),
        Class::Bytes(class) => class.ranges().iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect(),
    };
    let visible = |(low, high): &(u32, u32)| {
        let (low, high) = ((*low).max(0x21), (*high).min(0x7e));
        (low <= high).then_some((low, high))
    };
    let mut plain: Vec<(u32, u32)> = ranges.iter().filter_map(visible).collect();
    // Letters and digits first: the simplest choices.
    plain.sort_by_key(|(low, _)| !char::from_u32(*low).is_some_and(|c| c.is_ascii_alphanumeric()));
    let among = if plain.is_empty() || choices.once_in(24) { &ranges } else { &plain };
    let (low, high) = *choices.pick(among)?;
    let chosen = choices.range(i64::from(low), i64::from(high));
    u32::try_from(chosen).ok().and_then(char::from_u32)
}

/// The pattern without its groups that look ahead or behind.
fn without_lookaround(pattern: &str) -> String {
    let mut kept = String::new();
    let mut rest = pattern;
    while let Some(char) = rest.chars().next() {
        let group = ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|start| rest.starts_with(start));
        let taken = if group {
            group_length(rest)
        } else {
            let length = if char == '\\' { rest.chars().take(2).map(char::len_utf8).sum() } else { char.len_utf8() };
            kept.push_str(rest.get(..length).unwrap_or_default());
            length
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    kept
}

/// Bytes of the group that the text begins with, its brackets included.
fn group_length(text: &str) -> usize {
    let (mut depth, mut escaped, mut in_class) = (0_usize, false, false);
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_is_made_matches() {
        let patterns = [
            "^[a-z]+$",
            "^(foo|bar)-[0-9]{2,4}$",
            r"^\d{3}-\d{4}$",
            r"^https?:\/\/[^\s/]+",
            "^$",
            "a|b",
            r"^[A-Za-z0-9_\-\.]{1,64}$",
            "^(?:[a-f0-9]{8})(?:-[a-f0-9]{4}){3}$",
            "^é+$",
        ];
        for pattern in patterns {
            let regex = regex::Regex::new(pattern).unwrap();
            for seed in 0..50 {
                let text = matching(pattern, &mut Choices::seeded(seed)).unwrap();
                assert!(regex.is_match(&text), "{pattern}: {text:?}");
            }
        }
    }

    #[test]
    fn what_looks_around_is_tried_without_it() {
        let text = matching(r"^(?=.*[a-z)])(?!\)x)[a-z]{2}$", &mut Choices::seeded(0)).unwrap();
        assert_eq!(text.chars().count(), 2, "{text:?}");
        assert_eq!(matching("(", &mut Choices::seeded(0)), None);
        assert_eq!(matching("^(a{1000}){1000}$", &mut Choices::seeded(0)), None);
    }
}
