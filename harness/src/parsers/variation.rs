//! Variations of an input.

use crate::generate::Choices;

/// Longest input made, in bytes.
const MAX_BYTES: usize = 4096;
/// Most changes to one input.
const MAX_CHANGES: u64 = 6;

/// One of the seeds with some changes; another one may be spliced in, and words of a dictionary.
pub(super) fn vary(seeds: &[(String, &[u8])], words: &[Vec<u8>], choices: &mut Choices) -> Vec<u8> {
    let seed = |choices: &mut Choices| choices.pick(seeds).map(|(_, bytes)| bytes.to_vec()).unwrap_or_default();
    let mut input = seed(choices);
    for _ in 0..=choices.below(MAX_CHANGES) {
        let at = choices.index(input.len() + 1);
        let end = at + choices.index((input.len() - at + 1).min(32));
        match choices.below(7) {
            0 => {
                input.splice(at..at, words.get(choices.index(words.len())).cloned().unwrap_or_default()).for_each(drop)
            }
            1 => input.splice(at..end, []).for_each(drop),
            2 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << choices.below(8);
                }
            }
            3 => {
                let byte = u8::try_from(choices.below(256)).unwrap_or_default();
                input.insert(at, byte);
            }
            4 => {
                let piece = input.get(at..end).unwrap_or_default().to_vec();
                let to = choices.index(input.len() + 1);
                input.splice(to..to, piece).for_each(drop);
            }
            5 => {
                let other = seed(choices);
                let from = choices.index(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(other.get(from..).unwrap_or_default());
            }
            _ => {
                let edges: [&[u8]; 6] = [b"\"", b"{", b"\n", b"\r\n", b"\0", b"\\"];
                input.splice(at..end, choices.pick(&edges).copied().unwrap_or_default().to_vec()).for_each(drop);
            }
        }
    }
    input.truncate(MAX_BYTES);
    input
}
