//! Requirement ids: known, about who is tested, observable, and in force where they are named.

use super::axes::Axes;
use super::context::Context;
use super::cursor::Cursor;
use super::report::Report;
use crate::requirement::{Level, Observable, Profile, Requirement};
use crate::revision::Revision;
use crate::scenario::OneOrMany;

/// Checks the ids of a check or monitor that is tried only where a profile is claimed, if so; gives those that are in order,
/// with where they can be decided.
pub(super) fn decided<'r>(
    ids: &'r OneOrMany,
    at: Cursor<'_>,
    axes: &Axes,
    claimed: Option<Profile>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Vec<(&'r str, Axes)> {
    let mut good = Vec::new();
    if ids.iter().next().is_none() {
        report.add(at.key, "no requirement is named: a check decides at least one");
    }
    for (id, at) in ids.iter().zip(at.items()) {
        let Some(row) = known(id, at, context, report) else { continue };
        let actor = axes.role().actor();
        if row.observable_of(actor) == Observable::No {
            report.add(
                at.place,
                format!("`{id}` cannot be observed on the wire ({}): a check cannot decide it", row.how_of(actor)),
            );
            continue;
        }
        if row.level != Level::May && !Revision::SUPPORTED.iter().any(|r| row.actor_in(*r).covers(actor)) {
            report.add(
                at.place,
                format!("`{id}` binds the {}, not the {actor}: name a requirement of the {actor}'s", row.actor),
            );
            continue;
        }
        if let Some(profile) = row.profile.filter(|profile| claimed != Some(*profile)) {
            report.add(
                at.place,
                format!("`{id}` binds those alone who claim a profile: decide it in a scenario that `applies` with `profile: {profile}`"),
            );
            continue;
        }
        let there = axes.of(row);
        if there.is_empty() {
            report.add(at.place, format!("`{id}` holds {}, where this never applies: change `applies`, `since`, `until` or `transport`, or take the id away", span(row)));
            continue;
        }
        good.push((id, there));
    }
    good
}

/// The row of an id.
pub(super) fn known(
    id: &str,
    at: Cursor<'_>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Option<&'static Requirement> {
    let row = context.catalogue.get(id);
    if row.is_none() {
        let near = context.catalogue.ids_like(id);
        let hint = if near.is_empty() {
            "see `mcp-assay list requirements`".to_owned()
        } else {
            format!("did you mean {}?", near.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "))
        };
        report.add(at.place, format!("there is no requirement `{id}`: {hint}"));
    }
    row
}

/// Where a requirement holds, in words.
fn span(row: &Requirement) -> String {
    let revisions = match row.until {
        None => format!("from {} on", row.since),
        Some(until) if until == row.since => format!("in {until} only"),
        Some(until) => format!("from {} to {until}", row.since),
    };
    match row.transport {
        crate::requirement::Transport::Any => revisions,
        crate::requirement::Transport::Http => format!("{revisions} over HTTP"),
        crate::requirement::Transport::Stdio => format!("{revisions} over stdio"),
    }
}
