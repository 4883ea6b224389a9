//! What a scenario writes out: patterns, bytes, lengths of time.

use serde_json::Value;

use super::cursor::Cursor;
use super::report::Report;
use crate::action::pattern::check_pattern;
use crate::action::{Bytes, Within};

/// Longest time a scenario may take.
const MAX_DEADLINE_SECONDS: u64 = 60;

/// Reports a pattern that is none.
pub(super) fn check_patterns(pattern: &Value, at: Cursor<'_>, report: &mut Report<'_>) {
    if let Err(problem) = check_pattern(pattern) {
        report.add(at.place, one_line(&problem));
    }
}

/// The regex crate draws a picture between its first and last line.
fn one_line(problem: &str) -> String {
    match (problem.split_once('\n'), problem.rsplit_once('\n')) {
        (Some((first, _)), Some((_, last))) => {
            format!("{}{}", first.trim_end_matches("regex parse error:"), last.trim_start_matches("error: "))
        }
        _ => problem.to_owned(),
    }
}

/// Reports bytes that cannot be made.
pub(super) fn check_bytes(bytes: &Bytes, at: Cursor<'_>, report: &mut Report<'_>) {
    if let Err(problem) = bytes.make() {
        report.add(at.place, problem.to_string());
    }
}

/// Reports a length of time that is longer than a whole scenario may take.
pub(super) fn check_lapse(lapse: Within, at: Cursor<'_>, report: &mut Report<'_>) {
    if lapse.0.as_millis() > u128::from(MAX_DEADLINE_SECONDS) * 1000 {
        report.add(at.place, format!("{lapse} is too long: a scenario takes {MAX_DEADLINE_SECONDS}s at most"));
    }
}
