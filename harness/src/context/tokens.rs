//! Counting tokens.

/// The encoding that is counted in: a public one, so that figures can be compared; a model's own differs somewhat.
pub const TOKENIZER: &str = "o200k_base";

/// Tokens of a text; what looks like a special token is text as any other.
pub fn count(text: &str) -> u64 {
    u64::try_from(bpe_openai::o200k_base().count(text)).unwrap_or(u64::MAX)
}
