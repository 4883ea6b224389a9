//! Cases that use one process after another say what cases with processes of their own say.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::command::{PROGRAM, argument, assay};

/// The verdict of each check by case, requirement and name; and the cases that borrowed a process.
type Verdicts = (BTreeMap<String, String>, Vec<String>);

fn run(switch: &str, options: &[&str]) -> Verdicts {
    let out = tempfile::tempdir().unwrap();
    let command = format!("'{PROGRAM}' reference server --stdio --switch {switch}");
    let selected = ["tools/*", "pagination/*", "base/*", "ping/*"].map(|name| ["--scenario", name]);
    let fixed = ["server", "--stdio", &command, "--revision", "2025-11-25", "--out", argument(out.path())];
    let ran = assay(&[&fixed, selected.as_flattened(), options].concat());
    assert!(matches!(ran.exit, Some(0 | 1)), "{ran:?}");
    let text = std::fs::read_to_string(out.path().join("results.json")).unwrap();
    let results: Value = serde_json::from_str(&text).unwrap();
    let cases = || results["cases"].as_array().into_iter().flatten();
    let of_case = |case: &Value| -> Vec<(String, String)> {
        let checks = case["checks"].as_array().into_iter().flatten();
        checks
            .map(|check| (format!("{} {}", case["id"], check["name"]), check["verdict"].as_str().unwrap().to_owned()))
            .collect()
    };
    let verdicts = cases().flat_map(of_case).collect();
    let borrowed = cases().filter(|case| borrows(out.path(), case)).map(|case| case["id"].to_string()).collect();
    (verdicts, borrowed)
}

fn borrows(out: &Path, case: &Value) -> bool {
    let transcript = case["transcript"].as_str();
    transcript.is_some_and(|file| std::fs::read_to_string(out.join(file)).unwrap().contains("\"borrowed\":true"))
}

#[test]
fn verdicts_are_the_same_and_nothing_broken_comes_from_a_borrowed_process() {
    let (shared, borrowed) = run("cursor-unchecked", &[]);
    let (isolated, none) = run("cursor-unchecked", &["--isolated"]);
    assert_eq!(shared, isolated);
    assert!(borrowed.len() > 5, "{borrowed:?}");
    assert!(none.is_empty(), "{none:?}");
    let broken: Vec<_> = shared.iter().filter(|(_, verdict)| ["fail", "warn"].contains(&verdict.as_str())).collect();
    assert!(!broken.is_empty());
    for (check, _) in broken {
        assert!(!borrowed.iter().any(|case| check.starts_with(case)), "{check}");
    }
}
