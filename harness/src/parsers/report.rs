//! The report writers: whatever peers and files say, JUnit stays XML, JSON what it was, and the terminal harmless.

use std::collections::BTreeMap;

use serde_json::json;

use super::xml;
use crate::generate::Choices;
use crate::report::junit::{self, JunitOptions};
use crate::report::{self, SummaryOptions};
use crate::requirement::Level;
use crate::revision::Revision;
use crate::scenario::Position;
use crate::verdict::{CaseResult, CheckResult, Operand, RunResult, Verdict};

/// Checks in one case.
const MAX_CHECKS: u64 = 4;

/// The input is the texts of a result, cut at NUL bytes, and the choices that it is put together by.
pub fn check(data: &[u8]) {
    let texts: Vec<String> =
        data.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    let run = result(&texts, &mut Choices::of_bytes(data));
    for options in [JunitOptions::default(), JunitOptions { strict: true, times: false }] {
        let text = junit::write(&run, options).unwrap_or_else(|error| panic!("{error}"));
        let elements = xml::parse(&text).unwrap_or_else(|problem| panic!("JUnit is no XML: {problem}"));
        let count = |name: &str| elements.iter().filter(|element| element.name == name).count();
        let checks = run.cases.iter().map(|case| case.checks.len()).sum::<usize>();
        assert!(count("testcase") >= checks && count("testsuites") == 1, "cases are lost");
        let reds = count("failure") + count("error");
        let is_red = run.exit(options.strict) != crate::verdict::Exit::Conforms;
        assert_eq!(reds > 0, is_red, "the file is not red exactly where the run is");
    }
    let text = report::json::write(&run).unwrap_or_else(|error| panic!("{error}"));
    let again: RunResult = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again, run, "other results come back");
    let summary = report::summary(&run, &SummaryOptions::default());
    let harmful = summary.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(harmful, None, "a control character reaches the terminal");
}

fn result(texts: &[String], choices: &mut Choices) -> RunResult {
    let mut text = {
        let texts = texts.to_vec();
        let mut at = 0;
        move || {
            at += 1;
            texts.get(at % texts.len().max(1)).cloned().unwrap_or_default()
        }
    };
    let levels = [Level::Must, Level::MustNot, Level::Should, Level::ShouldNot, Level::May];
    let mut checks = Vec::new();
    for _ in 0..choices.below(MAX_CHECKS + 1) {
        checks.push(CheckResult {
            name: text(),
            requirement: text(),
            level: choices.pick(&levels).copied().unwrap_or(Level::Must),
            required: text(),
            link: text(),
            verdict: choices.pick(&Verdict::ALL).copied().unwrap_or(Verdict::Pass),
            reason: text(),
            rule: text(),
            operands: vec![Operand { source: text(), value: json!({ text(): [text(), 1.5, null] }) }],
            position: choices.once_in(2).then(|| Position { file: text(), line: 7 }),
            evidence: vec![choices.below(9)],
            excerpt: vec![text(), text()],
            reproduce: text(),
            excused: choices.once_in(4).then(&mut text),
            directly: choices.once_in(4).then_some(Verdict::Pass),
        });
    }
    let case = CaseResult {
        id: text(),
        scenario: text(),
        title: text(),
        revision: choices.pick(&Revision::ALL).copied().unwrap_or(Revision::Draft),
        transport: text(),
        routing: text(),
        duration_us: choices.below(1 << 40),
        transcript: choices.once_in(2).then(&mut text),
        reproduce: text(),
        checks,
    };
    RunResult {
        tool: text(),
        target: text(),
        implementation: BTreeMap::from([(text(), text())]),
        seed: choices.below(u64::MAX),
        baseline_problems: if choices.once_in(4) { vec![text()] } else { Vec::new() },
        duration_us: 5,
        ..RunResult::of(vec![case])
    }
}
