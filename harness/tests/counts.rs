//! The documentation states counts; they are those of this build.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

/// The page with the counts.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/coverage.md");
/// Set to write the counts of this build into the page in place of comparing.
const WRITE: &str = "ASSAY_WRITE_COUNTS";

#[test]
fn the_counts_in_the_documentation_are_those_of_this_build() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let mut written = String::new();
    let mut rest = page.as_str();
    let mut commands = 0;
    while let Some((before, after)) = rest.split_once("```sh\nmcp-assay ") {
        let (command, after) = after.split_once("\n```\n").unwrap();
        let (_, after) = after.split_once("```text\n").unwrap();
        let (_, after) = after.split_once("```\n").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_mcp-assay")).args(command.split(' ')).output().unwrap();
        let counted = String::from_utf8(output.stdout).unwrap();
        assert!(counted.contains("MUST"), "{command}: {counted}");
        written += &format!("{before}```sh\nmcp-assay {command}\n```\n\n```text\n{}\n```\n", counted.trim_end());
        rest = after;
        commands += 1;
    }
    written += rest;
    assert!(commands >= 3, "the page has lost its commands");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(PAGE, &written).unwrap();
    }
    let page = std::fs::read_to_string(PAGE).unwrap();
    assert!(page == written, "the counts have changed: run this test with {WRITE}=1 and look at docs/coverage.md");
}
