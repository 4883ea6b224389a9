//! `fuzz server` on the reference server: nothing without a fault, and each fault with its cause.

use std::path::{Path, PathBuf};

use crate::command::{PROGRAM, assay};

/// Seed and size of a campaign that is quick and goes through the catalogue of a server.
const CASES: &str = "1500";

/// How the server is reached.
#[derive(Clone, Copy)]
enum Way {
    Stdio,
    Http,
    Sse,
}

impl Way {
    fn revision(self) -> &'static str {
        if matches!(self, Self::Sse) { "2024-11-05" } else { "2025-11-25" }
    }
}

/// The reference server with the fault, and how it is given to the harness.
fn server(way: Way, fault: Option<&str>) -> Vec<String> {
    let fault = fault.map(|fault| format!(" --fault {fault}")).unwrap_or_default();
    let spawned = || ["--spawn".to_owned(), format!("{PROGRAM} reference server --listen 127.0.0.1:{{port}}{fault}")];
    match way {
        Way::Stdio => vec!["--stdio".to_owned(), format!("{PROGRAM} reference server --stdio{fault}")],
        Way::Http => spawned().into(),
        Way::Sse => [&spawned()[..], &["--spawn-url".to_owned(), "http://127.0.0.1:{port}/sse".to_owned()]].concat(),
    }
}

/// A command against it, what it ended with and what it said.
fn with_server(way: Way, fault: Option<&str>, before: &[&str], after: &[&str]) -> (Option<i32>, String) {
    let server = server(way, fault);
    let server: Vec<&str> = server.iter().map(String::as_str).collect();
    let done = assay(&[before, &server, after].concat());
    (done.exit, done.stdout + &done.stderr)
}

fn fuzzed(way: Way, fault: Option<&str>, cases: &str, findings: &Path) -> (Option<i32>, String) {
    let out = findings.join("out");
    let (findings, out) = (findings.to_str().unwrap(), out.to_str().unwrap());
    let told = ["--revision", way.revision(), "--cases", cases, "--seed", "1", "--findings", findings, "--out", out];
    with_server(way, fault, &["fuzz", "server"], &told)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    all.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect()
}

#[test]
fn a_conforming_server_has_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = fuzzed(Way::Stdio, None, CASES, folder.path());
    assert_eq!((code, files(folder.path())), (Some(0), Vec::new()), "{told}");
    assert!(folder.path().join("out/junit.xml").exists());
}

/// The fault is found by this oracle, in few acts; the finding is red with the fault and green without.
fn is_found_reduced_and_shown_again(fault: &str, oracle: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = fuzzed(Way::Stdio, Some(fault), CASES, folder.path());
    let files = files(folder.path());
    let file = files.iter().find(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(oracle)));
    assert_eq!(code, Some(1), "{fault}: {told}");
    let file = file.unwrap_or_else(|| panic!("{fault} is no {oracle}: {files:?}\n{told}"));
    let found: mcp_assay::fuzz::finding::Finding = mcp_assay::fuzz::finding::load(file).unwrap();
    assert!(found.acts() <= 5 && found.is_stable(), "{fault}: {found:?}");
    let scenario = file.to_str().unwrap();
    for (with, wanted) in [(Some(fault), 1), (None, 0)] {
        let (exit, told) = with_server(Way::Stdio, with, &["fuzz", "server"], &["--replay", scenario]);
        assert_eq!(exit, Some(wanted), "{fault}: {told}");
    }
}

#[test]
fn an_end_is_found_reduced_and_shown_again() {
    is_found_reduced_and_shown_again("dies-on-empty-batch", "exit");
}

#[test]
fn a_missing_answer_is_found_reduced_and_shown_again() {
    is_found_reduced_and_shown_again("depends-on-key-order", "no-answer");
}

#[test]
fn chatter_is_found_reduced_and_shown_again() {
    is_found_reduced_and_shown_again("talks-on-stdout", "no-message");
}

/// The fault is one finding whose name begins so; as a scenario it is red with the fault and green without.
fn is_one_finding(way: Way, fault: &str, begins: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (_, told) = fuzzed(way, Some(fault), CASES, folder.path());
    let files = files(folder.path());
    let [file] = files.as_slice() else { panic!("{fault} has not one finding: {files:?}\n{told}") };
    assert!(file.file_name().unwrap().to_string_lossy().starts_with(begins), "{fault}: {file:?}");
    for (with, wanted) in [(Some(fault), true), (None, false)] {
        let out = folder.path().join("scenario");
        let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
        let told = ["--revision", way.revision(), "--scenario-file", file, "--out", out];
        let (_, told) = with_server(way, with, &["server"], &told);
        let red = told.lines().any(|line| line.starts_with("  fail ") && line.contains(" in found/"));
        assert_eq!(red, wanted, "{fault}: {told}");
    }
}

#[test]
fn an_end_is_one_finding_over_http() {
    is_one_finding(Way::Http, "dies-on-deep-nesting", "exit-");
}

#[test]
fn a_hang_is_one_finding_over_http() {
    is_one_finding(Way::Http, "hangs-on-half-message", "no-answer-bytes");
}

#[test]
fn an_answer_nobody_asked_for_is_one_finding_over_any_transport() {
    for way in [Way::Stdio, Way::Http] {
        is_one_finding(way, "answers-broken-notifications", "unasked-notifications");
    }
}

#[test]
fn an_id_of_another_kind_is_one_finding_over_http() {
    is_one_finding(Way::Http, "large-id-as-text", "unasked-ping");
}

#[test]
fn what_a_server_over_http_said_last_is_in_the_finding() {
    let folder = tempfile::tempdir().unwrap();
    let (_, told) = fuzzed(Way::Http, Some("dies-on-invalid-utf8"), CASES, folder.path());
    let files = files(folder.path());
    let [file] = files.as_slice() else { panic!("{files:?}\n{told}") };
    let found: mcp_assay::fuzz::finding::Finding = mcp_assay::fuzz::finding::load(file).unwrap();
    assert_eq!(found.words.trim(), "fatal: Exits on bytes that are not UTF-8.");
    assert_eq!(found.seen, "exit status: 70");
}

/// The hash of what a campaign has chosen to send.
fn sequence(way: Way, revision: &str, faults: &str, cases: &str, seed: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let [how, server] = &server(way, None)[..] else { return String::new() };
    let (server, out) = (format!("{server}{faults}"), folder.path().to_str().unwrap());
    let told = ["fuzz", "server", how, &server, "--revision", revision, "--cases", cases, "--seed", seed, "--out", out];
    let done = assay(&told);
    let line = done.stdout.lines().find(|line| line.contains("sequence ")).unwrap_or_default();
    line.rsplit("sequence ").next().unwrap_or_default().to_owned()
}

#[test]
fn a_seed_makes_the_same_sequence() {
    for way in [Way::Stdio, Way::Http] {
        let runs = ["1", "1", "2"].map(|seed| sequence(way, "2026-07-28", "", "600", seed));
        assert!(!runs[0].is_empty());
        assert_eq!(runs[0], runs[1]);
        assert_ne!(runs[0], runs[2]);
    }
}

#[test]
fn a_server_that_ends_now_and_then_is_sent_the_same_sequence() {
    let faults = " --fault dies-on-empty-batch --fault dies-on-invalid-utf8";
    let runs = [1, 2].map(|_| sequence(Way::Stdio, "2025-11-25", faults, "1000", "1"));
    assert!(!runs[0].is_empty());
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn a_server_that_can_run_only_once_is_fuzzed_all_the_same() {
    for way in [Way::Stdio, Way::Http] {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        let [how, server] = &server(way, None)[..] else { return };
        let server = format!("flock --wait 0.3 {} {server}", lock.display());
        let out = folder.path().join("out");
        let told = ["fuzz", "server", how, &server, "--revision", "2025-11-25", "--cases", "600", "--out"];
        let done = assay(&[&told[..], &[out.to_str().unwrap()]].concat());
        assert_eq!(done.exit, Some(0), "{}{}", done.stdout, done.stderr);
        // Clients that can be asked things take a process of their own over stdio, which is not to be had.
        let told = done.stdout.split(": ").nth(1).and_then(|rest| rest.split(" cases").next()?.parse::<u32>().ok());
        assert!(told.is_some_and(|cases| (500..=600).contains(&cases)), "{}", done.stdout);
    }
}

/// Writes how many run at the time, this one among them, and then is the server. One that was ended may not be reaped yet.
const COUNTED: &str = r#"
cd "$1"
echo $$ >> begun
running=0
while read -r id; do
    case "$(sed 's/.*) //' "/proc/$id/stat" 2> /dev/null)" in '' | Z*) ;; *) running=$((running + 1)) ;; esac
done < begun
echo $running >> running
exec "$2" reference server --listen "127.0.0.1:$3"
"#;

#[test]
fn a_server_over_http_runs_as_often_as_it_may() {
    // At two jobs two are for rounds, four for stories, and one for what is looked into.
    for (jobs, least, most) in [("1", 1, 1), ("2", 3, 7)] {
        let folder = tempfile::tempdir().unwrap();
        let (counted, out) = (folder.path().join("counted.sh"), folder.path().join("out"));
        std::fs::write(&counted, COUNTED).unwrap();
        let server = format!("sh {} {} {PROGRAM} {{port}}", counted.display(), folder.path().display());
        let told = ["fuzz", "server", "--spawn", &server, "--revision", "2025-11-25", "--cases", CASES, "--jobs", jobs];
        let done = assay(&[&told[..], &["--out", out.to_str().unwrap()]].concat());
        assert_eq!(done.exit, Some(0), "{}{}", done.stdout, done.stderr);
        let running = std::fs::read_to_string(folder.path().join("running")).unwrap();
        let highest = running.lines().filter_map(|line| line.parse::<u32>().ok()).max();
        assert!(highest.is_some_and(|highest| (least..=most).contains(&highest)), "--jobs {jobs}: {running}");
    }
}

#[test]
fn another_machine_is_not_fuzzed_unless_that_is_said() {
    let done = assay(&["fuzz", "server", "--url", "http://192.0.2.1/mcp", "--time", "1s"]);
    assert_eq!(done.exit, Some(2));
    assert!(done.stderr.contains("--allow-remote"));
}

#[test]
fn an_end_is_one_finding_over_http_with_sse() {
    is_one_finding(Way::Sse, "dies-on-deep-nesting", "exit-");
}

#[test]
fn a_hang_is_one_finding_over_http_with_sse() {
    is_one_finding(Way::Sse, "hangs-on-half-message", "no-answer-bytes");
}

#[test]
fn an_answer_on_the_stream_of_another_is_one_finding_over_http_with_sse() {
    is_one_finding(Way::Sse, "has-one-stream", "crossed-ping");
}

#[test]
fn a_conforming_server_over_http_with_sse_has_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = fuzzed(Way::Sse, None, CASES, folder.path());
    assert_eq!((code, files(folder.path())), (Some(0), Vec::new()), "{told}");
    assert!(told.contains("2024-11-05,sse  mcp-assay-reference"), "{told}");
}

#[test]
fn http_with_sse_is_that_of_one_revision() {
    let told = ["fuzz", "server", "--sse", "http://127.0.0.1:1/sse", "--time", "1s", "--revision", "2025-11-25"];
    let done = assay(&told);
    assert_eq!(done.exit, Some(2));
    assert!(done.stderr.contains("HTTP+SSE is the transport of 2024-11-05"), "{}", done.stderr);
}

#[test]
fn the_shares_of_a_campaign_become_one_report() {
    let folder = tempfile::tempdir().unwrap();
    let server = format!("{PROGRAM} reference server --stdio --fault talks-on-stdout");
    let share = |number: usize| folder.path().join(format!("share-{number}")).to_str().unwrap().to_owned();
    for number in [1, 2] {
        let (part, out) = (format!("{number}/2"), share(number));
        let told = ["fuzz", "server", "--stdio", &server, "--revision", "2025-11-25", "--cases", "300", "--out", &out];
        let done = assay(&[&told[..], &["--partition", &part]].concat());
        assert!(done.exit.is_some_and(|code| code <= 1), "{}{}", done.stdout, done.stderr);
    }
    let whole = folder.path().join("whole");
    let done = assay(&["fuzz", "merge", &share(1), &share(2), "--out", whole.to_str().unwrap()]);
    assert_eq!(done.exit, Some(1), "{}{}", done.stdout, done.stderr);
    let results = |folder: &Path| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(folder.join("results.json")).unwrap()).unwrap()
    };
    let [one, two, both] = [Path::new(&share(1)), Path::new(&share(2)), &whole].map(results);
    let figure = |of: &serde_json::Value, name: &str| of["fuzz"]["2025-11-25,stdio"][name].as_u64().unwrap();
    for name in ["shares", "cases", "messages"] {
        assert_eq!(figure(&both, name), figure(&one, name) + figure(&two, name), "{name}");
    }
    let classes = |of: &serde_json::Value| of["fuzz"]["2025-11-25,stdio"]["classes"].as_object().unwrap().len();
    assert!(classes(&both) > classes(&one).max(classes(&two)));
    let failed = |of: &serde_json::Value| {
        let checks = of["cases"][0]["checks"].as_array().unwrap();
        checks.iter().filter(|check| check["verdict"] == "fail").count()
    };
    let (least, most) = (failed(&one).max(failed(&two)), failed(&one) + failed(&two));
    assert!(least > 0 && (least..=most).contains(&failed(&both)), "{}", done.stdout);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/results.json");
    let schema: serde_json::Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    assert!(jsonschema::draft202012::new(&schema).unwrap().is_valid(&both));
    let junit = std::fs::read_to_string(whole.join("junit.xml")).unwrap();
    assert!(junit.contains(&format!("\"fuzz.cases\" value=\"{}\"", figure(&both, "cases"))));
    let done = assay(&["fuzz", "merge", &share(1), folder.path().to_str().unwrap()]);
    assert_eq!(done.exit, Some(2));
}
