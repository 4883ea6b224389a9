//! `mcp-assay list`.

use super::Failure;
use super::args::ListArgs;
use super::columns::aligned;
use super::server::load_corpus;
use crate::report::console::say;
use crate::requirement::{Catalogue, Observable, Transport as On};
use crate::revision::Revision;
use crate::scenario::{Corpus, Needs, Transport};
use crate::verdict::Exit;

/// Print what there is, one a line.
pub fn main(args: &ListArgs) -> Result<Exit, Failure> {
    let revision = args.revision.as_deref().map(str::parse).transpose().map_err(Failure::usage)?;
    let wanted = Wanted { revision, text: args.matching.as_deref() };
    let rows = match args.what.as_str() {
        "monitors" => monitors(&load_corpus(&[])?.0, &wanted),
        "requirements" => requirements(Catalogue::embedded().map_err(Failure::harness)?, &wanted),
        _ => scenarios(&load_corpus(&[])?.0, &wanted),
    };
    if rows.len() < 2 {
        return Err(Failure::usage(format!("no {} fit; leave out --matching or --revision to see more", args.what)));
    }
    say(aligned(&rows));
    Ok(Exit::Conforms)
}

struct Wanted<'a> {
    revision: Option<Revision>,
    text: Option<&'a str>,
}

impl Wanted<'_> {
    fn fits(&self, name: &str, since: Option<Revision>, until: Option<Revision>) -> bool {
        let text = self.text.is_none_or(|text| name.contains(text));
        let holds =
            |revision| since.is_none_or(|since| since <= revision) && until.is_none_or(|until| revision <= until);
        text && self.revision.is_none_or(holds)
    }
}

fn head(words: &[&str]) -> Vec<Vec<String>> {
    vec![words.iter().map(|word| (*word).to_owned()).collect()]
}

fn scenarios(corpus: &Corpus, wanted: &Wanted<'_>) -> Vec<Vec<String>> {
    let mut rows = head(&["SCENARIO", "REVISIONS", "TRANSPORTS", "NEEDS", "CHECKS", "DEFECTS", "TITLE"]);
    for (name, loaded) in &corpus.scenarios {
        let item = &loaded.item;
        if wanted.fits(name, item.applies.since, item.applies.until) {
            rows.push(vec![
                name.clone(),
                span(item.applies.since, item.applies.until),
                transports(item.applies.transport).to_owned(),
                needs(&item.needs, &item.applies.capabilities),
                item.checks.len().to_string(),
                item.defects.len().to_string(),
                item.title.clone(),
            ]);
        }
    }
    rows
}

fn monitors(corpus: &Corpus, wanted: &Wanted<'_>) -> Vec<Vec<String>> {
    let mut rows = head(&["MONITOR", "REVISIONS", "TRANSPORTS", "WATCHES", "DEFECTS", "TITLE"]);
    for (name, loaded) in &corpus.monitors {
        let item = &loaded.item;
        if wanted.fits(name, item.since, item.until) {
            rows.push(vec![
                name.clone(),
                span(item.since, item.until),
                transports(item.transport).to_owned(),
                format!("{:?}", item.watch).to_lowercase(),
                item.defects.len().to_string(),
                item.title.clone(),
            ]);
        }
    }
    rows
}

fn requirements(catalogue: &Catalogue, wanted: &Wanted<'_>) -> Vec<Vec<String>> {
    let mut rows = head(&["REQUIREMENT", "LEVEL", "ACTOR", "REVISIONS", "TRANSPORTS", "OBSERVABLE", "TEXT"]);
    for row in catalogue.iter().filter(|row| wanted.fits(&row.id, Some(row.since), row.until)) {
        let transport = match row.transport {
            On::Any => None,
            On::Http => Some(Transport::Http),
            On::Stdio => Some(Transport::Stdio),
        };
        rows.push(vec![
            row.id.clone(),
            row.level.to_string(),
            row.actor.to_string(),
            span(Some(row.since), row.until),
            transports(transport).to_owned(),
            observable(row.observable).to_owned(),
            row.text.split_whitespace().collect::<Vec<_>>().join(" "),
        ]);
    }
    rows
}

/// `all`, `2025-11-25 on`, `up to 2025-11-25`, or both ends.
pub fn span(since: Option<Revision>, until: Option<Revision>) -> String {
    match (since, until) {
        (None, None) => "all".to_owned(),
        (Some(since), None) => format!("{since} on"),
        (None, Some(until)) => format!("up to {until}"),
        (Some(since), Some(until)) if since == until => since.to_string(),
        (Some(since), Some(until)) => format!("{since} to {until}"),
    }
}

/// The transport, or that it is any.
pub fn transports(only: Option<Transport>) -> &'static str {
    only.map_or("all", Transport::as_str)
}

/// The word of the catalogue.
pub const fn observable(observable: Observable) -> &'static str {
    match observable {
        Observable::Yes => "yes",
        Observable::Partial => "partial",
        Observable::No => "no",
    }
}

/// What the server must offer, in one line; empty where it need not offer anything.
pub fn needs(needs: &Needs, capabilities: &[String]) -> String {
    let mut words: Vec<String> = capabilities.iter().map(|path| format!("capability {path}")).collect();
    for (kind, names) in [("tool", &needs.tools), ("resource", &needs.resources), ("prompt", &needs.prompts)] {
        words.extend(names.iter().map(|name| format!("{kind} {name}")));
    }
    words.extend(needs.session.then(|| "session".to_owned()));
    words.join(", ")
}
