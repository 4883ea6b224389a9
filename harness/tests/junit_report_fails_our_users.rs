//! Why the `junit-report` crate does not write our JUnit: see `docs/decisions/0001-quick-junit-instead-of-junit-report.md`.
//! When the first test fails, the crate has learnt to escape and the decision may be looked at again.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "report/model.rs"]
#[expect(dead_code, reason = "shared with the golden tests")]
mod model;

use junit_report::{Duration, ReportBuilder, TestCaseBuilder, TestSuiteBuilder};
use mcp_assay::report::junit::{JunitOptions, write};
use mcp_assay::requirement::Level;
use mcp_assay::revision::Revision;
use mcp_assay::verdict::{CheckResult, Verdict};
use model::{case, check, run};

/// What a server may send, by what is wrong with it in XML.
const SENT: [(&str, &str); 5] = [
    ("NUL", "before\0after"),
    ("an ANSI escape", "\u{1b}[31mred\u{1b}[0m"),
    ("a noncharacter", "before\u{fffe}after"),
    ("the end of CDATA", "before]]>after"),
    ("the end of CDATA and a tag", "before]]></failure><failure>after"),
];

/// A failure with this text, by `junit-report`.
fn theirs(message: &str, cause: &str) -> String {
    let failed = TestCaseBuilder::failure("check", Duration::ZERO, "requirement", message).set_trace(cause).build();
    let suite = TestSuiteBuilder::new("suite").add_testcase(failed).build();
    let report = ReportBuilder::new().add_testsuite(suite).build();
    let mut out = Vec::new();
    report.write_xml(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A failure with this text, by our writer.
fn ours(text: &str) -> String {
    let failed = CheckResult { excerpt: vec![text.to_owned()], ..check("x.a", Level::Must, Verdict::Fail, text) };
    let run = run(vec![case("a/one", Revision::V2025_11_25, "http", vec![failed])]);
    write(&run, JunitOptions::default()).unwrap()
}

#[test]
fn harmless_text_is_well_formed_by_both() {
    for xml in [theirs("a < b & c", "a < b & c"), ours("a < b & c")] {
        let failure = mcp_assay::parsers::xml::parse(&xml)
            .unwrap()
            .into_iter()
            .find(|element| element.name == "failure")
            .unwrap();
        assert!(failure.text.contains("a < b & c"), "{xml}");
    }
}

#[test]
fn junit_report_writes_what_no_parser_accepts() {
    for (what, text) in SENT {
        let problem = mcp_assay::parsers::xml::parse(&theirs("harmless", text));
        assert!(problem.is_err(), "{what}: {problem:?}");
    }
    for (what, text) in &SENT[..3] {
        let problem = mcp_assay::parsers::xml::parse(&theirs(text, "harmless"));
        assert!(problem.is_err(), "{what} in the message: {problem:?}");
    }
}

#[test]
fn a_server_can_forge_a_test_case_with_junit_report_only() {
    let forged = r#"]]></failure></testcase><testcase name="forged"><failure><![CDATA["#;
    let tests = |xml: &str| {
        mcp_assay::parsers::xml::parse(xml).unwrap().iter().filter(|element| element.name == "testcase").count()
    };
    assert_eq!(tests(&theirs("harmless", forged)), 2);
    assert_eq!(tests(&ours(forged)), 1);
}

#[test]
fn our_writer_stays_well_formed_and_keeps_the_failure() {
    for (what, text) in SENT {
        let elements = mcp_assay::parsers::xml::parse(&ours(text)).unwrap();
        let failures: Vec<_> = elements.iter().filter(|element| element.name == "failure").collect();
        assert_eq!(failures.len(), 1, "{what}");
        let shown = mcp_assay::report::text::visible(text);
        assert_eq!(failures[0].attribute("message"), Some(shown.as_str()), "{what}");
        assert!(failures[0].text.contains(&format!("Exchange\n  {shown}\n")), "{what}: {}", failures[0].text);
        assert_eq!(elements[0].attribute("failures"), Some("1"), "{what}");
    }
}
