//! The files that the program carries.

use mcp_assay::lint::lint_embedded;
use mcp_assay::scenario::Corpus;

#[test]
fn the_corpus_has_no_problems() {
    let corpus = Corpus::embedded().unwrap();
    let problems: Vec<String> = lint_embedded(&corpus).iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}
