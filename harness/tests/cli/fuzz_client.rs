//! `fuzz client` on the reference client, which has no finding, and on what is no client at all.

use std::path::Path;

use crate::command::{PROGRAM, assay};

/// Few: each is a process.
const CASES: &str = "20";

fn fuzzed(client: &str, folder: &Path) -> (Option<i32>, String) {
    fuzzed_for(client, folder, ["--cases", CASES])
}

fn fuzzed_for(client: &str, folder: &Path, time: [&str; 2]) -> (Option<i32>, String) {
    let folder = folder.to_str().unwrap();
    let told = ["fuzz", "client", "--command", client, "--revision", "2025-11-25", "--seed", "1"];
    let done = assay(&[&told[..], &time, &["--deadline", "20s", "--findings", folder, "--out", folder]].concat());
    (done.exit, done.stdout + &done.stderr)
}

fn findings(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path().display().to_string());
    names.filter(|name| name.ends_with(".yaml")).collect()
}

#[test]
fn a_conforming_client_has_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = fuzzed(&format!("{PROGRAM} reference client"), folder.path());
    assert_eq!((code, findings(folder.path())), (Some(0), Vec::new()), "{told}");
    assert!(folder.path().join("junit.xml").exists());
}

#[test]
fn a_client_that_does_nothing_is_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = fuzzed("true", folder.path());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("does not get to where it can be fuzzed"), "{told}");
}

#[test]
fn a_client_that_takes_too_long_is_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = fuzzed(&format!("sleep 40; {PROGRAM} reference client"), folder.path());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("it had not ended after 20 s") && told.contains("give --command"), "{told}");
}

#[test]
fn a_campaign_without_a_case_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = fuzzed_for(&format!("{PROGRAM} reference client"), folder.path(), ["--time", "1ms"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("no message crossed in 0 cases") && told.contains("give more --time"), "{told}");
    assert!(!folder.path().join("junit.xml").exists());
}
