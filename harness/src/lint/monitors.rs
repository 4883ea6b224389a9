//! Monitor files.

use std::collections::BTreeSet;
use std::path::Path;

use super::axes::Axes;
use super::context::Context;
use super::cursor::Cursor;
use super::defects::{fails, only, proven, unique, where_shown};
use super::report::Report;
use super::scenario::check_title;
use super::{expressions, mutations, requirements};
use crate::requirement::nearest;
use crate::scenario::{Monitor, MonitorDefect, MonitorFile};

/// Names that the expressions of a monitor can use.
const NAMES: [&str; 5] = ["it", "revision", "transport", "server", "needs"];

/// Checks a monitor file.
pub(super) fn check(file: &MonitorFile, at: Cursor<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let at = at.member("monitors");
    let mut names = BTreeSet::new();
    for (number, monitor) in file.monitors.iter().enumerate() {
        let (monitor, at) = (&monitor.value, at.item(number));
        check_name(&monitor.monitor, at.member("monitor"), context, report);
        if !names.insert(monitor.monitor.as_str()) {
            report.add(
                at.member("monitor").place,
                format!("another monitor is called `{}`: give this one a name of its own", monitor.monitor),
            );
        }
        check_monitor(monitor, at, context, report);
    }
}

fn check_name(name: &str, at: Cursor<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let area = Path::new(report.file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
    match name.split_once('/') {
        None => report.add(at.place, format!("a monitor is called `area/what`: write `{area}/{name}`")),
        Some((given, what)) if context.at_home && given != area => {
            report.add(
                at.place,
                format!("the file is about `{area}`: write `{area}/{what}`, or move the monitor to {given}.yaml"),
            );
        }
        Some(_) => {}
    }
}

fn check_monitor(monitor: &Monitor, at: Cursor<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    check_title(&monitor.title, at.member("title"), report);
    let axes = Axes::all().narrowed(monitor.since, monitor.until, monitor.transport);
    let ids = at.member("requirement");
    let decided = requirements::decided(&monitor.requirement, ids, &axes, context, report);
    if let Some(when) = &monitor.when {
        expressions::check(&when.value, at.member("when"), &NAMES, report);
    }
    expressions::check(&monitor.expect.value, at.member("expect"), &NAMES, report);
    let mut proofs = Vec::new();
    let mut names = BTreeSet::new();
    for (number, defect) in monitor.defects.iter().enumerate() {
        let (defect, at) = (&defect.value, at.member("defects").item(number));
        unique(&defect.id, &mut names, at, report);
        let shown = shown_in(defect, &axes, at, context, report);
        let (ids, place) = match &defect.fails {
            Some(fails) => (fails, at.member("fails")),
            None => (&monitor.requirement, ids),
        };
        let scenario = context.corpus.scenarios.get(&defect.scenario);
        let by_scenario = |id: &str| {
            scenario.is_some_and(|s| s.item.checks.iter().any(|c| c.value.requirement.iter().any(|r| r == id)))
        };
        let here = |id: &str| monitor.requirement.iter().any(|own| own == id) || by_scenario(id);
        let broken = match &defect.fails {
            Some(_) => fails(ids, place, &shown, &here, context, report),
            // The monitor's own, of which those that do not hold there are left out of account.
            None => decided.iter().map(|(id, own)| super::defects::Proof { id, axes: own.common(&shown) }).collect(),
        };
        mutations::check(&defect.mutate, defect.switch.as_deref(), &where_shown(&broken, &shown), at, report);
        proofs.extend(broken);
    }
    for (id, axes) in &decided {
        proven(id, axes, &proofs, ids, report);
    }
}

/// Where a monitor's defect is shown: where the monitor and the scenario both apply.
fn shown_in(
    defect: &MonitorDefect,
    axes: &Axes,
    at: Cursor<'_>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Axes {
    let shown = only(axes, &defect.only);
    let Some(loaded) = context.corpus.scenarios.get(&defect.scenario) else {
        let near = nearest(&defect.scenario, context.corpus.scenarios.keys().map(String::as_str));
        let hint = near.first().map_or_else(|| "see `mcp-assay list`".to_owned(), |n| format!("did you mean `{n}`?"));
        report.add(at.member("in").place, format!("there is no scenario `{}`: {hint}", defect.scenario));
        return shown;
    };
    let applies = &loaded.item.applies;
    let common = shown.narrowed(applies.since, applies.until, applies.transport);
    if common.is_empty() {
        report.add(
            at.member("in").place,
            format!("`{}` never applies where this monitor and defect do: choose another scenario", defect.scenario),
        );
    }
    common
}
