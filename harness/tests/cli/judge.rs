//! Judging saved transcripts again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp_assay::drive::{StdioTarget, Target};
use mcp_assay::plan::{Permissions, Selection};
use mcp_assay::profile::Contract;
use mcp_assay::reference::{Options, SMALL_PAGE, serve_http};
use mcp_assay::report::Progress;
use mcp_assay::run::{Revisions, RunOptions, ask, judge_again, run};
use mcp_assay::scenario::Corpus;
use mcp_assay::transport::{HttpTarget, Spawn, TlsRoots};
use mcp_assay::verdict::{CheckResult, RunResult};

use crate::command::{PROGRAM, argument, assay, own_scenario};

/// A few scenarios against the reference server, over both transports in both revisions.
async fn run_some(corpus: &Corpus, out: &Path, scenarios: &[&str]) -> RunResult {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(serve_http(listener, Options { page_size: SMALL_PAGE, ..Options::default() }));
    let command = format!("{PROGRAM} reference server --stdio --page-size {SMALL_PAGE}");
    let target = Target {
        http: vec![HttpTarget::new(&url, &[], TlsRoots::new(None).unwrap()).unwrap()],
        sse: Vec::new(),
        stdio: Some(StdioTarget {
            spawn: Spawn { command, env: Vec::new(), directory: None },
            within: None,
            mutator: None,
        }),
        label: None,
        ..Target::default()
    };
    let options = RunOptions {
        revisions: Revisions::Newest,
        selection: Selection {
            scenarios: scenarios.iter().map(|name| (*name).to_owned()).collect(),
            ..Selection::default()
        },
        permissions: Permissions { contract: Contract::everything().unwrap(), ..Permissions::default() },
        jobs: 4,
        deadline: Duration::from_secs(20),
        startup: Duration::from_secs(20),
        isolated: false,
        seed: 0,
        routes: Vec::new(),
        faults: Default::default(),
        out: Some(out.to_owned()),
        command: "mcp-assay server".to_owned(),
    };
    let asked = ask(&target, &options).await.unwrap();
    run(&target, corpus, &options, asked, &Progress::hidden()).await.unwrap()
}

/// The checks of every case that has a transcript, and of what the monitors saw; without the commands to repeat them.
fn checks(result: &RunResult) -> BTreeMap<String, Vec<CheckResult>> {
    let carried_out = result.cases.iter().filter(|case| case.transcript.is_some() || case.scenario == "monitors");
    carried_out
        .map(|case| {
            let bare = |check: &CheckResult| CheckResult { reproduce: String::new(), ..check.clone() };
            (case.id.clone(), case.checks.iter().map(bare).collect())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runs_own_transcripts_give_its_verdicts_again() {
    let corpus = Corpus::embedded().unwrap();
    let out = tempfile::tempdir().unwrap();
    let first = run_some(&corpus, out.path(), &["tools/*", "stdio/*", "cancel/ignored*"]).await;
    assert!(first.cases.iter().filter(|case| case.transcript.is_some()).count() > 3);
    let again = judge_again(&[out.path().to_owned()], &corpus).unwrap();
    assert_eq!(checks(&again), checks(&first));
    for (axis, name) in &again.implementation {
        assert_eq!(first.implementation.get(axis), Some(name));
    }
}

/// The transcript of one case of the scenario of these tests.
fn transcript(out: &Path) -> PathBuf {
    let own = own_scenario();
    let scenario = ["--scenario", "own/tools@2026-07-28,http"];
    let ran = assay(
        &[
            &["server", "--scenario-file", argument(&own), "--out", argument(out), "--revision", "2026-07-28"],
            &scenario[..],
        ]
        .concat(),
    );
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    out.join("transcripts/own~tools@2026-07-28,http.jsonl")
}

#[test]
fn a_transcript_is_judged_by_the_checks_of_today() {
    let folder = tempfile::tempdir().unwrap();
    let file = transcript(&folder.path().join("run"));
    let own = own_scenario();
    let out = folder.path().join("again");
    let ran = assay(&["judge", argument(&file), "--scenario-file", argument(&own), "--out", argument(&out)]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(out.join("junit.xml").is_file() && out.join("results.json").is_file());
    let stricter = folder.path().join("stricter.yaml");
    std::fs::write(
        &stricter,
        std::fs::read_to_string(&own).unwrap().replace("listed.result != null", "listed.result == null"),
    )
    .unwrap();
    let ran = assay(&["judge", argument(&file), "--scenario-file", argument(&stricter)]);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(
        ran.stdout.contains("tools.capability-declared") && ran.stdout.contains("mcp-assay judge"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_transcript_that_breaks_off_is_the_harness_failing() {
    let folder = tempfile::tempdir().unwrap();
    let file = transcript(folder.path());
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(&file, lines[..lines.len() - 1].join("\n") + "\n").unwrap();
    let own = own_scenario();
    let ran = assay(&["judge", argument(&file), "--scenario-file", argument(&own)]);
    assert_eq!(ran.exit, Some(3), "{ran:?}");
    assert!(ran.stdout.contains("breaks off"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_judged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = transcript(folder.path());
    let own = own_scenario();
    let refused = |arguments: &[&str], words: &[&str]| {
        let ran = assay(&[&["judge"], arguments].concat());
        assert_eq!(ran.exit, Some(2), "{ran:?}");
        assert!(words.iter().all(|word| ran.stderr.contains(word)), "{words:?}: {}", ran.stderr);
    };
    refused(&[argument(&file)], &["'own/tools', which does not exist any more", "--scenario-file"]);
    let empty = tempfile::tempdir().unwrap();
    refused(&[argument(empty.path())], &["no transcript"]);
    let copy = folder.path().join("copy.jsonl");
    std::fs::copy(&file, &copy).unwrap();
    refused(
        &[argument(&file), argument(&copy), "--scenario-file", argument(&own)],
        &["copy.jsonl", "own/tools@2026-07-28,http"],
    );
    std::fs::write(&copy, "{}\n").unwrap();
    refused(&[argument(&copy)], &["copy.jsonl:1"]);
    refused(&[argument(&own)], &["own.yaml:1"]);
}
