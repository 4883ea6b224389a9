//! A requirement for a person.

use std::collections::BTreeSet;

use super::super::list::{observable, span};
use super::fact;
use crate::coverage::{By, Decider, Place};
use crate::requirement::{Basis, Requirement, Transport};
use crate::revision::Revision;

/// Text, level, where it stands, how it is observed, what decides it and what proves that.
pub fn text(row: &Requirement, deciders: &[Decider]) -> String {
    let mut text = format!("{}\n\n", row.id);
    text.push_str(&fact("level", row.level.as_str()));
    text.push_str(&fact("text", &row.text));
    text.push_str(&fact("binds", &binds(row)));
    text.push_str(&fact("revisions", &span(Some(row.since), row.until)));
    text.push_str(&fact("transport", transport(row.transport)));
    text.push_str(&fact("observable", &format!("{}: {}", observable(row.observable), row.how.trim())));
    if let Some(side) = &row.server_side {
        text.push_str(&fact("of a server", &format!("{}: {}", observable(side.observable), side.how.trim())));
    }
    if let Some(side) = &row.client_side {
        text.push_str(&fact("of a client", &format!("{}: {}", observable(side.observable), side.how.trim())));
    }
    text.push_str(&fact("rests on", row.basis.map_or("", basis)));
    text.push_str(&fact("proposal", &row.sep.map(|number| format!("SEP-{number}")).unwrap_or_default()));
    if let Some(disputed) = &row.disputed {
        let since = disputed.since.map(|since| format!("from {since} on, ")).unwrap_or_default();
        text.push_str(&fact("disputed", &format!("{since}so that no verdict is given: {}", disputed.text)));
    }
    for undecided in row.undecided.iter() {
        let where_ = span(undecided.since.or(Some(row.since)), undecided.until.or(row.until));
        let of = undecided.actor.map(|actor| format!("of a {actor}, ")).unwrap_or_default();
        text.push_str(&fact("undecided", &format!("{of}{where_}: {}", undecided.why)));
    }
    text.push_str(&fact("extension", row.extension.as_deref().unwrap_or_default()));
    let profile = row.profile.map(|profile| format!("{profile}: it binds those alone who claim that"));
    text.push_str(&fact("profile", &profile.unwrap_or_default()));
    text.push_str("\nspecification\n");
    for revision in Revision::ALL.into_iter().filter(|revision| row.holds_in(*revision)) {
        text.push_str(&format!("  {:<10}  {}\n", revision, row.url(revision)));
    }
    text.push_str("\ndecided by\n");
    for decider in deciders {
        text.push_str(&one(decider));
    }
    if deciders.is_empty() {
        text.push_str("  nothing\n");
    }
    text
}

fn one(decider: &Decider) -> String {
    let name = match &decider.by {
        By::Check { scenario, name: Some(name) } => format!("scenario {scenario}, check '{name}'"),
        By::Check { scenario, name: None } => format!("scenario {scenario}"),
        By::Monitor(name) => format!("monitor {name}"),
        By::Schema => "rules of the message schemas".to_owned(),
    };
    let position = decider.position.as_ref().map(|at| format!("  ({}:{})", at.file, at.line)).unwrap_or_default();
    let mut text = format!("  {name}{position}\n    in {}\n", places(&decider.places));
    if decider.by == By::Schema {
        text.push_str("    proven by the test that keeps and breaks each rule\n");
    } else if decider.proofs.is_empty() {
        text.push_str("    proven by no defect, so it does not count as coverage\n");
    }
    for proof in &decider.proofs {
        let elsewhere = if proof.owner == proof.scenario {
            String::new()
        } else {
            format!(" of {} in {}", proof.owner, proof.scenario)
        };
        text.push_str(&format!("    proven by the defect {}{elsewhere}: {}\n", proof.defect, places(&proof.places)));
    }
    text
}

/// `2025-11-25 (http, stdio); 2026-07-28 (http)`.
fn places(places: &BTreeSet<Place>) -> String {
    let revisions: BTreeSet<Revision> = places.iter().map(|(revision, _)| *revision).collect();
    let parts = revisions.into_iter().map(|revision| {
        let over = places.iter().filter(|(there, _)| *there == revision).map(|(_, transport)| transport.as_str());
        format!("{revision} ({})", over.collect::<Vec<_>>().join(", "))
    });
    parts.collect::<Vec<_>>().join("; ")
}

fn binds(row: &Requirement) -> String {
    let narrowed = row.narrowed.map(|n| format!("; from {} on only the {}", n.since, n.actor));
    format!("{}{}", row.actor, narrowed.unwrap_or_default())
}

const fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Any => "every one",
        Transport::Http => "http",
        Transport::Stdio => "stdio",
    }
}

const fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Schema => "the schema alone: a type, a constant or a comment without keyword",
        Basis::SchemaKeyword => "a keyword in a comment of the schema",
        Basis::Prose => "prose without keyword; the level is this catalogue's reading",
        Basis::LowerCase => "a keyword in lower case, which BCP 14 does not count",
        Basis::Reference => "a standard that the specification makes mandatory",
    }
}
