//! Scenario and monitor files: linted, loaded, compiled.

use crate::check::{Judge, Scope};
use crate::lint::lint_text;
use crate::requirement::Catalogue;
use crate::scenario::Corpus;

/// The input is a monitor file where it has a line that begins with `monitors:`, any other a scenario.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let is_monitors = text.lines().any(|line| line.starts_with("monitors:"));
    let file = if is_monitors { "monitors/input.yaml" } else { "input.yaml" };
    let mut corpus = Corpus::default();
    let errors = lint_text(file, text, &corpus);
    // To YAML a lone carriage return ends a line too.
    let last_line = text.split(['\n', '\r']).count() as u64;
    for error in &errors {
        assert!(
            error.file == file && error.line <= last_line && !error.problem.is_empty(),
            "{error:?} is not in the file"
        );
    }
    match corpus.add(file, text) {
        Ok(names) => {
            assert_eq!(names.len(), corpus.scenarios.len() + corpus.monitors.len(), "names without things");
            let catalogue = Catalogue::embedded().unwrap_or_else(|error| panic!("{error}"));
            if let (true, Err(problems)) = (errors.is_empty(), Judge::new(&corpus, catalogue, &Scope::default())) {
                panic!("the linter finds nothing, yet it does not compile: {problems:?}");
            }
        }
        Err(error) => assert!(!errors.is_empty(), "the linter finds nothing, yet it does not load: {error}"),
    }
}
