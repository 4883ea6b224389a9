//! What the properties share: limits, nearly right bytes, and cuts.

use mcp_assay::parsers::TIGHT;
use mcp_assay::wire::Limits;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

pub fn limits() -> impl Strategy<Value = Limits> {
    // A head that has to be short even for those.
    select(vec![Limits { head_bytes: 48, ..TIGHT }, Limits::DEFAULT])
}

/// Pieces glued together, with some arbitrary bytes: mostly nearly right.
pub fn glued(pieces: &'static [&'static str], count: usize) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        12 => select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..4),
    ];
    vec(piece, 0..count).prop_map(|pieces| pieces.concat())
}

/// The bytes cut at any places.
pub fn cut<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

pub fn cuts() -> impl Strategy<Value = Vec<Index>> {
    vec(any::<Index>(), 0..6)
}

/// How the properties are run.
pub fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) }
}
