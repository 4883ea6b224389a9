//! `good/` holds files without problems. `bad/` holds files with problems, and beside each a text file with all that is
//! said of it. `ASSAY_BLESS=1 cargo test --test scenario_files` writes these texts anew; read the difference.

use std::path::{Path, PathBuf};

use mcp_assay::lint::lint_text;
use mcp_assay::scenario::Corpus;

/// All YAML files below a folder.
pub fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(ending) if ending == "yaml" => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    assert!(!files.is_empty());
    files
}

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenario_files").join(folder)
}

/// What is said of a file, named without its folders so that it reads the same everywhere.
fn told(path: &Path, corpus: &Corpus) -> String {
    let name = path.strip_prefix(here("")).unwrap().display().to_string();
    let problems = lint_text(&name, &std::fs::read_to_string(path).unwrap(), corpus);
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn good_files_are_accepted() {
    let corpus = Corpus::embedded().unwrap();
    for path in yaml_files(&here("good")) {
        assert_eq!(told(&path, &corpus), "", "{}", path.display());
    }
}

#[test]
fn bad_files_are_refused_with_the_expected_words() {
    let corpus = Corpus::embedded().unwrap();
    for path in yaml_files(&here("bad")) {
        let told = told(&path, &corpus);
        let beside = path.with_extension("txt");
        if std::env::var_os("ASSAY_BLESS").is_some() {
            std::fs::write(&beside, &told).unwrap();
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        assert!(!expected.is_empty(), "{}: nothing is wrong with it, or its .txt is missing", path.display());
        assert_eq!(told, expected, "{}", path.display());
    }
}
