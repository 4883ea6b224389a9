//! What has to hold for any bytes that our own parsers and writers are given, one oracle for each. An oracle panics where
//! it does not hold.
//!
//! The targets in `fuzz/` call them with what libFuzzer makes up, [`run`] with variations of the files of `fuzz/corpus/`, a
//! test with these files as they are.
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "an oracle panics where something does not hold; `run` catches it"
)]

pub mod challenge;
mod chunks;
pub mod corpus;
pub mod expression;
pub mod generated;
pub mod header_value;
pub mod http;
pub mod json;
pub mod lines;
pub mod message;
pub mod report;
mod run;
pub mod scenario;
pub mod schema;
pub mod sequence;
pub mod sse;
pub mod transcript;
pub mod url;
mod variation;
pub mod xml;

pub use chunks::TIGHT;
pub use run::{Broken, Outcome, Settings, result, run, try_one};

/// An oracle.
pub type Check = fn(&[u8]);

/// Every target by its name, which is also that of its binary and of its folder in `fuzz/corpus/`.
pub const TARGETS: [(&str, Check); 15] = [
    ("challenge", challenge::check),
    ("expression", expression::check),
    ("generated", generated::check),
    ("header_value", header_value::check),
    ("http", http::check),
    ("json", json::check),
    ("lines", lines::check),
    ("message", message::check),
    ("report", report::check),
    ("scenario", scenario::check),
    ("schema", schema::check),
    ("sequence", sequence::check),
    ("sse", sse::check),
    ("transcript", transcript::check),
    ("url", url::check),
];
