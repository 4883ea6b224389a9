//! Bytes with a part of them replaced.

/// The bytes with one part replaced wherever it stands. `part` is not empty.
#[must_use]
pub fn replaced(bytes: &[u8], part: &[u8], with: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(part.len().max(1)).position(|window| window == part) {
        made.extend_from_slice(rest.get(..at).unwrap_or_default());
        made.extend_from_slice(with);
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    made.extend_from_slice(rest);
    made
}
