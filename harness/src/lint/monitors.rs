//! Monitor files.

use std::collections::BTreeSet;

use super::axes::Axes;
use super::context::Context;
use super::cursor::Cursor;
use super::defects::{Proof, fails, only, proven, unique, where_shown};
use super::report::Report;
use super::scenario::check_title;
use super::{expressions, mutations, requirements};
use crate::requirement::Role;
use crate::requirement::nearest;
use crate::scenario::{Monitor, MonitorDefect, MonitorFile, monitor_names};

/// Checks a monitor file.
pub(super) fn check(file: &MonitorFile, at: Cursor<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let at = at.member("monitors");
    let mut names = BTreeSet::new();
    let (mut decided, mut proofs) = (Vec::new(), Vec::new());
    for (number, monitor) in file.monitors.iter().enumerate() {
        let (monitor, at) = (&monitor.value, at.item(number));
        check_name(&monitor.monitor, at.member("monitor"), context, report);
        if !names.insert(monitor.monitor.as_str()) {
            report.add(
                at.member("monitor").place,
                format!("another monitor is called `{}`: give this one a name of its own", monitor.monitor),
            );
        }
        let axes = Axes::all(monitor.role).narrowed(monitor.since, monitor.until, monitor.transport);
        let own = check_monitor(monitor, at, &axes, context, report);
        proofs.extend(check_defects(monitor, file, at, &own, context, report));
        decided.extend(own.into_iter().map(|(id, axes)| (id, axes, at.member("requirement"))));
    }
    for (id, axes, at) in &decided {
        proven(id, axes, &proofs, *at, report);
    }
}

fn check_name(name: &str, at: Cursor<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let area = area(report.file);
    match name.rsplit_once('/') {
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

/// What a file of monitors is about: its path below the folder for them, without its ending.
fn area(file: &str) -> String {
    let path = file.rsplit_once("monitors/").map_or(file, |(_, path)| path);
    path.strip_suffix(".yaml").unwrap_or(path).to_owned()
}

/// Checks a monitor but for its defects; gives what it decides.
fn check_monitor<'f>(
    monitor: &'f Monitor,
    at: Cursor<'_>,
    axes: &Axes,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Vec<(&'f str, Axes)> {
    check_title(&monitor.title, at.member("title"), report);
    if !monitor.watch.is_of(monitor.role) {
        let mend = match monitor.role {
            Role::Server => "`asked` is of clients: write `asks`, or `role: client`",
            Role::Client => "`asks` is of servers: write `asked`, or take `role` away",
            Role::AuthorizationServer => "authorization servers are watched by no monitor: take `role` away",
        };
        report.add(at.member("watch").place, mend);
    }
    let names = monitor_names(monitor.role);
    if let Some(when) = &monitor.when {
        expressions::check(&when.value, at.member("when"), &names, report);
    }
    expressions::check(&monitor.expect.value, at.member("expect"), &names, report);
    requirements::decided(&monitor.requirement, at.member("requirement"), axes, None, context, report)
}

/// Checks the defects of a monitor; gives what they break.
fn check_defects<'f>(
    monitor: &'f Monitor,
    file: &MonitorFile,
    at: Cursor<'_>,
    own: &[(&'f str, Axes)],
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Vec<Proof<'f>> {
    let mut proofs = Vec::new();
    let mut names = BTreeSet::new();
    for (number, defect) in monitor.defects.iter().enumerate() {
        let (defect, at) = (&defect.value, at.member("defects").item(number));
        unique(&defect.id, &mut names, at, report);
        let shown = shown_in(monitor, defect, at, context, report);
        let scenario = context.corpus.scenarios.get(&defect.scenario);
        let by_scenario = |id: &str| {
            scenario.is_some_and(|s| s.item.checks.iter().any(|c| c.value.requirement.iter().any(|r| r == id)))
        };
        let by_file = |id: &str| file.monitors.iter().any(|m| m.value.requirement.iter().any(|r| r == id));
        let here = |id: &str| by_file(id) || by_scenario(id);
        let broken = match &defect.fails {
            Some(ids) => fails(ids, at.member("fails"), &shown, &here, context, report),
            // The monitor's own, of which those that do not hold there are left out of account.
            None => own.iter().map(|(id, axes)| Proof { id, axes: axes.common(&shown) }).collect(),
        };
        mutations::check(&defect.mutate, defect.switch.as_deref(), &where_shown(&broken, &shown), at, report);
        proofs.extend(broken);
    }
    proofs
}

/// Where a monitor's defect is shown: where its scenario applies, whatever the monitor itself is limited to.
fn shown_in(
    monitor: &Monitor,
    defect: &MonitorDefect,
    at: Cursor<'_>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Axes {
    let shown = only(&Axes::all(monitor.role), &defect.only);
    let Some(loaded) = context.corpus.scenarios.get(&defect.scenario) else {
        let near = nearest(&defect.scenario, context.corpus.scenarios.keys().map(String::as_str));
        let hint = near.first().map_or_else(|| "see `mcp-assay list`".to_owned(), |n| format!("did you mean `{n}`?"));
        report.add(at.member("in").place, format!("there is no scenario `{}`: {hint}", defect.scenario));
        return shown;
    };
    let applies = &loaded.item.applies;
    if applies.role != monitor.role {
        report.add(at.member("in").place, format!("the monitor does not watch who is tested in `{}`", defect.scenario));
    }
    let common = shown.narrowed(applies.since, applies.until, applies.transport);
    if common.is_empty() {
        let message =
            format!("`{}` never applies where `only` has the defect shown: change one of the two", defect.scenario);
        report.add(at.member("in").place, message);
    }
    common
}
