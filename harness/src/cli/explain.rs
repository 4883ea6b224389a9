//! `mcp-assay explain`: what a requirement, a scenario, a monitor or a failed check means.

mod requirement;
mod scenario;
mod steps;

use super::Failure;
use super::args::ExplainArgs;
use super::coverage::judge;
use super::server::load_corpus;
use crate::coverage::{By, Decider, Deciders};
use crate::report::console::say;
use crate::requirement::{Catalogue, Role, nearest};
use crate::scenario::Corpus;
use crate::verdict::Exit;

/// Width of a line, in characters.
const WIDTH: usize = 110;

/// Print what an id means: that of a requirement, of a check (`requirement#name`, as reports write it), of a scenario or a
/// case of it, the official suite's name of one, or a monitor.
pub fn main(args: &ExplainArgs) -> Result<Exit, Failure> {
    let (corpus, _) = load_corpus(&[])?;
    let catalogue = Catalogue::embedded().map_err(Failure::harness)?;
    say(text(&args.id, &corpus, catalogue)?);
    Ok(Exit::Conforms)
}

fn text(id: &str, corpus: &Corpus, catalogue: &'static Catalogue) -> Result<String, Failure> {
    let (requirement, check) = id.split_once('#').map_or((id, None), |(requirement, check)| (requirement, Some(check)));
    if let Some(row) = catalogue.get(requirement) {
        let judge = judge(corpus, catalogue)?;
        let of = |role| Deciders::of(corpus, &judge, catalogue, role).get(&row.id).to_vec();
        let all = [of(Role::Server), of(Role::Client), of(Role::AuthorizationServer)].concat();
        let deciders = chosen(&all, &row.id, check)?;
        return Ok(requirement::text(row, &deciders));
    }
    let name = id.split('@').next().unwrap_or(id);
    if let Some(loaded) = corpus.scenarios.get(name) {
        return Ok(scenario::text(loaded));
    }
    if let Some(loaded) = corpus.monitors.get(name) {
        return Ok(scenario::monitor_text(loaded));
    }
    let official: Vec<String> = corpus
        .scenarios
        .values()
        .filter(|loaded| loaded.item.also_known_as.iter().any(|other| other == name))
        .map(scenario::text)
        .collect();
    if official.is_empty() { Err(unknown(id, requirement, corpus, catalogue)) } else { Ok(official.join("\n")) }
}

/// The deciders that a check's name means; all where none is given.
fn chosen(all: &[Decider], requirement: &str, check: Option<&str>) -> Result<Vec<Decider>, Failure> {
    let Some(check) = check else { return Ok(all.to_vec()) };
    let name = |decider: &Decider| match &decider.by {
        By::Check { name, .. } => name.clone(),
        By::Monitor(name) => Some(name.clone()),
        By::Schema => None,
    };
    let meant: Vec<Decider> = all.iter().filter(|decider| name(decider).as_deref() == Some(check)).cloned().collect();
    if !meant.is_empty() {
        return Ok(meant);
    }
    let names: Vec<String> = all.iter().filter_map(name).collect();
    let known = if names.is_empty() {
        "its checks have no names".to_owned()
    } else {
        format!("there are {}", names.join(", "))
    };
    Err(Failure::usage(format!("no check of {requirement} is called '{check}'; {known}")))
}

fn unknown(id: &str, requirement: &str, corpus: &Corpus, catalogue: &Catalogue) -> Failure {
    let names = corpus.scenarios.keys().chain(corpus.monitors.keys()).map(String::as_str);
    let ids = catalogue.iter().map(|row| row.id.as_str());
    let near = nearest(requirement, names.chain(ids));
    let hint = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) };
    Failure::usage(format!(
        "no requirement, scenario or monitor is called '{id}'{hint}; `mcp-assay list` shows what there is"
    ))
}

/// A line of a list of facts: the name, then the value, wrapped.
fn fact(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("{name:<14}{}\n", super::columns::wrapped(value, WIDTH, 14)) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn everything_there_is_can_be_explained() {
        let corpus = Corpus::embedded().unwrap();
        let catalogue = Catalogue::embedded().unwrap();
        let deciders = Deciders::of(&corpus, &judge(&corpus, catalogue).unwrap(), catalogue, Role::Server);
        for row in catalogue.iter() {
            let text = requirement::text(row, deciders.get(&row.id));
            assert!(text.starts_with(&row.id) && text.contains(row.level.as_str()), "{text}");
            assert_eq!(text.contains("  nothing\n"), deciders.get(&row.id).is_empty(), "{text}");
        }
        for name in corpus.scenarios.keys().chain(corpus.monitors.keys()) {
            let explained = text(name, &corpus, catalogue).unwrap();
            assert!(explained.starts_with(&format!("{name}\n")) && explained.contains("\ndefects\n"), "{explained}");
        }
    }

    #[test]
    fn a_case_and_an_official_name_mean_their_scenario() {
        let corpus = Corpus::embedded().unwrap();
        let catalogue = Catalogue::embedded().unwrap();
        let loaded = corpus.scenarios.values().find(|loaded| !loaded.item.also_known_as.is_empty()).unwrap();
        let plain = text(&loaded.item.scenario, &corpus, catalogue).unwrap();
        let case = text(&format!("{}@2025-11-25,http", loaded.item.scenario), &corpus, catalogue).unwrap();
        let official = text(&loaded.item.also_known_as[0], &corpus, catalogue).unwrap();
        assert_eq!(case, plain);
        assert!(official.contains(&plain), "{official}");
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_like_it() {
        let corpus = Corpus::embedded().unwrap();
        let catalogue = Catalogue::embedded().unwrap();
        let failure = text("http.get-404", &corpus, catalogue).unwrap_err();
        assert!(
            failure.message.contains("http.get-405") || failure.message.contains("did you mean"),
            "{}",
            failure.message
        );
        let failure = text("tools.capability-declared#nonsense", &corpus, catalogue).unwrap_err();
        assert!(
            failure.message.contains("no check of tools.capability-declared is called 'nonsense'"),
            "{}",
            failure.message
        );
    }
}
