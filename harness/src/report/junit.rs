//! `junit.xml`: a suite per case, a test case per check.
//!
//! | verdict | element |
//! |---|---|
//! | pass | none: success |
//! | warn | success with the text in `system-out`; `failure` when strict |
//! | fail | `failure` |
//! | fail or warn that does not count (expected, or not scored) | `skipped` |
//! | skip | `skipped` |
//! | untested | `skipped`, message `untested: ...`; `failure` when strict, unless it does not count |
//! | error | `error` |
//!
//! What fails a run without belonging to a check (a stale baseline, nothing decided) is a failure in the suite `run`,
//! so that the file is red exactly when the exit code is.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::explain::{Explanation, place, reason};
use super::text::short_line;
use crate::verdict::{CaseResult, CheckResult, MONITORS, RunResult, Verdict};

/// Longest message and longest name, in characters.
const MESSAGE: usize = 300;
/// Longest value of a property.
const PROPERTY: usize = 1000;

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JunitOptions {
    /// Warnings, and what could not be tested, are failures.
    pub strict: bool,
    /// Write how long cases took. Without, two equal runs give equal files.
    pub times: bool,
}

impl Default for JunitOptions {
    fn default() -> Self {
        Self { strict: false, times: true }
    }
}

/// The run as JUnit XML. It holds no date and no random number.
///
/// # Errors
/// The XML writer refuses; with text that [`super::text`] made harmless it has no reason to.
pub fn write(run: &RunResult, options: JunitOptions) -> Result<String, SerializeError> {
    let mut report = Report::new("mcp-assay");
    if options.times {
        report.set_time(Duration::from_micros(run.duration_us));
    }
    for case in &run.cases {
        report.add_test_suite(suite(run, case, options));
    }
    let troubles = troubles(run);
    if troubles.tests > 0 {
        report.add_test_suite(troubles);
    }
    report.to_string()
}

fn suite(run: &RunResult, case: &CaseResult, options: JunitOptions) -> TestSuite {
    let mut suite = TestSuite::new(short_line(&case.id, MESSAGE));
    if options.times {
        suite.set_time(Duration::from_micros(case.duration_us));
    }
    suite.add_property(property("title", &case.title));
    suite.add_property(property("target", &run.target));
    if let Some(implementation) = run.implementation.get(case.axis()) {
        suite.add_property(property("implementation", implementation));
    }
    if let Some(cost) = run.context.get(case.axis()).filter(|_| case.scenario == MONITORS) {
        suite.add_property(property("context.tools", &cost.tools.len().to_string()));
        suite.add_property(property("context.bytes", &cost.bytes.to_string()));
        suite.add_property(property(&format!("context.tokens.{}", cost.tokenizer), &cost.tokens.to_string()));
    }
    if let Some(load) = run.load.as_ref().filter(|_| options.times && case.scenario == MONITORS) {
        suite.add_property(property("load.users", &load.users.to_string()));
        suite.add_property(property("load.requests", &load.requests.to_string()));
        suite.add_property(property("load.requests-per-second", &format!("{:.0}", load.rate())));
    }
    if let Some(fuzzed) = run.fuzz.get(case.axis()) {
        suite.add_property(property("fuzz.cases", &fuzzed.cases.to_string()));
        suite.add_property(property("fuzz.messages", &fuzzed.messages.to_string()));
        suite.add_property(property("fuzz.classes", &fuzzed.classes.len().to_string()));
        if let Some(places) = fuzzed.places {
            suite.add_property(property("fuzz.places", &places.to_string()));
        }
    }
    if let Some(transcript) = &case.transcript {
        suite.add_property(property("transcript", transcript));
    }
    suite.add_test_cases(case.checks.iter().map(|check| test_case(case, check, options.strict)));
    suite
}

fn test_case(case: &CaseResult, check: &CheckResult, strict: bool) -> TestCase {
    let mut test = TestCase::new(short_line(&check.name, MESSAGE), status(case, check, strict));
    test.set_classname(short_line(&case.id, MESSAGE));
    for (name, value) in [
        ("requirement", check.requirement.as_str()),
        ("level", check.level.as_str()),
        ("link", &check.link),
        ("revision", case.revision.as_str()),
        ("transport", &case.transport),
        ("routing", &case.routing),
        ("scenario", &case.scenario),
        ("position", &place(case, check)),
        ("verdict", check.verdict.as_str()),
    ] {
        test.add_property(property(name, value));
    }
    if let Some(before) = check.directly {
        test.add_property(property("verdict-directly", before.as_str()));
    }
    if check.verdict == Verdict::Warn && matches!(test.status, TestCaseStatus::Success { .. }) {
        test.set_system_out(Explanation::of(case, check).text());
    }
    test
}

fn status(case: &CaseResult, check: &CheckResult, strict: bool) -> TestCaseStatus {
    let message = match (check.verdict, &check.excused) {
        (Verdict::Fail | Verdict::Warn, Some(excuse)) => {
            return skipped(&format!("{}: {}", short_line(excuse, MESSAGE), reason(check, MESSAGE)));
        }
        (Verdict::Pass, _) => return TestCaseStatus::success(),
        (Verdict::Warn, _) if !strict => return TestCaseStatus::success(),
        (Verdict::Skip, _) => return skipped(&reason(check, MESSAGE)),
        (Verdict::Untested, excuse) => {
            let message = format!("untested: {}", reason(check, MESSAGE));
            if !strict || excuse.is_some() {
                return skipped(&message);
            }
            message
        }
        (Verdict::Warn | Verdict::Fail | Verdict::Error, _) => reason(check, MESSAGE),
    };
    let kind = match check.verdict {
        Verdict::Error => NonSuccessKind::Error,
        _ => NonSuccessKind::Failure,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message);
    status.set_type(short_line(&check.requirement, MESSAGE));
    status.set_description(Explanation::of(case, check).text());
    status
}

fn skipped(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(message);
    status
}

/// What fails the run as a whole.
fn troubles(run: &RunResult) -> TestSuite {
    let mut suite = TestSuite::new("run");
    let mut add = |name: &str, kind: &str, message: &str| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(short_line(message, PROPERTY)).set_type(kind);
        let mut test = TestCase::new(name, status);
        test.set_classname("run");
        suite.add_test_case(test);
    };
    for (number, problem) in run.baseline_problems.iter().enumerate() {
        add(&format!("baseline-{}", number + 1), "baseline", problem);
    }
    if !run.decided_anything() {
        add(
            "something-was-decided",
            "empty",
            "no scenario decided anything, so that nothing is known about the implementation",
        );
    }
    suite
}

fn property(name: &str, value: &str) -> Property {
    Property::new(name, short_line(value, PROPERTY))
}
