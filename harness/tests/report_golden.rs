//! Every report of the model run, compared with the files in `golden/`. `UPDATE_GOLDEN=1` writes them anew.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "report/model.rs"]
mod model;

use std::path::Path;

use mcp_assay::report::junit::JunitOptions;
use mcp_assay::report::{Format, SummaryOptions, json, junit, summary, write_all};
use mcp_assay::requirement::Level;
use mcp_assay::revision::Revision;
use mcp_assay::verdict::{RunResult, Verdict};
use model::{HOSTILE, case, check, model, run};
use proptest::prelude::*;

#[track_caller]
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == text, "{name} differs; run with UPDATE_GOLDEN=1 and read the difference.\n{text}");
}

/// The elements that say what became of the checks: test case, `failure`/`error`/`skipped` or nothing, message.
fn outcomes(xml: &str) -> Vec<(String, String, String)> {
    let mut outcomes: Vec<(String, String, String)> = Vec::new();
    for element in mcp_assay::parsers::xml::parse(xml).unwrap() {
        match element.name.as_str() {
            "testcase" => {
                outcomes.push((element.attribute("name").unwrap().to_owned(), "success".to_owned(), String::new()));
            }
            "failure" | "error" | "skipped" => {
                let last = outcomes.last_mut().unwrap();
                last.1 = element.name.clone();
                last.2 = element.attribute("message").unwrap().to_owned();
            }
            _ => {}
        }
    }
    outcomes
}

fn outcome(xml: &str, name: &str) -> (String, String) {
    let found = outcomes(xml).into_iter().find(|(test, ..)| test == name);
    found.map(|(_, kind, message)| (kind, message)).unwrap()
}

/// One case with one check.
fn single(verdict: Verdict) -> RunResult {
    run(vec![case("a/one", Revision::V2025_11_25, "http", vec![check("x.a", Level::Must, verdict, "seen so")])])
}

#[test]
fn junit_matches_its_golden_file() {
    golden("junit.xml", &junit::write(&model(), JunitOptions::default()).unwrap());
}

#[test]
fn json_matches_its_golden_file() {
    golden("results.json", &json::write(&model()).unwrap());
}

#[test]
fn the_summary_matches_its_golden_files() {
    let options = SummaryOptions { written: vec!["reports/run/junit.xml".into()], ..SummaryOptions::default() };
    golden("summary.txt", &summary(&model(), &options));
    let verbose = SummaryOptions { verbose: true, strict: true, ..SummaryOptions::default() };
    golden("summary-verbose.txt", &summary(&model(), &verbose));
}

#[test]
fn each_verdict_is_its_element_in_junit() {
    for (verdict, lenient, strict) in [
        (Verdict::Pass, "success", "success"),
        (Verdict::Skip, "skipped", "skipped"),
        (Verdict::Untested, "skipped", "failure"),
        (Verdict::Warn, "success", "failure"),
        (Verdict::Fail, "failure", "failure"),
        (Verdict::Error, "error", "error"),
    ] {
        for (is_strict, element) in [(false, lenient), (true, strict)] {
            let options = JunitOptions { strict: is_strict, ..JunitOptions::default() };
            let xml = junit::write(&single(verdict), options).unwrap();
            let (kind, message) = outcome(&xml, "x.a");
            assert_eq!(kind, element, "{verdict:?}, strict {is_strict}");
            assert_eq!(kind != "success", message.contains("seen so"), "{verdict:?}: {message}");
            assert!(xml.contains(&format!(r#"<property name="verdict" value="{}"/>"#, verdict.as_str())), "{xml}");
        }
    }
}

#[test]
fn junit_is_red_exactly_when_the_exit_code_is() {
    let expected = |verdict| {
        let mut run = single(verdict);
        run.cases[0].checks[0].excused = Some("expected failure".to_owned());
        run
    };
    let stale = || RunResult { baseline_problems: vec!["known.yaml:1: stale".to_owned()], ..single(Verdict::Pass) };
    let mut runs: Vec<RunResult> = Verdict::ALL.into_iter().map(single).collect();
    runs.extend([expected(Verdict::Fail), expected(Verdict::Warn), stale(), run(Vec::new()), model()]);
    for run in runs {
        for strict in [false, true] {
            let xml = junit::write(&run, JunitOptions { strict, times: false }).unwrap();
            let red = outcomes(&xml).iter().any(|(_, kind, _)| kind == "failure" || kind == "error");
            assert_eq!(red, run.exit(strict) as i32 != 0, "strict {strict}: {xml}");
        }
    }
}

#[test]
fn an_expected_failure_is_skipped_in_junit_and_says_so() {
    let xml = junit::write(&model(), JunitOptions::default()).unwrap();
    let (kind, message) = outcome(&xml, "ping.prompt");
    assert_eq!((kind.as_str(), message.as_str()), ("skipped", "expected failure: no response to ping"));
}

#[test]
fn a_failure_in_junit_has_five_parts() {
    let xml = junit::write(&model(), JunitOptions::default()).unwrap();
    let failures: Vec<_> =
        mcp_assay::parsers::xml::parse(&xml).unwrap().into_iter().filter(|e| e.name == "failure").collect();
    let broken = failures.iter().find(|e| e.attribute("type") == Some("tools.input-schema")).unwrap();
    assert_eq!(broken.attribute("message"), Some("tool a has no inputSchema"));
    for part in [
        "Required\n  MUST What tools.input-schema demands",
        "Seen\n  tool a has no inputSchema\n",
        "Where\n  scenarios/tools/list.yaml:12\n",
        "Exchange\n  -> {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n",
        "Reproduce\n  mcp-assay server --url http://127.0.0.1:1/mcp --scenario 'tools/list@2025-11-25,http' --seed 7\n",
    ] {
        assert!(broken.text.contains(part), "{part}\n{}", broken.text);
    }
}

#[test]
fn junit_counts_agree_with_its_elements() {
    let xml = junit::write(&model(), JunitOptions::default()).unwrap();
    let root = mcp_assay::parsers::xml::parse(&xml).unwrap().swap_remove(0);
    let outcomes = outcomes(&xml);
    for (attribute, kind) in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")] {
        let number = outcomes.iter().filter(|(_, is, _)| is == kind).count();
        assert_eq!(root.attribute(attribute), Some(number.to_string().as_str()), "{attribute}");
        assert!(number > 0, "the model has a {kind}");
    }
    assert_eq!(root.attribute("tests"), Some(outcomes.len().to_string().as_str()));
}

#[test]
fn without_times_equal_runs_give_equal_junit() {
    let options = JunitOptions { times: false, ..JunitOptions::default() };
    let mut slower = model();
    slower.duration_us *= 3;
    slower.cases[0].duration_us += 99_999;
    assert_eq!(junit::write(&model(), options).unwrap(), junit::write(&slower, options).unwrap());
    let timed = junit::write(&slower, JunitOptions::default()).unwrap();
    assert!(timed.contains(r#"time="0.112""#) && !timed.contains("timestamp") && !timed.contains("uuid"), "{timed}");
}

#[test]
fn json_holds_the_failure_and_the_hostile_text_unchanged() {
    let text = json::write(&model()).unwrap();
    let back: RunResult = serde_json::from_str(&text).unwrap();
    assert_eq!(back, model());
    let hostile = &back.cases[3].checks[0];
    assert_eq!(hostile.verdict, Verdict::Fail);
    assert_eq!(hostile.excerpt[0], HOSTILE);
    assert!(!text.contains('\u{1b}') && !text.contains('\0'), "JSON escapes control characters");
}

#[test]
fn the_results_schema_accepts_the_results_and_nothing_else() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/results.json");
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let results: serde_json::Value = serde_json::from_str(&json::write(&model()).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&results).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    for place in ["", "/cases/0", "/cases/0/checks/1", "/cases/0/checks/1/position", "/cases/0/checks/1/operands/0"] {
        let mut wrong = results.clone();
        let object = wrong.pointer_mut(place).and_then(|value| value.as_object_mut()).unwrap();
        object.insert("unknown".to_owned(), serde_json::Value::Null);
        assert!(!validator.is_valid(&wrong), "an unknown member at {place:?}");
    }
    for (place, value) in [
        ("/results", serde_json::json!(2)),
        ("/cases/0/checks/1/verdict", serde_json::json!("failed")),
        ("/cases/0/checks/1/level", serde_json::json!("must")),
        ("/cases/0/revision", serde_json::json!("2025-11-26")),
        ("/duration_us", serde_json::json!(-1)),
    ] {
        let mut wrong = results.clone();
        *wrong.pointer_mut(place).unwrap() = value;
        assert!(!validator.is_valid(&wrong), "a wrong value at {place}");
    }
}

#[test]
fn the_summary_shows_a_failure_on_two_axes_once() {
    let text = summary(&model(), &SummaryOptions::default());
    assert_eq!(text.matches("fail tools.input-schema").count(), 1, "{text}");
    assert!(text.contains("fail tools.input-schema in tools/list on 2025-11-25 http, 2025-11-25 stdio\n"), "{text}");
    assert!(text.contains("2025-11-25 http: 1 pass, 1 fail, 1 warn, 1 untested, 1 skip\n"), "{text}");
    assert!(text.contains("2026-07-28 http: 0 pass, 0 fail, 1 error, 1 untested, 1 not counted\n"), "{text}");
    assert!(text.contains("2 checks: the server lists one page only\n"), "{text}");
}

#[test]
fn the_summary_names_the_outcome() {
    for (verdict, strict, outcome) in [
        (Verdict::Pass, false, "conforms in everything that was decided"),
        (Verdict::Fail, false, "does not conform"),
        (Verdict::Warn, false, "conforms in everything that was decided"),
        (Verdict::Warn, true, "does not conform"),
        (Verdict::Skip, false, "nothing was decided, which is no success"),
        (Verdict::Error, false, "the harness failed"),
    ] {
        let text = summary(&single(verdict), &SummaryOptions { strict, ..SummaryOptions::default() });
        assert!(text.contains(&format!("http://127.0.0.1:1/mcp: {outcome}")), "{verdict:?}: {text}");
    }
}

#[test]
fn no_peer_can_write_to_the_terminal() {
    let text = summary(&model(), &SummaryOptions { verbose: true, ..SummaryOptions::default() });
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains(['\u{202e}', '\u{fffe}']), "{text:?}");
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(longest < 1500, "a line of {longest} characters");
    let coloured = summary(&model(), &SummaryOptions { colour: true, ..SummaryOptions::default() });
    let ours = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"];
    let bare = ours.iter().fold(coloured, |text, escape| text.replace(escape, ""));
    assert!(!bare.contains('\u{1b}'), "{bare:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn junit_is_well_formed_and_keeps_its_failure_whatever_a_peer_sends(text in any::<String>(), marks in "[\0\u{1b}\u{7f}\u{fffe}\u{ffff}\r<>&\"\\]]{0,20}") {
        let text = format!("{text}{marks}");
        let mut run = single(Verdict::Fail);
        run.target = text.clone();
        run.implementation.insert("2025-11-25".to_owned(), text.clone());
        run.baseline_problems = vec![text.clone()];
        let case = &mut run.cases[0];
        (case.title, case.scenario, case.id) = (text.clone(), text.clone(), text.clone());
        let check = &mut case.checks[0];
        check.excerpt = vec![text.clone()];
        (check.name, check.reason, check.rule, check.reproduce) = (text.clone(), text.clone(), text.clone(), text);
        let xml = junit::write(&run, JunitOptions::default()).unwrap();
        let elements = mcp_assay::parsers::xml::parse(&xml).map_err(TestCaseError::fail)?;
        prop_assert_eq!(elements.iter().filter(|element| element.name == "failure").count(), 2);
    }
}

#[test]
fn reports_are_written_where_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/out");
    let written = write_all(&model(), &out, &[], JunitOptions::default()).unwrap();
    assert_eq!(written, [out.join("junit.xml")], "JUnit is always written");
    let formats = ["json".parse::<Format>().unwrap(), Format::Junit];
    let written = write_all(&model(), &out, &formats, JunitOptions::default()).unwrap();
    assert_eq!(written, [out.join("junit.xml"), out.join("results.json")]);
    assert_eq!(std::fs::read_to_string(&written[1]).unwrap(), json::write(&model()).unwrap());
    let error = write_all(&model(), &out.join("junit.xml"), &[], JunitOptions::default()).unwrap_err().to_string();
    assert!(error.contains("junit.xml: the report cannot be written") && error.contains("--out"), "{error}");
    assert!("yaml".parse::<Format>().unwrap_err().to_string().contains("junit, json"));
}
