//! The matrix: each check with what kills it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::verdicts::Counts;

/// One check and the defects that make it fail.
#[derive(Clone, Debug)]
pub struct Row {
    /// Scenario or monitor.
    pub place: String,
    /// Requirement, with the check's name behind it where it has one.
    pub check: String,
    /// Defects.
    pub killers: BTreeSet<String>,
}

/// The outcome of a self-check.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// Every check of every scenario and monitor.
    pub rows: Vec<Row>,
    /// Everything that is wrong; empty when the self-check passes.
    pub problems: Vec<String>,
    /// What came to what it must only when it was repeated alone; told, and no problem.
    pub unsteady: Vec<String>,
    /// What there is.
    pub counts: Counts,
    /// Requirements that rules of the message schemas decide and that the reference put to the test.
    pub schema_rules: usize,
}

impl Matrix {
    /// For a person. With `whole`, every check; else only the counts and what is wrong.
    pub fn text(&self, whole: bool) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let mut place = "";
        for row in self.rows.iter().filter(|_| whole) {
            if row.place != place {
                place = &row.place;
                let _ = writeln!(text, "{place}");
            }
            let killers: Vec<&str> = row.killers.iter().map(String::as_str).collect();
            let _ = writeln!(text, "    {:<60} killed by {}", row.check, killers.join(", "));
        }
        for problem in &self.problems {
            let _ = writeln!(text, "WRONG  {problem}");
        }
        for unsteady in &self.unsteady {
            let _ = writeln!(text, "UNSTEADY  {unsteady}; as expected when repeated alone");
        }
        let killed = self.rows.iter().filter(|row| !row.killers.is_empty()).count();
        let _ = writeln!(
            text,
            "{} scenarios, {} monitors, {} checks ({killed} killed by a defect), {} defects, {} requirements decided by message schemas, {} trials",
            self.counts.scenarios,
            self.counts.monitors,
            self.rows.len(),
            self.counts.defects,
            self.schema_rules,
            self.counts.trials,
        );
        let _ = writeln!(
            text,
            "self-check {}",
            if self.problems.is_empty() {
                "passed".to_owned()
            } else {
                format!("failed: {} problem(s)", self.problems.len())
            }
        );
        text
    }
}
