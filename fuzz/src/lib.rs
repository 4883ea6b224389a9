//! Oracles: what has to hold for any bytes at all. Each panics where it does not.
//!
//! The fuzz targets call them with what libFuzzer makes up, `harness/tests/fuzz_corpus.rs` with the files of `corpus/`.

mod chunks;
pub mod expression;
pub mod header_value;
pub mod http;
pub mod json;
pub mod lines;
pub mod message;
pub mod scenario;
pub mod sse;
pub mod transcript;

/// An oracle.
pub type Check = fn(&[u8]);

/// Every target by its name, which is also that of its binary and of its folder in `corpus/`.
pub const TARGETS: [(&str, Check); 9] = [
    ("expression", expression::check),
    ("header_value", header_value::check),
    ("http", http::check),
    ("json", json::check),
    ("lines", lines::check),
    ("message", message::check),
    ("scenario", scenario::check),
    ("sse", sse::check),
    ("transcript", transcript::check),
];
