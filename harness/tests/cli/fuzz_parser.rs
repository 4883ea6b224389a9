//! `fuzz parser`: reported like everything else.

use mcp_assay::parsers::xml;

use crate::command::{argument, assay};

#[test]
fn parsers_are_fuzzed_and_reported_as_junit() {
    let out = tempfile::tempdir().unwrap();
    let chosen = ["--target", "lines", "--target", "challenge"];
    let ran = assay(&[&["fuzz", "parser", "--time", "100ms", "--out", argument(out.path())], &chosen[..]].concat());
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("2 passed, 0 failed"), "{ran:?}");
    let elements = xml::parse(&std::fs::read_to_string(out.path().join("junit.xml")).unwrap()).unwrap();
    let cases = elements.iter().filter(|element| element.name == "testcase").map(|case| case.attribute("name"));
    assert_eq!(cases.collect::<Vec<_>>(), [Some("parsers/challenge"), Some("parsers/lines")]);
}

#[test]
fn one_input_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input");
    std::fs::write(&input, "[1,").unwrap();
    // One with a runtime of its own, too.
    for target in ["json", "sequence"] {
        let ran = assay(&["fuzz", "parser", "--target", target, "--input", argument(&input)]);
        assert_eq!((ran.exit, ran.stdout.trim()), (Some(0), format!("{target}: holds").as_str()), "{ran:?}");
    }
    for wrong in [&["--target", "nothing"][..], &["--target", "json", "--input", "/nowhere"], &["--input", "x"]] {
        assert_eq!(assay(&[&["fuzz", "parser"], wrong].concat()).exit, Some(2), "{wrong:?}");
    }
}
