//! What the properties share: limits, nearly right bytes, and cuts.

use mcp_assay::wire::Limits;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Small limits, so that they are reached.
const TIGHT: Limits = Limits {
    message_bytes: 64,
    depth: 4,
    nodes: 12,
    batch: 2,
    anomalies: 2,
    line_bytes: 12,
    event_bytes: 16,
    head_bytes: 48,
    headers: 2,
    interim_heads: 1,
    body_bytes: 20,
};

pub fn limits() -> impl Strategy<Value = Limits> {
    select(vec![TIGHT, Limits::DEFAULT])
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
