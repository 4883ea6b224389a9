//! `mcp-assay client` with clients that start their server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::command::{PROGRAM, Ran, argument, assay};

fn client(out: &Path, more: &[&str]) -> Ran {
    assay(&[&["client", "--scenario", "client/stdio-shutdown@2025-11-25,stdio", "--out", argument(out)], more].concat())
}

#[test]
fn the_reference_client_starts_its_server_and_ends_it() {
    let out = tempfile::tempdir().unwrap();
    let ran = client(out.path(), &["--transport", "stdio"]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let transcript = out.path().join("transcripts/client~stdio-shutdown@2025-11-25,stdio.jsonl");
    let events = std::fs::read_to_string(&transcript).unwrap();
    assert!(events.contains("stdin_closed") && !events.contains("signalled"), "{events}");
    let judged = assay(&["judge", argument(&transcript)]);
    assert_eq!(judged.exit, Some(0), "{judged:?}");
}

#[test]
fn a_client_that_starts_no_server_is_not_green() {
    let out = tempfile::tempdir().unwrap();
    for transport in ["stdio", "sse"] {
        for command in ["true", "sleep 1000 #"] {
            let arguments = ["client", "--scenario", "client/unknown-version", "--out", argument(out.path())];
            let of_case = ["--transport", transport, "--revision", "2024-11-05", "--deadline", "500ms"];
            let ran = assay(&[&arguments[..], &of_case, &["--command", command]].concat());
            assert_eq!(ran.exit, Some(1), "{transport} {command}: {ran:?}");
            assert!(ran.stdout.contains("0 pass, 0 fail"), "{transport} {command}: {ran:?}");
        }
    }
}

/// A run that waits for a client that is started by hand, and the command that it gave out.
fn waiting(out: &Path, home: &Path) -> (Child, String) {
    let mut run = Command::new(PROGRAM)
        .args(["client", "--stdio-shim", "--scenario", "client/stdio-shutdown@2025-11-25,stdio", "--wait", "20s"])
        .args(["--out", argument(out)])
        .env("TMPDIR", home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut command = String::new();
    let mut stdout = BufReader::new(run.stdout.take().unwrap());
    stdout.read_line(&mut command).unwrap();
    // It can be started once the run says so.
    let mut asked = String::new();
    let mut stderr = BufReader::new(run.stderr.take().unwrap());
    stderr.read_line(&mut asked).unwrap();
    assert!(asked.contains("client/stdio-shutdown@2025-11-25,stdio"), "{asked}");
    run.stdout = Some(stdout.into_inner());
    (run, command.trim().to_owned())
}

#[test]
fn a_client_that_is_started_by_hand_is_judged_when_it_is_gone() {
    let (out, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut run, command) = waiting(out.path(), home.path());
    let mut shim = Command::new("/bin/sh")
        .args(["-c", &format!("exec {command}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = shim.stdin.take().unwrap();
    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}"#;
    writeln!(stdin, "{initialize}").unwrap();
    let mut answer = String::new();
    BufReader::new(shim.stdout.take().unwrap()).read_line(&mut answer).unwrap();
    assert!(answer.contains("serverInfo"), "{answer}");
    drop(stdin);
    assert_eq!(shim.wait().unwrap().code(), Some(0), "the server ends as it should");
    let mut said = String::new();
    run.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(0), "{said}");
    assert!(said.contains(" pass, 0 fail") && !said.contains(" 0 pass"), "{said}");
}

#[test]
fn a_shim_that_nobody_waits_for_says_so() {
    let ran = assay(&["shim", "/nowhere/at/all"]);
    assert_eq!(ran.exit, Some(2), "{ran:?}");
    assert!(ran.stdout.is_empty() && ran.stderr.contains("nobody waits at /nowhere/at/all"), "{ran:?}");
}
