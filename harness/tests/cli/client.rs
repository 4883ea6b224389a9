//! `mcp-assay client`.

use std::path::Path;

use crate::command::{Ran, argument, assay};

fn client(out: &Path, more: &[&str]) -> Ran {
    assay(&[&["client", "--scenario", "client/initialize", "--out", argument(out)], more].concat())
}

/// Whether something passed over HTTP, and nothing failed.
fn passes(ran: &Ran) -> bool {
    let line = ran.stdout.lines().find_map(|line| line.strip_prefix("2025-11-25 http: ")).unwrap_or_default();
    line.contains(" pass, 0 fail") && !line.starts_with("0 ")
}

#[test]
fn the_reference_client_conforms_and_leaves_a_transcript() {
    let out = tempfile::tempdir().unwrap();
    let ran = client(out.path(), &[]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(passes(&ran), "{ran:?}");
    let transcript = out.path().join("transcripts/client~initialize@2025-11-25,http.jsonl");
    let judged = assay(&["judge", argument(&transcript)]);
    assert_eq!(judged.exit, Some(0), "{judged:?}");
    assert!(passes(&judged), "{judged:?}");
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
