//! A bar while a run goes on, for a person at a terminal.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::note;
use super::text::short_line;
use crate::verdict::{CaseResult, Verdict};

/// Longest name of a case that is shown, in characters.
const NAME: usize = 100;
/// How often the bar shows that the run is alive.
const TICK: Duration = Duration::from_millis(200);

/// Shows on stderr how far a run is, where stderr is a terminal; elsewhere it shows nothing. Cases may be reported
/// from several threads.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// For this process's stderr.
    #[must_use]
    pub fn stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::on(ProgressDrawTarget::stderr()) } else { Self::hidden() }
    }

    /// Shows nothing anywhere.
    #[must_use]
    pub fn hidden() -> Self {
        Self::on(ProgressDrawTarget::hidden())
    }

    fn on(target: ProgressDrawTarget) -> Self {
        Self { bar: ProgressBar::with_draw_target(Some(0), target) }
    }

    /// The run starts, with so many cases to come.
    pub fn started(&self, total: usize) {
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} cases  {elapsed}  {msg}") {
            self.bar.set_style(style);
        }
        self.bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
        if !self.bar.is_hidden() {
            self.bar.enable_steady_tick(TICK);
        }
    }

    /// A case is over. One that failed unexpectedly leaves a line above the bar.
    pub fn case_finished(&self, case: &CaseResult) {
        if let Some(line) = failure_line(case) {
            self.bar.println(line);
        }
        self.bar.set_message(short_line(&case.id, NAME));
        self.bar.inc(1);
    }

    /// Something that a person has to do for the run to go on.
    pub fn ask(&self, line: &str) {
        if self.bar.is_hidden() {
            note(line);
        } else {
            self.bar.println(line);
        }
    }

    /// The run is over: the bar goes away.
    pub fn finished(&self) {
        self.bar.finish_and_clear();
    }
}

/// What a person wants to know at once about a case: that it failed.
fn failure_line(case: &CaseResult) -> Option<String> {
    let bad = |verdict| case.checks.iter().filter(move |check| check.verdict == verdict && check.excused.is_none());
    let worst = [Verdict::Error, Verdict::Fail].into_iter().find(|verdict| bad(*verdict).next().is_some())?;
    let names: Vec<String> = bad(worst).map(|check| short_line(&check.name, NAME)).collect();
    Some(format!("{} {}: {}", worst.as_str(), short_line(&case.id, NAME), names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{CheckResult, samples};

    fn case(checks: &[(&str, Verdict, bool)]) -> CaseResult {
        let check = |(name, verdict, expected): &(&str, Verdict, bool)| CheckResult {
            excused: expected.then(|| "expected failure".to_owned()),
            ..samples::check(name, *verdict)
        };
        samples::case("a\u{1b}[2J", "http", checks.iter().map(check).collect())
    }

    #[test]
    fn only_an_unexpected_failure_leaves_a_line() {
        let line = |checks: &[(&str, Verdict, bool)]| failure_line(&case(checks));
        assert_eq!(line(&[("x.a", Verdict::Pass, false), ("x.b", Verdict::Warn, false)]), None);
        assert_eq!(line(&[("x.a", Verdict::Fail, true)]), None);
        assert_eq!(
            line(&[("x.a", Verdict::Fail, false), ("x.b", Verdict::Fail, false), ("x.c", Verdict::Fail, true)])
                .as_deref(),
            Some("fail a\\u{1b}[2J@2025-11-25,http: x.a, x.b")
        );
        assert_eq!(
            line(&[("x.a", Verdict::Fail, false), ("x.b", Verdict::Error, false)]).as_deref(),
            Some("error a\\u{1b}[2J@2025-11-25,http: x.b")
        );
    }

    #[test]
    fn cases_are_counted_where_nobody_looks_too() {
        let progress = Progress::hidden();
        progress.started(2);
        progress.case_finished(&case(&[("x.a", Verdict::Fail, false)]));
        assert_eq!((progress.bar.position(), progress.bar.length()), (1, Some(2)));
        progress.finished();
        assert!(progress.bar.is_finished());
    }
}
