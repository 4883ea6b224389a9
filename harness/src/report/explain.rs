//! What a failure is, in five parts: required, seen, where, the exchange, and how to see it again.

use super::text::short_line;
use crate::verdict::{CaseResult, CheckResult};

/// Longest sentence that is shown whole, in characters.
const SENTENCE: usize = 1000;
/// Longest line of an exchange, and longest value.
const LINE: usize = 400;
/// Most lines of an exchange.
const LINES: usize = 40;
/// Most values.
const VALUES: usize = 20;
/// Longest command; a shortened one is of little use.
const COMMAND: usize = 8000;

/// The five parts of one check's verdict, each as harmless lines.
pub(super) struct Explanation {
    pub(super) required: Vec<String>,
    pub(super) seen: Vec<String>,
    pub(super) place: Vec<String>,
    pub(super) exchange: Vec<String>,
    pub(super) reproduce: Vec<String>,
}

impl Explanation {
    pub(super) fn of(case: &CaseResult, check: &CheckResult) -> Self {
        let required = short_line(&check.required, SENTENCE);
        Self {
            required: vec![format!("{} {required}", check.level), short_line(&check.link, SENTENCE)],
            seen: seen(check),
            place: vec![place(case, check)],
            exchange: exchange(case, check),
            reproduce: vec![reproduce(case, check)],
        }
    }

    /// The parts under their names, in order.
    pub(super) fn parts(&self) -> [(&'static str, &[String]); 5] {
        [
            ("Required", &self.required),
            ("Seen", &self.seen),
            ("Where", &self.place),
            ("Exchange", &self.exchange),
            ("Reproduce", &self.reproduce),
        ]
    }

    /// All parts as one text, the lines of a part indented under its name.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for (name, lines) in self.parts() {
            out.push_str(name);
            out.push('\n');
            for line in lines {
                out.push_str("  ");
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }
}

/// What was seen, or why nothing was decided, in one harmless line of at most `most` characters and a note.
pub(super) fn reason(check: &CheckResult, most: usize) -> String {
    if check.reason.is_empty() { "no reason was recorded".to_owned() } else { short_line(&check.reason, most) }
}

/// File and line of the check; for what a monitor saw, the case.
pub(super) fn place(case: &CaseResult, check: &CheckResult) -> String {
    match &check.position {
        Some(position) => format!("{}:{}", short_line(&position.file, LINE), position.line),
        None => format!("monitor, in case {}", short_line(&case.id, LINE)),
    }
}

/// The command that shows the verdict again.
pub(super) fn reproduce(case: &CaseResult, check: &CheckResult) -> String {
    short_line(if check.reproduce.is_empty() { &case.reproduce } else { &check.reproduce }, COMMAND)
}

fn seen(check: &CheckResult) -> Vec<String> {
    let mut lines = vec![reason(check, SENTENCE)];
    if !check.rule.is_empty() {
        lines.push(format!("decided by: {}", short_line(&check.rule, SENTENCE)));
    }
    for operand in check.operands.iter().take(VALUES) {
        lines.push(format!("{} = {}", short_line(&operand.source, LINE), short_line(&operand.value.to_string(), LINE)));
    }
    more(&mut lines, check.operands.len(), VALUES, "values");
    lines
}

fn exchange(case: &CaseResult, check: &CheckResult) -> Vec<String> {
    let mut lines: Vec<String> = check.excerpt.iter().take(LINES).map(|line| short_line(line, LINE)).collect();
    more(&mut lines, check.excerpt.len(), LINES, "lines");
    if !check.evidence.is_empty() {
        let numbers: Vec<String> = check.evidence.iter().take(VALUES).map(u64::to_string).collect();
        let dots = if check.evidence.len() > VALUES { ", …" } else { "" };
        let file =
            case.transcript.as_deref().map_or_else(String::new, |file| format!(" in {}", short_line(file, LINE)));
        lines.push(format!("transcript events {}{dots}{file}", numbers.join(", ")));
    }
    if lines.is_empty() {
        lines.push("nothing was exchanged".to_owned());
    }
    lines
}

/// Says how many of `all` were left out.
fn more(lines: &mut Vec<String>, all: usize, shown: usize, what: &str) {
    if all > shown {
        lines.push(format!("… ({} {what} more)", all - shown));
    }
}
