//! The summary for a person: failures first and whole, then the rest, ever shorter, and at the end the counts.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::path::PathBuf;

use indexmap::IndexMap;

use super::context;
use super::explain::{Explanation, reason};
use super::load;
use super::text::{one_line, short_line};
use crate::verdict::{CaseResult, CheckResult, Exit, RunResult, Verdict};

/// Longest name, in characters.
const NAME: usize = 200;
/// Longest reason in a list, in characters.
const REASON: usize = 300;
/// Most reasons in a list.
const REASONS: usize = 30;

/// How the summary looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SummaryOptions {
    /// Colours, by ANSI escapes.
    pub colour: bool,
    /// Warnings in five parts, and all reasons.
    pub verbose: bool,
    /// Warnings, and what could not be tested, are failures.
    pub strict: bool,
    /// Reports that were written.
    pub written: Vec<PathBuf>,
}

impl SummaryOptions {
    /// Whether stdout takes colours: it is a terminal, and `NO_COLOR` (no-color.org) is not set.
    #[must_use]
    pub fn stdout_takes_colour() -> bool {
        std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    }
}

/// Checks that said the same in one scenario, on several axes.
struct Finding<'a> {
    case: &'a CaseResult,
    check: &'a CheckResult,
    axes: Vec<String>,
}

/// The run in words, ending with a line feed. All text of a peer is made harmless.
#[must_use]
pub fn summary(run: &RunResult, options: &SummaryOptions) -> String {
    let mut page = Page { out: String::new(), colour: options.colour };
    let full = |page: &mut Page, title: &str, findings: &[Finding<'_>]| {
        page.title(title, findings.len());
        findings.iter().for_each(|finding| page.finding(finding));
    };
    full(&mut page, "The harness failed", &findings(run, Verdict::Error, false));
    full(&mut page, "Failures", &findings(run, Verdict::Fail, false));
    let warnings = findings(run, Verdict::Warn, false);
    if options.strict || options.verbose {
        full(&mut page, "Warnings", &warnings);
    } else {
        page.title("Warnings", warnings.len());
        warnings.iter().for_each(|finding| page.brief(finding));
    }
    page.reasons("Untested", run, Verdict::Untested, options.verbose);
    if options.verbose {
        page.reasons("Skipped", run, Verdict::Skip, true);
    }
    page.across(run);
    let excused: Vec<_> =
        [Verdict::Fail, Verdict::Warn].into_iter().flat_map(|verdict| findings(run, verdict, true)).collect();
    page.title("Failures that do not count", excused.len());
    excused.iter().for_each(|finding| page.brief(finding));
    page.title("Expected failures that are not borne out", run.baseline_problems.len());
    run.baseline_problems.iter().for_each(|problem| page.line(1, &one_line(problem)));
    if !run.baseline_problems.is_empty() {
        page.line(0, "");
    }
    page.figures("Load", &run.load.as_ref().map(load::lines).unwrap_or_default());
    page.figures("Context cost", &context::lines(run));
    page.tallies(run);
    page.end(run, options);
    page.out
}

/// The checks with this verdict, alike ones together, in the order of the run.
fn findings(run: &RunResult, verdict: Verdict, excused: bool) -> Vec<Finding<'_>> {
    let mut found: IndexMap<(&str, &str, &str), Finding<'_>> = IndexMap::new();
    for case in &run.cases {
        let wanted = |check: &&CheckResult| check.verdict == verdict && check.excused.is_some() == excused;
        for check in case.checks.iter().filter(wanted) {
            let finding = found.entry((&case.scenario, &check.name, &check.reason)).or_insert_with(|| Finding {
                case,
                check,
                axes: Vec::new(),
            });
            let axis = axis(case);
            if !finding.axes.contains(&axis) {
                finding.axes.push(axis);
            }
        }
    }
    found.into_values().collect()
}

/// `2025-11-25 http`, with the routing where it is not direct.
fn axis(case: &CaseResult) -> String {
    let routing = if case.routing == "direct" { String::new() } else { format!(" {}", case.routing) };
    short_line(&format!("{} {}{routing}", case.revision, case.transport), NAME)
}

/// `one check`, `2 checks`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The text as it grows.
struct Page {
    out: String,
    colour: bool,
}

impl Page {
    fn line(&mut self, depth: usize, text: &str) {
        self.out.push_str(&"  ".repeat(depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Text in a rendition of ECMA-48 (`1` bold, `31` red, ...), where colours are wanted.
    fn paint(&self, rendition: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{rendition}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// The title of a section that has something in it.
    fn title(&mut self, title: &str, entries: usize) {
        if entries > 0 {
            let title = self.paint("1", &format!("{title} ({entries})"));
            self.line(0, &title);
            self.line(0, "");
        }
    }

    fn word(&self, verdict: Verdict) -> String {
        let rendition = match verdict {
            Verdict::Pass => "32",
            Verdict::Warn => "33",
            Verdict::Fail | Verdict::Error => "31",
            Verdict::Skip | Verdict::Untested => "2",
        };
        self.paint(rendition, verdict.as_str())
    }

    /// A finding in five parts.
    fn finding(&mut self, finding: &Finding<'_>) {
        let Finding { case, check, axes } = finding;
        let word = self.word(check.verdict);
        let name = self.paint("1", &short_line(&check.name, NAME));
        self.line(1, &format!("{word} {name} in {} on {}", short_line(&case.scenario, NAME), axes.join(", ")));
        for (part, lines) in Explanation::of(case, check).parts() {
            let part = self.paint("2", part);
            self.line(2, &part);
            lines.iter().for_each(|line| self.line(3, line));
        }
        self.line(0, "");
    }

    /// A finding in one line, and where the specification says so.
    fn brief(&mut self, finding: &Finding<'_>) {
        let Finding { case, check, axes } = finding;
        let word = self.word(check.verdict);
        let (name, scenario) = (short_line(&check.name, NAME), short_line(&case.scenario, NAME));
        let excuse = check.excused.as_ref().map_or(String::new(), |excuse| format!(" ({})", short_line(excuse, NAME)));
        let axes = axes.join(", ");
        self.line(1, &format!("{word}{excuse} {name} in {scenario} on {axes}: {}", reason(check, REASON)));
        self.line(2, &short_line(&check.link, REASON));
        self.line(0, "");
    }

    /// Why nothing was decided: each reason with the number of checks, the most frequent first.
    fn reasons(&mut self, title: &str, run: &RunResult, verdict: Verdict, names: bool) {
        let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for check in run.cases.iter().flat_map(|case| &case.checks).filter(|check| check.verdict == verdict) {
            reasons.entry(reason(check, REASON)).or_default().push(&check.name);
        }
        self.title(title, reasons.values().map(Vec::len).sum());
        let total = reasons.len();
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, checks)| std::cmp::Reverse(checks.len()));
        for (reason, checks) in reasons.iter().take(REASONS) {
            self.line(1, &format!("{}: {reason}", count(checks.len(), "check")));
            if names {
                let distinct: BTreeSet<String> = checks.iter().map(|name| short_line(name, NAME)).collect();
                distinct.iter().for_each(|name| self.line(2, name));
            }
        }
        if total > REASONS {
            self.line(1, &format!("… ({} reasons more)", total - REASONS));
        }
        if total > 0 {
            self.line(0, "");
        }
    }

    /// What holds directly and not over a route or through a gateway, or the other way round.
    fn across(&mut self, run: &RunResult) {
        let mut lines: IndexMap<String, Vec<String>> = IndexMap::new();
        for case in &run.cases {
            for check in &case.checks {
                let Some(before) = check.directly else { continue };
                let line = format!("{}:{}", case.scenario, check.name);
                let verdicts = format!("{} directly, {} routed", self.word(before), self.word(check.verdict));
                lines.entry(format!("{} [{verdicts}]", short_line(&line, NAME))).or_default().push(axis(case));
            }
        }
        self.title("Differs when routed", lines.len());
        for (line, axes) in &lines {
            self.line(1, &format!("{line} {}", axes.join("; ")));
        }
        if !lines.is_empty() {
            self.line(0, "");
        }
    }

    /// What the tools cost.
    /// Lines below a title, where there are any.
    fn figures(&mut self, title: &str, lines: &[String]) {
        if !lines.is_empty() {
            let title = self.paint("1", title);
            self.line(0, &title);
            self.line(0, "");
            lines.iter().for_each(|line| self.line(1, line));
            self.line(0, "");
        }
    }

    /// One line per axis: how many checks got which verdict.
    fn tallies(&mut self, run: &RunResult) {
        let mut axes: BTreeMap<String, Vec<&CheckResult>> = BTreeMap::new();
        for case in &run.cases {
            axes.entry(axis(case)).or_default().extend(&case.checks);
        }
        for (axis, checks) in axes {
            let number = |verdict, excused| {
                checks.iter().filter(|check| check.verdict == verdict && check.excused.is_some() == excused).count()
            };
            let mut parts = vec![format!("{} {}", number(Verdict::Pass, false), self.word(Verdict::Pass))];
            for verdict in [Verdict::Fail, Verdict::Warn, Verdict::Error, Verdict::Untested, Verdict::Skip] {
                let number = number(verdict, false);
                if number > 0 || verdict == Verdict::Fail {
                    parts.push(format!("{number} {}", self.word(verdict)));
                }
            }
            let excused = number(Verdict::Fail, true) + number(Verdict::Warn, true);
            if excused > 0 {
                parts.push(format!("{excused} not counted"));
            }
            self.line(0, &format!("{axis}: {}", parts.join(", ")));
        }
    }

    /// The outcome, what was written, and what to do next.
    fn end(&mut self, run: &RunResult, options: &SummaryOptions) {
        let tally = run.tally();
        let exit = run.exit(options.strict);
        let (rendition, outcome) = match exit {
            Exit::Conforms if tally.excused > 0 => ("32", "conforms, but for the failures that do not count"),
            Exit::Conforms => ("32", "conforms in everything that was decided"),
            Exit::DoesNotConform if !run.decided_anything() && tally.of(Verdict::Fail) == 0 => {
                ("31", "nothing was decided, which is no success")
            }
            Exit::DoesNotConform => ("31", "does not conform"),
            Exit::HarnessFailed => ("31", "the harness failed; this says nothing about the implementation"),
            Exit::Usage => ("31", "the run could not start"),
        };
        let outcome = self.paint(rendition, outcome);
        self.line(0, "");
        self.line(0, &format!("{}: {outcome}", short_line(&run.target, NAME)));
        for path in &options.written {
            self.line(0, &format!("written: {}", one_line(&path.display().to_string())));
        }
        for advice in advice(run, exit, options) {
            self.line(0, &format!("next: {advice}"));
        }
    }
}

/// What to do next, as far as the results tell.
fn advice(run: &RunResult, exit: Exit, options: &SummaryOptions) -> Vec<String> {
    let mut advice = Vec::new();
    let failure = findings(run, Verdict::Fail, false);
    if exit == Exit::HarnessFailed {
        advice.push(
            "run the command under Reproduce again; if the harness fails again, report it with the transcript"
                .to_owned(),
        );
    }
    if let Some(Finding { case, check, .. }) = failure.first() {
        let entry = short_line(&format!("{}:{}", case.scenario, check.name), NAME);
        advice.push(
            "correct the implementation and run the command under Reproduce, which runs that case alone".to_owned(),
        );
        advice.push(format!("to accept a failure for now, list it (`- {entry}`) in a file for --expected-failures"));
    }
    if !run.baseline_problems.is_empty() {
        advice.push("correct the file of expected failures in the lines named above".to_owned());
    }
    let untested = run.tally().of(Verdict::Untested);
    if untested > 0 && (!run.decided_anything() || options.strict || failure.is_empty()) {
        advice.push(format!(
            "{} could not be exercised; offer what the reasons under Untested name",
            count(untested, "check")
        ));
    }
    advice
}
