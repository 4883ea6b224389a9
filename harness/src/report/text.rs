//! Text from a peer, made harmless: nothing in it can steer a terminal, break an XML file or fill a disk.

/// The text with every character that is invisible, steers a terminal or is forbidden in XML 1.0 written as
/// `\u{..}`. Line feeds and tabs stay.
///
/// Besides control characters these are the marks that reorder text (UAX 9), the line and paragraph separators, the
/// byte order mark and the noncharacters.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// As [`visible`], in one line: a line feed shows as `\n`, a tab as `\t`.
#[must_use]
pub fn one_line(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// The first `most` characters of the text, and a note of how many are missing.
#[must_use]
pub fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => {
            let (head, tail) = text.split_at(end);
            format!("{head}… ({} characters more)", tail.chars().count())
        }
    }
}

/// At most `most` characters of the text, in one harmless line.
#[must_use]
pub fn short_line(text: &str, most: usize) -> String {
    one_line(&shorten(text, most))
}

/// Whether a character is shown by its number.
fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => true,
        '\u{fdd0}'..='\u{fdef}' => true,
        _ => c.is_control() || u32::from(c) & 0xfffe == 0xfffe,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The characters of XML 1.0 (production 2), without the carriage return, which a parser turns into a line feed.
    fn is_xml(c: char) -> bool {
        matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
    }

    fn hostile() -> impl Strategy<Value = String> {
        let special =
            "\0\u{1}\u{8}\u{b}\r\u{1b}\u{7f}\u{85}\u{9b}\u{202e}\u{2066}\u{feff}\u{fffe}\u{ffff}\u{1fffe}<]>&\n\t";
        let special = prop::sample::select(special.chars().collect::<Vec<_>>());
        prop::collection::vec(prop_oneof![any::<char>(), special], 0..60).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn nothing_forbidden_in_xml_is_left(text in hostile()) {
            for out in [visible(&text), one_line(&text), short_line(&text, 10)] {
                prop_assert!(out.chars().all(is_xml), "{out:?}");
            }
        }

        #[test]
        fn one_line_is_one_line(text in hostile()) {
            prop_assert!(!one_line(&text).contains(char::is_control));
        }

        #[test]
        fn what_is_harmless_stays(text in "[ -~äß漢🙂\n\t]{0,60}") {
            prop_assert_eq!(visible(&text), text);
        }

        #[test]
        fn a_second_pass_changes_nothing(text in hostile()) {
            let once = visible(&text);
            prop_assert_eq!(visible(&once), once);
        }

        #[test]
        fn shortening_keeps_the_head_and_counts_the_rest(text in hostile(), most in 0_usize..80) {
            let out = shorten(&text, most);
            let length = text.chars().count();
            if length <= most {
                prop_assert_eq!(out, text);
            } else {
                let head: String = text.chars().take(most).collect();
                prop_assert_eq!(out, format!("{head}… ({} characters more)", length - most));
            }
        }
    }

    #[test]
    fn hidden_characters_show_their_number() {
        assert_eq!(
            visible("a\0b\u{1b}[31mc\u{202e}d\r\u{fffe}\u{fffd}"),
            "a\\u{0}b\\u{1b}[31mc\\u{202e}d\\u{d}\\u{fffe}\u{fffd}"
        );
        assert_eq!(one_line("a\tb\nc"), "a\\tb\\nc");
    }
}
