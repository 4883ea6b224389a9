//! `fuzz client` on the reference client: nothing without a fault, a fault with its cause, and no client at all.

use std::path::Path;

use mcp_assay::fuzz::client::{Finding, Oracle};

use crate::command::{PROGRAM, assay};

/// As many cases as bring out what is looked for.
const CASES: &str = "60";

fn fuzzed(client: &str, folder: &Path) -> (Option<i32>, String) {
    let folder = folder.to_str().unwrap();
    let told = ["fuzz", "client", "--command", client, "--revision", "2025-11-25", "--cases", CASES, "--seed", "1"];
    let done = assay(&[&told[..], &["--deadline", "20s", "--findings", folder, "--out", folder]].concat());
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
fn a_fault_of_a_client_is_found_and_shown_again() {
    let folder = tempfile::tempdir().unwrap();
    let client = format!("{PROGRAM} reference client --fault dies-on-unknown-notification");
    let (code, told) = fuzzed(&client, folder.path());
    let files = findings(folder.path());
    assert_eq!((code, files.len()), (Some(1), 1), "{told}");
    let found: Finding = mcp_assay::fuzz::finding::load(Path::new(&files[0])).unwrap();
    assert_eq!(found.oracle, Oracle::Crash);
    for (client, wanted) in [(client.as_str(), 1), (&format!("{PROGRAM} reference client"), 0)] {
        let again = assay(&["fuzz", "client", "--command", client, "--replay", &files[0], "--tries", "2"]);
        assert_eq!(again.exit, Some(wanted), "{}", again.stdout);
        let out = folder.path().join("out");
        let client = client.replace("reference client", &format!("reference client --scenario-file {}", files[0]));
        let told = ["client", "--command", &client, "--scenario-file", &files[0], "--scenario", "found/*"];
        let check = assay(&[&told[..], &["--revision", "2025-11-25", "--out", out.to_str().unwrap()]].concat());
        assert_eq!(check.exit, Some(wanted), "{}{}", check.stdout, check.stderr);
    }
}

#[test]
fn a_client_that_does_nothing_is_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = fuzzed("true", folder.path());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("does not get to where it can be fuzzed"), "{told}");
}
