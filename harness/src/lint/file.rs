//! Whole files, and the whole corpus.

use std::path::Path;

use super::context::Context;
use super::cursor::Cursor;
use super::report::Report;
use super::{monitors, scenario, tree};
use crate::scenario::{
    Corpus, LoadError, MonitorFile, Place, Scenario, embedded_files, is_monitor_file, parse, read_bounded,
};

/// Everything wrong with a file of the user's, given the corpus around it.
#[must_use]
pub fn lint_file(path: &Path, corpus: &Corpus) -> Vec<LoadError> {
    let file = path.display().to_string();
    match read_bounded(path) {
        Ok(text) => lint_text(&file, &text, corpus),
        Err(problem) => vec![LoadError { file, line: 0, problem }],
    }
}

/// The same of a text. A file in a folder `monitors` is a monitor file, any other a scenario.
#[must_use]
pub fn lint_text(file: &str, text: &str, corpus: &Corpus) -> Vec<LoadError> {
    match Context::new(corpus, false) {
        Ok(context) => lint(file, text, &context),
        Err(problem) => vec![problem],
    }
}

/// Everything wrong with the files that this binary carries.
#[must_use]
pub fn lint_embedded(corpus: &Corpus) -> Vec<LoadError> {
    match Context::new(corpus, true) {
        Ok(context) => embedded_files().iter().flat_map(|(file, text)| lint(file, text, &context)).collect(),
        Err(problem) => vec![problem],
    }
}

fn lint(file: &str, text: &str, context: &Context<'_>) -> Vec<LoadError> {
    let mut report = Report::new(file, text);
    let (tree, troubles) = tree::read(text);
    if !troubles.is_empty() {
        // All else may follow from these.
        for (place, trouble) in troubles {
            report.add(place, trouble);
        }
        return report.finish();
    }
    let outcome = if is_monitor_file(file) {
        parse::<MonitorFile>(file, text).map(Parsed::Monitors)
    } else {
        parse::<Scenario>(file, text).map(|scenario| Parsed::Scenario(Box::new(scenario)))
    };
    match (outcome, tree) {
        (Err(error), _) => return vec![error],
        (Ok(parsed), Some(tree)) => match parsed {
            Parsed::Scenario(item) => scenario::check(&item, Cursor::of(&tree), context, &mut report),
            Parsed::Monitors(item) => monitors::check(&item, Cursor::of(&tree), context, &mut report),
        },
        (Ok(_), None) => report.add(Place::default(), "the file is nested too deep, or empty"),
    }
    report.finish()
}

enum Parsed {
    Scenario(Box<Scenario>),
    Monitors(MonitorFile),
}
