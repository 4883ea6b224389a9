//! What words have in common that are said of one thing.

/// How much tells one from another, in characters.
const MAX_SIGN: usize = 160;
/// The least length of a word that may be an id.
const MIN_ID: usize = 8;
/// What is in the line that tells why a program ended, where that was not by its own decision.
const TELLING: [&str; 6] = ["panicked", "Error", "Exception", "fatal", "abort", "terminate"];

/// Why a process ended, by the last telling line that it said on its standard error stream; empty where none is.
pub fn last_words(words: &str) -> String {
    let line = words.lines().rev().find(|line| TELLING.iter().any(|word| line.contains(word)));
    unquoted(line.unwrap_or_default())
}

/// A text without digits, ids and what is quoted in it: these differ from one time to the next.
pub fn unquoted(text: &str) -> String {
    let text = without_ids(text);
    let mut sign = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['"', '\'', '`']) {
        let (before, quoted) = rest.split_at(at);
        sign.push_str(before);
        let mark = quoted.chars().next().unwrap_or('"');
        let inner = quoted.get(1..).unwrap_or_default();
        // A mark without a second one is an apostrophe.
        let Some(end) = inner.find(mark) else {
            sign.push_str(quoted);
            rest = "";
            break;
        };
        sign.push(mark);
        sign.push(mark);
        rest = inner.get(end + 1..).unwrap_or_default();
    }
    sign.push_str(rest);
    sign.chars().filter(|c| !c.is_ascii_digit() && !c.is_control()).take(MAX_SIGN).collect()
}

/// A text without the words that are long hexadecimal numbers: ids and addresses.
fn without_ids(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let is_digit = |c: char| c.is_ascii_hexdigit() || c == '-' || c == 'x';
    let is_id =
        |word: &str| word.len() >= MIN_ID && word.chars().all(is_digit) && word.contains(|c: char| c.is_ascii_digit());
    let words = text.split_inclusive(|c| !is_part(c)).map(|word| {
        let own = word.trim_end_matches(|c| !is_part(c));
        if is_id(own) { word.get(own.len()..).unwrap_or_default() } else { word }
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_each_time_is_left_out() {
        assert_eq!(unquoted("invalid character 'x' at 17"), "invalid character '' at ");
        assert_eq!(unquoted("it can't"), "it can't");
        assert_eq!(unquoted("session 3a191f44-19d7-4094, utf8 Version2_0 0x7f12ab34."), "session , utf Version_ .");
        assert_eq!(last_words("a\nTypeError: no \"a\"\nbye\n"), "TypeError: no \"\"");
        assert_eq!(last_words("EOF\n"), "");
    }
}
