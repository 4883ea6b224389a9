//! `fuzz server --coverage`: what is found only step by step, in servers in Python and Node.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{PROGRAM, Ran, assay};

/// In so many cases chance alone does not come upon three things at a time; with a place for each of them they are found.
const CASES: &str = "6000";

fn server(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(name).display().to_string()
}

fn fuzzed(command: &str, cases: &str, coverage: bool) -> (Ran, String) {
    let out = tempfile::tempdir().unwrap();
    let mut told = vec!["fuzz", "server", "--stdio", command, "--revision", "2025-11-25", "--cases", cases];
    told.extend(["--seed", "1", "--out", out.path().to_str().unwrap()]);
    told.extend(coverage.then_some("--coverage"));
    let done = assay(&told);
    (done, std::fs::read_to_string(out.path().join("results.json")).unwrap_or_default())
}

/// The command of a Python from 3.12 on, or of an older one: that named by `ASSAY_PYTHON`, on the path, or kept by pyenv.
fn python(followed: bool) -> Option<String> {
    let named = std::env::var("ASSAY_PYTHON").ok().map(PathBuf::from);
    let on_path = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"].map(PathBuf::from);
    let pyenv = std::env::home_dir().map(|home| home.join(".pyenv/versions"));
    let kept = pyenv.into_iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let all = named.into_iter().chain(on_path).chain(kept.map(|entry| entry.path().join("bin/python3")));
    let fits = |program: &PathBuf| {
        let code = "import sys; sys.exit((sys.version_info < (3, 8)) * 2 or sys.version_info < (3, 12))";
        let ran = Command::new(program).args(["-c", code]).stderr(Stdio::null()).status();
        ran.is_ok_and(|status| status.code() == Some(i32::from(!followed)))
    };
    all.into_iter().find(fits).map(|program| program.display().to_string())
}

fn is_found_by_coverage_alone(command: &str) {
    let (without, _) = fuzzed(command, CASES, false);
    assert_eq!(without.exit, Some(0), "{}{}", without.stdout, without.stderr);
    assert!(!without.stdout.contains("places reached"));
    let (with, results) = fuzzed(command, CASES, true);
    assert_eq!(with.exit, Some(1), "{}{}", with.stdout, with.stderr);
    assert!(
        with.stdout.contains(" places reached") && with.stdout.contains("exit-tools-call-convert"),
        "{}",
        with.stdout
    );
    assert!(results.contains("exit-tools-call-convert"));
}

#[test]
fn three_conditions_in_a_row_are_found_in_node() {
    is_found_by_coverage_alone(&format!("node {}", server("chain.mjs")));
}

#[test]
fn three_conditions_in_a_row_are_found_in_python() {
    // Not every machine has one that is new enough.
    let Some(python) = python(true) else { return };
    is_found_by_coverage_alone(&format!("{python} {}", server("chain.py")));
}

#[test]
fn what_cannot_be_followed_is_refused_in_words() {
    let too_old = python(false).map(|python| (format!("{python} {}", server("chain.py")), "has no sys.monitoring"));
    let other = (format!("{PROGRAM} reference server --stdio"), "nothing in it took the hook up");
    for (command, why) in too_old.into_iter().chain([other]) {
        let (done, _) = fuzzed(&command, "10", true);
        assert_eq!(done.exit, Some(2), "{}", done.stdout);
        assert!(
            done.stderr.contains(why) && done.stderr.contains("in Python from 3.12 on, and in Node"),
            "{}",
            done.stderr
        );
    }
    let done = assay(&["fuzz", "server", "--url", "http://127.0.0.1:1/mcp", "--coverage"]);
    assert_eq!(done.exit, Some(2));
    assert!(done.stderr.contains("--coverage follows a server that is started over stdio"), "{}", done.stderr);
}
