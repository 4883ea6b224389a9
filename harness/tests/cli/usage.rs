//! Wrong usage: exit code 2, and a message that says what to do.

use crate::command::{argument, assay, own_scenario};

/// Refused, with these words on the standard error stream and nothing on the other.
fn refused(arguments: &[&str], words: &[&str]) {
    let ran = assay(arguments);
    assert_eq!(ran.exit, Some(2), "{arguments:?}: {ran:?}");
    assert_eq!(ran.stdout, "", "{arguments:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "{arguments:?} lacks {word:?}: {}", ran.stderr);
    }
}

#[test]
fn wrong_usage_is_refused_with_help() {
    refused(&[], &["Usage", "server"]);
    refused(&["serve"], &["serve", "server"]);
    refused(&["server", "--uri", "http://127.0.0.1:1/mcp"], &["--uri", "--url"]);
    refused(&["server", "--url", "not a url"], &["not a url"]);
    refused(&["server", "--scenario", "tools/lits"], &["no scenario is called 'tools/lits'", "mcp-assay list"]);
    refused(&["server", "--revision", "2025-11-26"], &["2025-11-26", "2025-11-25"]);
    refused(&["server", "--format", "pdf"], &["pdf", "junit"]);
    refused(&["server", "--deadline", "soon"], &["soon", "200ms"]);
    refused(&["server", "--config", "mcp.json"], &["--name"]);
    refused(&["coverage", "--actor", "browser"], &["no actor is called 'browser'", "authorization-server"]);
    refused(&["list", "--matching", "nonsense"], &["--matching"]);
    refused(&["explain", "nonsense"], &["'nonsense'", "mcp-assay list"]);
    refused(&["explain", "tools/lisst"], &["did you mean", "tools/list"]);
    refused(&["judge"], &["TRANSCRIPTS"]);
    refused(&["scenario", "check", "nowhere.yaml"], &["nowhere.yaml"]);
    refused(&["reference", "server", "--switch", "nonsense"], &["nonsense"]);
    refused(&["reference", "null", "--behaviour", "sulking"], &["sulking"]);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    for option in ["--scenario-file", "--expected-failures", "--mapping", "--ca-file"] {
        refused(&["server", option, "nowhere.yaml"], &["nowhere.yaml"]);
    }
    refused(&["server", "--config", "nowhere.json", "--name", "x"], &["nowhere.json"]);
    refused(&["judge", "nowhere.jsonl"], &["nowhere.jsonl"]);
}

#[test]
fn a_server_that_cannot_be_reached_is_wrong_usage() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    drop(listener);
    refused(&["server", "--url", &url, "--deadline", "5s"], &["failed to reach", "check that it runs"]);
    refused(&["server", "--stdio", "false", "--deadline", "5s"], &["failed to reach"]);
}

#[test]
fn reports_that_have_no_place_are_noticed_at_once() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = file.path().join("reports");
    refused(&["server", "--scenario", "tools/list", "--out", argument(&below)], &["--out"]);
}

#[test]
fn a_defect_that_there_is_not_is_refused() {
    let own = own_scenario();
    let file = argument(&own);
    let url = "http://127.0.0.1:1/mcp";
    refused(
        &["mutate", "--url", url, "--scenario", "own/tool", "--defect", "x", "--scenario-file", file],
        &["did you mean own/tools?"],
    );
    refused(
        &["mutate", "--url", url, "--scenario", "own/tools", "--defect", "x", "--scenario-file", file],
        &["it has refuses-to-list"],
    );
    refused(
        &["mutate", "--scenario", "own/tools", "--defect", "refuses-to-list", "--scenario-file", file],
        &["--url", "--stdio"],
    );
}

#[test]
fn a_route_or_a_fault_that_there_is_not_is_refused() {
    let url = "http://127.0.0.1:1/mcp";
    refused(&["router", "--url", url, "--route", "robin"], &["round-robin", "header:NAME"]);
    refused(&["router", "--url", url, "--fault", "cut:plus_bytes=1"], &["after_events"]);
    refused(&["router", "--url", url, "--fault", "reset", "--listen", "nowhere"], &["nowhere", "--listen"]);
}

#[test]
fn an_expression_that_is_wrong_in_a_file_of_the_users_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.yaml");
    let text =
        std::fs::read_to_string(own_scenario()).unwrap().replace("listed.result != null", "lisetd.result != null");
    std::fs::write(&file, text).unwrap();
    let out = folder.path().join("out");
    refused(&["server", "--scenario-file", argument(&file), "--out", argument(&out)], &["lisetd", "own.yaml:8"]);
}

#[test]
fn every_command_has_help() {
    let commands: [&[&str]; 14] = [
        &[],
        &["server"],
        &["self-check"],
        &["coverage"],
        &["list"],
        &["explain"],
        &["judge"],
        &["scenario"],
        &["scenario", "check"],
        &["reference"],
        &["reference", "server"],
        &["reference", "null"],
        &["mutate"],
        &["router"],
    ];
    for command in commands {
        let ran = assay(&[command, &["--help"]].concat());
        assert_eq!(ran.exit, Some(0), "{command:?}: {ran:?}");
        assert!(
            ran.stdout.contains("Usage: mcp-assay") && ran.stdout.lines().count() > 3,
            "{command:?}: {}",
            ran.stdout
        );
    }
}

#[test]
fn a_reader_that_has_gone_changes_nothing() {
    let mut command = std::process::Command::new(crate::command::PROGRAM);
    let piped = std::process::Stdio::piped;
    let mut child = command.args(["list"]).stdout(piped()).stderr(piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
