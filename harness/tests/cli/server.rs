//! `server` against servers that are right, wrong, and wrong as expected.

use std::path::Path;

use crate::command::{PROGRAM, Ran, Serving, argument, assay, own_scenario};

/// Run the scenario of these tests.
fn own(out: &Path, arguments: &[&str]) -> Ran {
    let own = own_scenario();
    assay(&[&["server", "--scenario-file", argument(&own), "--out", argument(out)], arguments].concat())
}

/// The reference server with the defect of the scenario before it.
fn mutated() -> (Serving, Serving) {
    let own = own_scenario();
    let reference = Serving::start(&["reference", "server"]);
    let before = [
        "mutate",
        "--url",
        &reference.url,
        "--scenario",
        "own/tools",
        "--defect",
        "refuses-to-list",
        "--scenario-file",
        argument(&own),
    ];
    let mutator = Serving::start(&before);
    (reference, mutator)
}

#[test]
fn the_reference_server_conforms_and_reports_are_written() {
    let out = tempfile::tempdir().unwrap();
    let ran = own(out.path(), &[]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    for file in [
        "junit.xml",
        "results.json",
        "transcripts/own~tools@2025-11-25,http.jsonl",
        "transcripts/own~tools@2026-07-28,stdio.jsonl",
    ] {
        assert!(out.path().join(file).is_file(), "{file}");
    }
    let results = std::fs::read_to_string(out.path().join("results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/results.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let errors: Vec<String> =
        jsonschema::draft202012::new(&schema).unwrap().iter_errors(&results).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let cost = &results["context"]["2025-11-25,http"];
    assert!(cost["tokens"].as_u64() > Some(100) && cost["order"] == "same", "{cost}");
    let junit = std::fs::read_to_string(out.path().join("junit.xml")).unwrap();
    assert!(junit.contains("context.tokens.o200k_base") && junit.contains(r#"name="implementation""#));
}

#[test]
fn what_a_requirement_set_does_not_name_does_not_count() {
    let out = tempfile::tempdir().unwrap();
    let claimed = |switch: &str| {
        let server = Serving::start(&["reference", "server", "--switch", switch]);
        let arguments = ["server", "--requirements", "2026-07-28", "--url", &server.url, "--out", argument(out.path())];
        assay(&arguments)
    };
    // The official set runs the subject of the routing headers, but does not score it.
    let ran = claimed("ignores-routing-headers");
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("(not scored: pending) http.mcp-method-missing-rejected"), "{}", ran.stdout);
    let ran = claimed("origin-unchecked");
    assert_eq!(ran.exit, Some(1), "{ran:?}");
}

#[test]
fn a_plan_is_shown_and_not_carried_out() {
    let out = tempfile::tempdir().unwrap();
    let ran = own(out.path(), &["--plan", "--revision", "2025-11-25"]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert_eq!(
        ran.stdout,
        "axis      2025-11-25,http: mcp-assay-reference 0.1.0\naxis      2025-11-25,stdio: mcp-assay-reference 0.1.0\n\
         run       own/tools@2025-11-25,http\nrun       own/tools@2025-11-25,stdio\n2 cases to run, 0 left out\n"
    );
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
}

#[test]
fn a_defect_before_a_server_is_found() {
    let (_reference, mutator) = mutated();
    let out = tempfile::tempdir().unwrap();
    let ran = own(out.path(), &["--url", &mutator.url]);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(
        ran.stdout.contains("tools.capability-declared")
            && ran.stdout.contains("own/tools on 2025-11-25 http, 2026-07-28 http"),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_same_defect_on_standard_streams_is_found() {
    let file = own_scenario();
    let command = format!(
        "{PROGRAM} mutate --stdio '{PROGRAM} reference server --stdio' --scenario own/tools --defect refuses-to-list --scenario-file '{}'",
        file.display()
    );
    let out = tempfile::tempdir().unwrap();
    let ran = own(out.path(), &["--stdio", &command, "--revision", "2026-07-28"]);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("own/tools@2026-07-28,stdio"), "{}", ran.stdout);
}

#[test]
fn an_expected_failure_is_none_and_a_stale_entry_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let (fits, stale) = (folder.path().join("fits.yaml"), folder.path().join("stale.yaml"));
    std::fs::write(&fits, "server:\n  - own/tools:tools.capability-declared\n").unwrap();
    std::fs::write(&stale, "server:\n  - own/tools\n").unwrap();
    let (_reference, mutator) = mutated();
    let ran = own(folder.path(), &["--url", &mutator.url, "--expected-failures", argument(&fits)]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    let ran = own(folder.path(), &["--expected-failures", argument(&stale)]);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("stale"), "{}", ran.stdout);
}

#[test]
fn what_a_gateway_changes_is_shown() {
    let out = tempfile::tempdir().unwrap();
    let (reference, gateway) = mutated();
    let ran = own(out.path(), &["--url", &reference.url, "--gateway", &gateway.url]);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("Differs when routed ("), "{}", ran.stdout);
    assert!(ran.stdout.contains("[pass directly, fail routed] 2025-11-25 http gateway"), "{}", ran.stdout);
    let ran = own(out.path(), &["--url", &reference.url, "--gateway", &reference.url]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(!ran.stdout.contains("Differs"), "{}", ran.stdout);
}

#[test]
fn one_mcp_json_does_for_several_environments() {
    let out = tempfile::tempdir().unwrap();
    let reference = Serving::start(&["reference", "server"]);
    let file = out.path().join("mcp.json");
    let address = reference.url.strip_prefix("http://").unwrap();
    std::fs::write(&file, "{\"mcpServers\":{\"one\":{\"url\":\"http://${ASSAY_TEST_AT:-nowhere.invalid}\"}}}").unwrap();
    let tried = |environment: &[(&str, &str)]| {
        let own = own_scenario();
        let mut command = std::process::Command::new(crate::command::PROGRAM);
        command.args(["server", "--config", argument(&file), "--name", "one", "--scenario-file", argument(&own)]);
        command.args(["--out", argument(out.path())]).envs(environment.iter().copied());
        command.output().unwrap().status.code()
    };
    assert_eq!(tried(&[("ASSAY_TEST_AT", address)]), Some(0));
    assert_eq!(tried(&[]), Some(2));
}
