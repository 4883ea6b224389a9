//! Descriptions that a model can hardly tell apart.

use std::collections::BTreeSet;

use super::cost::Alike;

/// Descriptions are alike from this share of common words on, in percent.
const ALIKE: u8 = 80;
/// Fewer words than this say too little to be compared.
const MIN_WORDS: usize = 4;
/// Most descriptions that are compared with each other.
const MAX_COMPARED: usize = 500;

/// Pairs of near-duplicate descriptions, in the order of the tools. `described` are names with descriptions.
pub fn alike(described: &[(&str, &str)]) -> Vec<Alike> {
    let words: Vec<(&str, BTreeSet<String>)> = described
        .iter()
        .take(MAX_COMPARED)
        .map(|(name, text)| (*name, words(text)))
        .filter(|(_, words)| words.len() >= MIN_WORDS)
        .collect();
    let mut pairs = Vec::new();
    for (at, (one, left)) in words.iter().enumerate() {
        for (other, right) in words.iter().skip(at + 1) {
            let percent = likeness(left, right);
            if percent >= ALIKE {
                pairs.push(Alike { tools: [(*one).to_owned(), (*other).to_owned()], percent });
            }
        }
    }
    pairs
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The Jaccard index: common words among all words, in percent, rounded down.
fn likeness(left: &BTreeSet<String>, right: &BTreeSet<String>) -> u8 {
    let common = left.intersection(right).count();
    let all = left.len() + right.len() - common;
    u8::try_from(common * 100 / all.max(1)).unwrap_or(100)
}
