//! The proof that our message schemas say what the official ones say, and that each annotated rule can be broken.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod agreement;
mod annotations;
mod choices;
mod corrupt;
mod differences;
mod generate;

use std::path::{Path, PathBuf};

use mcp_assay::revision::Revision;
use serde_json::Value;

/// The revisions that have a schema file.
const REVISIONS: [Revision; 5] =
    [Revision::V2024_11_05, Revision::V2025_03_26, Revision::V2025_06_18, Revision::V2025_11_25, Revision::V2026_07_28];

/// The top folder of this repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All definitions of a schema, which up to 2025-06-18 the official ones keep where drafts before 2019-09 have them.
fn definitions(schema: &Value) -> &serde_json::Map<String, Value> {
    schema.get("$defs").or_else(|| schema.get("definitions")).and_then(Value::as_object).expect("definitions")
}

fn read_json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
