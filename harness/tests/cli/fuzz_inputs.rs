//! Stories of input requests (2026-07-28): nothing without a fault, and each fault in a few acts.

use std::path::{Path, PathBuf};

use mcp_assay::fuzz::finding::{Finding, load};

use crate::command::{PROGRAM, assay};

/// Cases in which the stories of the catalogue are told and, in a later round, those of what these show.
const CASES: &str = "450";
const REVISION: &str = "2026-07-28";

fn server(fault: Option<&str>) -> String {
    let fault = fault.map(|fault| format!(" --fault {fault}")).unwrap_or_default();
    format!("{PROGRAM} reference server --stdio{fault}")
}

/// What the campaign finds, and what it says.
fn found(fault: Option<&str>, folder: &Path) -> (Vec<PathBuf>, String) {
    let (server, out) = (server(fault), folder.join("out"));
    let told = ["fuzz", "server", "--stdio", &server, "--revision", REVISION, "--cases", CASES, "--seed", "1"];
    let kept = ["--jobs", "1", "--findings", folder.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let done = assay(&[&told[..], &kept].concat());
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = all.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    (files, done.stdout + &done.stderr)
}

/// Whether a check of the scenario fails, or warns, with the fault.
fn is_red(file: &Path, fault: Option<&str>) -> bool {
    let out = file.with_extension("out");
    let (server, file, out) = (server(fault), file.to_str().unwrap(), out.to_str().unwrap());
    let told = ["server", "--stdio", &server, "--revision", REVISION, "--scenario-file", file, "--out", out];
    let done = assay(&told);
    let is_broken = |line: &str| ["  fail ", "  warn "].iter().any(|word| line.starts_with(word));
    done.stdout.lines().any(|line| is_broken(line) && line.contains(" in found/"))
}

/// It is found with this sign in its text, in at most five acts; its scenario is red with the fault, and green without.
fn is_found(fault: &str, sign: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (files, told) = found(Some(fault), folder.path());
    let read = |file: &PathBuf| -> Finding { load(file).unwrap() };
    let file = files.iter().find(|file| read(file).suspicion().key().contains(sign));
    let file = file.unwrap_or_else(|| panic!("{fault} is no {sign:?}: {files:?}\n{told}"));
    let finding = read(file);
    assert!(finding.acts() <= 5 && finding.is_stable(), "{fault}: {finding:?}");
    assert_eq!([is_red(file, Some(fault)), is_red(file, None)], [true, false], "{fault}");
}

#[test]
fn a_conforming_server_that_asks_has_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let (files, told) = found(None, folder.path());
    assert_eq!(files, Vec::<PathBuf>::new(), "{told}");
}

#[test]
fn a_question_that_the_client_cannot_be_asked_is_found() {
    is_found("asks-what-was-not-declared", "asked what was not declared");
}

#[test]
fn the_answer_of_another_is_found() {
    is_found("takes-answers-of-others", "answer to another call");
}

#[test]
fn the_refusal_of_an_answer_that_was_not_asked_is_found() {
    is_found("refuses-unasked-answers", "answer to what was not asked");
}

#[test]
fn the_refusal_where_an_answer_is_missing_is_found() {
    is_found("refuses-missing-answers", "answer that is missing");
}

#[test]
fn a_question_that_is_none_is_found() {
    is_found("asks-for-nothing", "asked nothing");
}

#[test]
fn an_end_at_the_second_answer_is_found() {
    is_found("dies-on-repeated-state", "exit");
}

#[test]
fn a_task_that_an_answer_revives_is_found() {
    is_found("answer-revives-task", "task-life/final");
}

#[test]
fn a_question_that_comes_back_is_found() {
    is_found("asks-again-what-was-answered", "question comes back");
}
