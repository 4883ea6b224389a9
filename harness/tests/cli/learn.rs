//! The commands that say what there is.

use crate::command::{argument, assay, own_scenario};

/// What a command prints when all is well.
fn printed(arguments: &[&str]) -> String {
    let ran = assay(arguments);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    ran.stdout
}

#[test]
fn coverage_counts_each_revision() {
    let text = printed(&["coverage"]);
    for word in ["2025-11-25", "2026-07-28", "MUST", "SHOULD", "MAY", "observable"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let one = printed(&["coverage", "--revision", "2025-11-25", "--missing"]);
    assert!(!one.contains("2026-07-28 decided") && one.contains("decided by nothing"), "{one}");
    let extension = printed(&["coverage", "--extension", "caching"]);
    assert!(!extension.contains("2025-11-25 decided") && extension.contains("2026-07-28 decided"), "{extension}");
    let nobody = printed(&["coverage", "--extension", "caching", "--actor", "authorization-server"]);
    assert!(nobody.starts_with("no requirement of extension 'caching' is about authorization-servers"), "{nobody}");
}

#[test]
fn lists_are_tables_and_can_be_filtered() {
    for what in ["scenarios", "monitors", "requirements"] {
        let all = printed(&["list", what]);
        let starts: Vec<&str> = all.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
        assert!(starts.len() > 1 && all.lines().next().unwrap().contains("REVISIONS"), "{all}");
        let wanted = starts[0];
        let fewer = printed(&["list", what, "--matching", wanted]);
        assert!(fewer.lines().skip(1).all(|line| line.split_whitespace().next().unwrap().contains(wanted)), "{fewer}");
        assert!(fewer.lines().count() <= all.lines().count());
    }
    let stateless = printed(&["list", "requirements", "--revision", "2026-07-28"]);
    assert!(!stateless.contains("ping.empty-result "), "it ends with 2025-11-25");
}

#[test]
fn a_requirement_is_explained_with_its_place_in_the_specification() {
    let text = printed(&["explain", "tools.capability-declared"]);
    for word in ["MUST", "/specification/2025-11-25/", "/specification/2026-07-28/", "decided by", "proven by"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn good_files_are_without_problems_and_bad_ones_are_told() {
    let own = own_scenario();
    assert!(printed(&["scenario", "check", argument(&own)]).contains("1 file: no problems"));
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.yaml");
    std::fs::write(
        &bad,
        std::fs::read_to_string(&own)
            .unwrap()
            .replace("own/tools", "own/bad")
            .replace("listed.result", "lisetd.result"),
    )
    .unwrap();
    let ran = assay(&["scenario", "check", argument(&own), argument(&bad)]);
    assert_eq!(ran.exit, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("bad.yaml:8") && ran.stdout.contains("2 files: "), "{}", ran.stdout);
}
