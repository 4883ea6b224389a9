//! Defects: each one is caught by something, and everything that decides is proven by one.

use std::collections::BTreeSet;

use super::axes::Axes;
use super::checks::Decided;
use super::context::Context;
use super::cursor::Cursor;
use super::report::Report;
use super::scenario::actors;
use super::steps::Steps;
use super::{mutations, requirements};
use crate::scenario::{Defect, OneOrMany, Only, Scenario};

/// A requirement that a defect must break, and where.
pub(super) struct Proof<'f> {
    pub id: &'f str,
    pub axes: Axes,
}

/// Checks the defects of a scenario against what it decides.
pub(super) fn check(
    scenario: &Scenario,
    at: Cursor<'_>,
    axes: &Axes,
    decided: &[Decided<'_>],
    context: &Context<'_>,
    report: &mut Report<'_>,
) {
    let mut proofs = Vec::new();
    let mut ids = BTreeSet::new();
    for (number, defect) in scenario.defects.iter().enumerate() {
        let (defect, at) = (&defect.value, at.item(number));
        unique(&defect.id, &mut ids, at, report);
        let shown = only(axes, &defect.only);
        let here = |id: &str| decided.iter().any(|decided| decided.id == id);
        let broken = fails(&defect.fails, at.member("fails"), &shown, &here, context, report);
        let shown = where_shown(&broken, &shown);
        if defect.steps.is_empty() {
            mutations::check(&defect.mutate, defect.switch.as_deref(), &shown, at, report);
        } else {
            other_steps(scenario, defect, &shown, at, report);
        }
        proofs.extend(broken);
    }
    for decided in decided {
        proven(decided.id, &decided.axes, &proofs, decided.at, report);
    }
}

/// Checks what a worse client does in place of the scenario's steps.
fn other_steps(scenario: &Scenario, defect: &Defect, shown: &Axes, at: Cursor<'_>, report: &mut Report<'_>) {
    if shown.role().is_server() {
        report.add(at.member("steps").key, "`steps` make a worse client: of a server, change what it says by `mutate`");
    } else if !defect.mutate.is_empty() || defect.switch.is_some() {
        report.add(at.member("steps").key, "a defect has either `steps` or `mutate`: make two of it");
    }
    // What is wrong with the actors is told once, with those of the scenario.
    let mut scope = actors(scenario, at.member("actors"), shown, report);
    let mut steps =
        Steps { needs: &scenario.needs, axes: shown, context: &scenario.context, scope: &mut scope, report };
    steps.check(&defect.steps, at.member("steps"));
}

/// Reports a defect's id that is taken.
pub(super) fn unique<'f>(id: &'f str, ids: &mut BTreeSet<&'f str>, at: Cursor<'_>, report: &mut Report<'_>) {
    if !ids.insert(id) {
        report.add(at.member("id").place, format!("another defect is called `{id}`: give this one a name of its own"));
    }
}

/// Where a defect is shown.
pub(super) fn only(axes: &Axes, only: &Only) -> Axes {
    axes.narrowed(only.since, only.until, only.transport)
}

/// Checks that something decides each of the requirements that a defect breaks; gives them with where they are in force.
pub(super) fn fails<'f>(
    ids: &'f OneOrMany,
    at: Cursor<'_>,
    shown: &Axes,
    decided_here: &dyn Fn(&str) -> bool,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Vec<Proof<'f>> {
    let mut proofs = Vec::new();
    if ids.iter().next().is_none() {
        report.add(at.key, "`fails` is empty: name the requirements that the defect breaks");
    }
    for (id, at) in ids.iter().zip(at.items()) {
        let Some(row) = requirements::known(id, at, context, report) else { continue };
        let always = || context.always_decided(id, shown.role());
        if !decided_here(id) && !always() {
            report.add(
                at.place,
                format!(
                    "nothing would notice: no check of the scenario, no monitor and no message schema decides `{id}`"
                ),
            );
            continue;
        }
        let axes = shown.of(row);
        if axes.is_empty() {
            report.add(
                at.place,
                format!("`{id}` does not hold where the defect is shown: change `only`, or take the id away"),
            );
        }
        proofs.push(Proof { id, axes });
    }
    proofs
}

/// Where a defect can show at all: where any of its requirements is in force.
pub(super) fn where_shown(proofs: &[Proof<'_>], shown: &Axes) -> Axes {
    if proofs.is_empty() {
        return shown.clone();
    }
    proofs.iter().fold(shown.none(), |all, proof| all.joined(proof.axes.clone()))
}

/// Reports something that decides and that no defect proves able to fail.
pub(super) fn proven(id: &str, axes: &Axes, proofs: &[Proof<'_>], at: Cursor<'_>, report: &mut Report<'_>) {
    let mut same = proofs.iter().filter(|proof| proof.id == id).peekable();
    if same.peek().is_none() {
        report.add(at.place, format!("no defect here shows `{id}` broken: add one whose `fails` names it, else nothing proves that this can fail"));
    } else if same.all(|proof| proof.axes.common(axes).is_empty()) {
        report.add(
            at.place,
            format!("the defects that break `{id}` are shown only where this does not apply: change their `only`"),
        );
    }
}
