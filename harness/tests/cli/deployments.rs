//! Several instances: started, routed to, behind one URL, and what goes wrong with them.

use std::path::Path;

use serde_json::Value;

use crate::command::{PROGRAM, Ran, argument, assay};

/// Run `server` with a scenario, and give the checks of the cases over a route: name, verdict, verdict on one instance.
fn run(options: &[&str]) -> (Ran, Vec<(String, String, Option<String>)>) {
    let out = tempfile::tempdir().unwrap();
    let ran = assay(&[&["server", "--out", argument(out.path())], options].concat());
    let text = std::fs::read_to_string(out.path().join("results.json")).unwrap_or("{}".to_owned());
    let results: Value = serde_json::from_str(&text).unwrap();
    let cases = results["cases"].as_array().cloned().unwrap_or_default();
    let routed = cases.iter().filter(|case| case["routing"] != "direct" && case["scenario"] != "monitors");
    let checks = routed.flat_map(|case| case["checks"].as_array().cloned().unwrap_or_default());
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let told =
        |check: Value| (text(&check["name"]).unwrap(), text(&check["verdict"]).unwrap(), text(&check["directly"]));
    (ran, checks.map(told).collect())
}

const LIST: [&str; 4] = ["--scenario", "tools/list", "--revision", "2026-07-28"];

#[test]
fn what_holds_on_one_instance_alone_is_shown() {
    let (ran, checks) = run(&[&["--instances", "2", "--route", "round-robin"], &LIST[..]].concat());
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(checks.contains(&("tools.list-answered".into(), "fail".into(), Some("pass".into()))), "{checks:?}");
    assert!(ran.stdout.contains("Differs when routed"), "{}", ran.stdout);
    assert!(ran.stdout.contains("router: POST /mcp → instance 2"), "{}", ran.stdout);
}

#[test]
fn instances_of_a_command_are_started_and_ended() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let command = format!(
        "echo $$ >> '{}'; exec '{PROGRAM}' reference server --listen 127.0.0.1:{{port}} --page-size 100",
        pids.display()
    );
    let (ran, checks) = run(&[&["--spawn", &command, "--instances", "2", "--route", "random"], &LIST[..]].concat());
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(!checks.is_empty() && checks.iter().all(|(_, _, before)| before.is_none()), "{checks:?}");
    let started = std::fs::read_to_string(&pids).unwrap();
    assert_eq!(started.lines().count(), 2, "{started}");
    for pid in started.lines() {
        // Whoever has ended and waits to be taken note of runs no more.
        let state = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
        assert!(state.is_err() || state.as_ref().is_ok_and(|text| text.contains(") Z ")), "{state:?}");
    }
}

#[test]
fn what_cannot_be_started_says_why() {
    let refused = |options: &[&str], words: &[&str]| {
        let (ran, _) = run(options);
        assert_eq!(ran.exit, Some(2), "{options:?}: {ran:?}");
        for word in words {
            assert!(ran.stderr.contains(word), "{options:?} lacks {word:?}: {}", ran.stderr);
        }
    };
    refused(&["--spawn", "echo no licence >&2; exit 7"], &["instance 1", "exit status: 7", "no licence"]);
    refused(&["--spawn", "sleep 60", "--startup", "300ms"], &["did not listen in time", "$PORT"]);
    refused(&["--route", "round-robin"], &["--route needs several instances", "--instances"]);
    refused(&["--route", "any"], &["round-robin"]);
    refused(&["--spawn", "x", "--instances", "1000"], &["1000", "64"]);
    refused(&["--url", "http://127.0.0.1:1/mcp", "--share", "redis"], &["--spawn"]);
    refused(&["--users", "5"], &["--for"]);
    refused(&["--share", "mysql"], &["mysql", "redis or postgres"]);
}

#[test]
fn load_finds_what_a_run_finds_and_says_how_long_answers_took() {
    let options = ["--instances", "2", "--users", "4", "--for", "1s", "--route", "round-robin"];
    let (ran, checks) = run(&[&options[..], &LIST[..]].concat());
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(checks.iter().any(|(name, verdict, _)| name == "tools.list-answered" && verdict == "fail"), "{checks:?}");
    assert!(ran.stdout.contains("requests a second") && ran.stdout.contains("tools/list"), "{}", ran.stdout);
}

#[test]
fn an_answer_that_was_broken_on_purpose_is_held_against_nobody() {
    let options = ["--instances", "1", "--users", "4", "--for", "1s", "--fault", "cut:after_bytes=20,every=2"];
    let (ran, _) = run(&[&options[..], &["--scenario", "tools/call-*", "--revision", "2026-07-28"]].concat());
    assert!(ran.stdout.contains(" 0 fail"), "{ran:?}");
    assert!(!ran.stdout.contains(" 0 faults"), "{ran:?}");
}
