//! The README states counts; they are those of this build.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

#[test]
fn the_coverage_in_the_readme_is_that_of_this_build() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-assay")).arg("coverage").output().unwrap();
    let counted = String::from_utf8(output.stdout).unwrap();
    assert!(counted.contains("MUST"), "{counted}");
    let block = format!("```text\n{}\n```", counted.trim_end());
    assert!(readme.contains(&block), "put this into README.md, under \"What is covered\":\n{block}");
}
