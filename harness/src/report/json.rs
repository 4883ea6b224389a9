//! `results.json`: the whole run for programs. `schemas/results.json` describes it.

use crate::verdict::RunResult;

/// The run as indented JSON with a line feed at the end. What peers sent stands there unchanged, escaped as JSON
/// demands.
///
/// # Errors
/// A value cannot be written as JSON; a run made by this program has none.
pub fn write(run: &RunResult) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(run).map(|text| text + "\n")
}
