//! Tests of the expected failures.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;
use crate::verdict::samples;

/// A case as scenario, transport and the checks' names with verdicts.
type Given<'a> = (&'a str, &'a str, &'a [(&'a str, Verdict)]);

/// A run of cases given in short.
fn run(cases: &[Given<'_>]) -> RunResult {
    let case = |(scenario, transport, checks): &Given<'_>| {
        samples::case(
            scenario,
            transport,
            checks.iter().map(|(name, verdict)| samples::check(name, *verdict)).collect(),
        )
    };
    RunResult::of(cases.iter().map(case).collect())
}

/// `case id:check` of every check that is marked as expected.
fn expected(run: &RunResult) -> Vec<String> {
    let checks = run.cases.iter().flat_map(|case| case.checks.iter().map(move |check| (case, check)));
    checks
        .filter(|(_, check)| check.excused.is_some())
        .map(|(case, check)| format!("{}:{}", case.id, check.name))
        .collect()
}

fn applied(text: &str, mut run: RunResult) -> RunResult {
    Baseline::parse("known.yaml", text).unwrap().apply(Actor::Server, &mut run);
    run
}

fn refused(text: &str) -> String {
    Baseline::parse("known.yaml", text).unwrap_err().to_string()
}

use Verdict::{Error, Fail, Pass, Skip, Untested, Warn};

#[test]
fn an_entry_excuses_what_it_names_and_nothing_else() {
    let cases: &[Given<'_>] = &[
        ("a/one", "http", &[("x.a", Fail), ("x.b#1", Fail), ("x.b#2", Warn), ("x.c", Pass)]),
        ("a/one", "stdio", &[("x.a", Fail)]),
        ("a/two", "http", &[("x.a", Fail)]),
    ];
    for (entry, names) in [
        ("a/two", &["a/two@2025-11-25,http:x.a"][..]),
        ("a/one:x.a", &["a/one@2025-11-25,http:x.a", "a/one@2025-11-25,stdio:x.a"]),
        ("a/one@2025-11-25,stdio", &["a/one@2025-11-25,stdio:x.a"]),
        ("a/one@2025-11-25,http:x.a", &["a/one@2025-11-25,http:x.a"]),
        ("a/one:x.b", &["a/one@2025-11-25,http:x.b#1", "a/one@2025-11-25,http:x.b#2"]),
        ("a/one:x.b#2", &["a/one@2025-11-25,http:x.b#2"]),
    ] {
        let run = applied(&format!("server:\n  - {entry}\n"), run(cases));
        assert_eq!(expected(&run), names, "{entry}");
        assert!(run.baseline_problems.is_empty(), "{entry}: {:?}", run.baseline_problems);
    }
}

#[test]
fn a_stale_entry_is_a_problem_with_its_line() {
    let run = applied(
        "server:\n  - a/one\n  - a/two:x.a\n",
        run(&[("a/one", "http", &[("x.a", Pass), ("x.b", Skip)]), ("a/two", "http", &[("x.a", Pass), ("x.b", Fail)])]),
    );
    assert_eq!(expected(&run), [""; 0]);
    let [one, two] = run.baseline_problems.as_slice() else { panic!("{:?}", run.baseline_problems) };
    assert!(one.starts_with("known.yaml:2: expected failure `a/one` is stale"), "{one}");
    assert!(two.starts_with("known.yaml:3: expected failure `a/two:x.a` is stale"), "{two}");
}

#[test]
fn an_entry_that_fails_on_one_axis_only_is_not_stale() {
    let run = applied(
        "server: ['a/one:x.a']",
        run(&[("a/one", "http", &[("x.a", Pass)]), ("a/one", "stdio", &[("x.a", Fail)])]),
    );
    assert_eq!(expected(&run), ["a/one@2025-11-25,stdio:x.a"]);
    assert!(run.baseline_problems.is_empty());
}

#[test]
fn an_entry_that_names_nothing_is_a_problem_and_the_nearest_name_is_shown() {
    let known: &[Given<'_>] = &[("a/one", "http", &[("x.alpha", Fail)]), ("b/other", "http", &[("x.b", Untested)])];
    for (entry, says) in [
        ("a/onee", "names nothing that ran; correct the entry or remove it (did you mean `a/one`?)"),
        ("a/one:x.alpah", "(did you mean `x.alpha`?)"),
        ("a/one@2025-11-25,htpp", "(did you mean `a/one@2025-11-25,http`?)"),
        ("b/other", "only checks that were skipped or untested"),
    ] {
        let text = format!("server: ['{entry}']");
        let all = applied(&text, run(known));
        assert!(all.baseline_problems.iter().any(|problem| problem.contains(says)), "{:?}", all.baseline_problems);
        let mut part = run(known);
        Baseline::parse("known.yaml", &text).unwrap().apply_to_part(Actor::Server, &mut part);
        assert!(part.baseline_problems.is_empty(), "{:?}", part.baseline_problems);
    }
}

#[test]
fn an_error_is_never_excused_and_leaves_the_entry_alone() {
    let run = applied("server: [a/one]", run(&[("a/one", "http", &[("x.a", Error)])]));
    assert_eq!(expected(&run), [""; 0]);
    assert!(run.baseline_problems.is_empty());
    assert_eq!(run.exit(false), crate::verdict::Exit::HarnessFailed);
}

#[test]
fn only_the_list_of_the_role_counts() {
    let baseline = Baseline::parse("known.yaml", "server: [a/one]\nclient: [b/two]").unwrap();
    for (role, names) in [
        (Actor::Server, &["a/one@2025-11-25,http:x.a"][..]),
        (Actor::Client, &["b/two@2025-11-25,http:x.a"]),
        (Actor::AuthorizationServer, &[]),
    ] {
        let mut run = run(&[("a/one", "http", &[("x.a", Fail)]), ("b/two", "http", &[("x.a", Fail)])]);
        baseline.apply(role, &mut run);
        assert_eq!(expected(&run), names, "{role}");
    }
}

#[test]
fn neither_the_order_of_the_entries_nor_of_the_cases_matters() {
    let forward: &[Given<'_>] = &[("a/one", "http", &[("x.a", Fail)]), ("a/two", "http", &[("x.a", Pass)])];
    let backward: Vec<_> = forward.iter().rev().copied().collect();
    let marks = |text: &str, cases: &[Given<'_>]| {
        let run = applied(text, run(cases));
        (expected(&run), run.baseline_problems.len())
    };
    let first = marks("server: [a/one, a/two]", forward);
    assert_eq!(first, (vec!["a/one@2025-11-25,http:x.a".to_owned()], 1));
    assert_eq!(marks("server: [a/two, a/one]", forward), first);
    assert_eq!(marks("server: [a/one, a/two]", &backward), first);
}

#[test]
fn an_empty_file_and_an_empty_list_expect_nothing() {
    for text in ["", "# nothing yet\n", "server:\n", "server: []\nclient: []\n", "{}"] {
        let run = applied(text, run(&[("a/one", "http", &[("x.a", Fail)])]));
        assert_eq!(expected(&run), [""; 0], "{text:?}");
        assert_eq!(run.exit(false), crate::verdict::Exit::DoesNotConform);
    }
}

#[test]
fn a_wrong_file_is_refused_with_line_and_advice() {
    for (text, says) in [
        ("- a/one\n", "`server:` and `client:`"),
        ("server: a/one\n", "known.yaml:1: "),
        ("server:\n  - a/one\nservers:\n  - a/two\n", "known.yaml:3: "),
        ("server: [a]\nserver: [b]\n", "known.yaml:2: "),
        ("server: [a\n", "known.yaml:"),
        ("server:\n  - a/one\n  - a/one\n", "known.yaml:3: `a/one` stands in line 2 already"),
        ("server:\n  - a/one:x.a\n  - a/one\n", "known.yaml:2: `a/one:x.a` is covered by the entry in line 3"),
        ("server:\n  - a/one\n  - a/one@2025-11-25,http\n", "known.yaml:3: `a/one@2025-11-25,http` is covered"),
        ("server:\n  - a/one:x.a\n  - a/one:x.a#2\n", "known.yaml:3: `a/one:x.a#2` is covered"),
        ("server:\n  - a/one: x.a\n", "remove the space in `- a/one: x.a`"),
        ("server:\n  - a/one:\n", "known.yaml:2: an entry is"),
        ("server:\n  - 'a/one:'\n", "lacks one side of the colon"),
        ("server:\n  - ':x.a'\n", "lacks one side of the colon"),
        ("server:\n  -\n", "known.yaml:2: the entry is empty"),
        ("server:\n  - 12\n", "`12` is no text"),
    ] {
        let error = refused(text);
        assert!(error.contains(says), "{text:?}: {error}");
        assert!(!error.contains("null"), "{text:?}: {error}");
    }
}

#[test]
fn a_file_is_read_from_disk_and_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("known.yaml");
    let missing = Baseline::load(&path).unwrap_err().to_string();
    assert!(missing.contains("known.yaml: the expected failures cannot be read"), "{missing}");
    std::fs::write(&path, "server: [a/one]\n").unwrap();
    assert_eq!(Baseline::load(&path).unwrap().server.len(), 1);
    std::fs::write(&path, "#".repeat(2 << 20)).unwrap();
    assert!(matches!(Baseline::load(&path), Err(BaselineError::TooLarge { .. })));
}
