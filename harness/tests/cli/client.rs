//! `mcp-assay client`.

use std::path::Path;

use crate::command::{Ran, argument, assay};

fn client(out: &Path, more: &[&str]) -> Ran {
    assay(&[&["client", "--scenario", "client/initialize", "--out", argument(out)], more].concat())
}

#[test]
fn the_reference_client_conforms_and_leaves_a_transcript() {
    let out = tempfile::tempdir().unwrap();
    let ran = client(out.path(), &[]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let decided = ran.stdout.lines().next().unwrap_or_default().trim_start_matches("2025-11-25 http: ").to_owned();
    assert!(decided.ends_with(" pass, 0 fail") && !decided.starts_with("0 "), "{ran:?}");
    let transcript = out.path().join("transcripts/client~initialize@2025-11-25,http.jsonl");
    let judged = assay(&["judge", argument(&transcript)]);
    assert_eq!(judged.exit, Some(0), "{judged:?}");
    assert!(judged.stdout.contains(&decided), "{judged:?}");
}

#[test]
fn a_client_that_does_nothing_is_not_green() {
    let out = tempfile::tempdir().unwrap();
    for command in ["true", "false", "no-such-command-at-all"] {
        let ran = client(out.path(), &["--command", command]);
        assert_eq!(ran.exit, Some(1), "{command}: {ran:?}");
        assert!(ran.stdout.contains("2025-11-25 http: 0 pass, 0 fail, "), "{command}: {ran:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_never_ends_is_killed_with_all_that_it_started() {
    let out = tempfile::tempdir().unwrap();
    let pid = out.path().join("pid");
    let command = format!("sh -c 'echo $$ > {}; exec sleep 1000' & sleep 1000 #", argument(&pid));
    let ran = client(out.path(), &["--command", &command, "--deadline", "1s"]);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("2025-11-25 http: 0 pass, 0 fail, "), "{ran:?}");
    let pid = std::fs::read_to_string(pid).unwrap();
    // Gone, or ended and not yet taken note of by whoever took it over.
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "the grandchild {pid} outlived the run: {state}");
}
