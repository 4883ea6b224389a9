//! The files that variations start from, and the words that are put into them; both come with the program.

use include_dir::{Dir, include_dir};

use crate::scenario::embedded_files;

static CORPUS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../fuzz/corpus");
/// Scenario files with mistakes that the linter tells.
static BROKEN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/tests/scenario_files/bad");
/// Of the corpus of scenarios one file in so many is a seed: they are much alike.
const EVERY: usize = 8;
const DICTIONARY: &str = include_str!("../../../fuzz/dictionary");

/// The files of a target, by name; for scenarios also some of the corpus of scenarios.
#[must_use]
pub fn seeds(target: &str) -> Vec<(String, &'static [u8])> {
    let files = CORPUS.get_dir(target).into_iter().flat_map(Dir::files);
    let named = files.map(|file| (file.path().display().to_string(), file.contents()));
    let mut all: Vec<_> = named.collect();
    if target == "scenario" {
        let broken = BROKEN.files().filter(|file| file.path().extension().is_some_and(|ending| ending == "yaml"));
        all.extend(broken.map(|file| (file.path().display().to_string(), file.contents())));
        all.extend(embedded_files().into_iter().step_by(EVERY).map(|(name, text)| (name, text.as_bytes())));
    }
    all.sort_unstable();
    all
}

/// The words of the dictionary, their escapes resolved (libFuzzer's format: `"word"`, with `\xAB`, `\"` and `\\`).
#[must_use]
pub fn words() -> Vec<Vec<u8>> {
    DICTIONARY.lines().filter_map(word).collect()
}

fn word(line: &str) -> Option<Vec<u8>> {
    let inner = line.trim().split_once('"')?.1.strip_suffix('"')?;
    if line.trim_start().starts_with('#') {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = inner;
    while let Some(char) = rest.chars().next() {
        let escaped = rest.strip_prefix('\\');
        let hex = escaped.and_then(|rest| rest.strip_prefix('x')).and_then(|rest| rest.get(..2));
        let taken = match (escaped, hex.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (_, Some(byte)) => {
                bytes.push(byte);
                4
            }
            (Some(rest), None) => {
                let kept = rest.chars().next()?;
                bytes.extend_from_slice(kept.encode_utf8(&mut [0; 4]).as_bytes());
                1 + kept.len_utf8()
            }
            (None, None) => {
                bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                char.len_utf8()
            }
        };
        rest = rest.get(taken..)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Messages;
    use crate::parsers::TARGETS;
    use crate::revision::Revision;
    use crate::schema::Sender;

    #[test]
    fn every_target_has_seeds_and_every_line_is_a_word() {
        for (target, _) in TARGETS {
            assert!(!seeds(target).is_empty(), "{target}");
        }
        let lines = DICTIONARY.lines().filter(|line| line.starts_with('"')).count();
        assert_eq!(words().len(), lines);
        assert_eq!(word(r#""a\x00\"\\n""#), Some(b"a\0\"\\n".to_vec()));
        assert_eq!(word("# \"x\""), None);
    }

    #[test]
    fn the_dictionary_has_every_method_of_the_schemas() {
        let words = words();
        for revision in [Revision::NEWEST_HANDSHAKE, Revision::NEWEST_STATELESS] {
            for side in [Sender::Client, Sender::Server] {
                for method in Messages::new(revision, side).methods() {
                    assert!(words.contains(&format!("\"{}\"", method.name).into_bytes()), "{}", method.name);
                }
            }
        }
    }
}
