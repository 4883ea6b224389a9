//! Scenario files.

use super::axes::Axes;
use super::checks;
use super::context::Context;
use super::cursor::Cursor;
use super::defects;
use super::literals::check_lapse;
use super::report::Report;
use super::scope::{Named, Scope};
use super::shapes::only_http;
use super::steps::Steps;
use super::values;
use crate::action::DEFAULT_ACTOR;
use crate::requirement::Role;
use crate::requirement::{Extension, Status};
use crate::revision::{Era, Revision};
use crate::scenario::{AUTHORIZATION_NAMES, CLIENT_NAMES, MAX_INSTANCES, Open, Process, ROOT, Scenario, Transport};

/// Checks a scenario file.
pub(super) fn check(scenario: &Scenario, at: Cursor<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    check_name(scenario, at, context, report);
    check_title(&scenario.title, at.member("title"), report);
    if let Some(deadline) = scenario.deadline {
        check_lapse(deadline, at.member("deadline"), report);
    }
    let applies = &scenario.applies;
    let axes = Axes::all(applies.role).narrowed(applies.since, applies.until, applies.transport);
    if axes.is_empty() {
        let known = Revision::SUPPORTED.map(Revision::as_str).join(", ");
        report.add(
            at.member("applies").place,
            format!("the scenario applies in no revision that can be tested: there are {known}"),
        );
    }
    values::needs(&scenario.needs, at.member("needs"), context, report);
    if scenario.needs.session && !(axes.has_era(Era::Handshake) && axes.reaches(Transport::Http)) {
        report.add(
            at.member("needs").member("session").key,
            "there are sessions over HTTP up to 2025-11-25 only: change `applies`, or take `session` away",
        );
    }
    about_instances(scenario, at, &axes, report);
    if applies.protected.is_some() && axes.reaches(Transport::Stdio) {
        report.add(at.member("applies").member("protected").key, only_http("`protected`"));
    }
    if !scenario.needs.tokens.is_empty() && applies.protected != Some(true) {
        let mend = "write `protected: true` under `applies`: an open server asks for no token";
        report.add(at.member("needs").member("tokens").key, mend);
    }
    let mut scope = actors(scenario, at.member("actors"), &axes, report);
    if applies.role == Role::AuthorizationServer {
        for name in AUTHORIZATION_NAMES {
            scope.imply(name.to_owned(), Named::Stream { request: false });
        }
    }
    let mut steps =
        Steps { needs: &scenario.needs, axes: &axes, context: &scenario.context, scope: &mut scope, report };
    steps.check(&scenario.steps, at.member("steps"));
    if applies.role == Role::Client {
        // What the reference client does says nothing of others.
        scope = Scope::new();
        for name in CLIENT_NAMES {
            scope.imply(name.to_owned(), Named::Fact);
        }
    } else {
        for (member, is_there) in [
            ("acting", !scenario.acting.is_empty()),
            ("speaks", !scenario.speaks.is_empty()),
            ("context", !scenario.context.is_empty()),
            ("delivers", scenario.delivers.is_some()),
            ("process", scenario.process != Process::default()),
        ] {
            if is_there {
                report.add(
                    at.member(member).key,
                    format!("`{member}` is for clients: write `role: client` under `applies`"),
                );
            }
        }
    }
    drafts(scenario, at, context, report);
    let decided = checks::check(scenario, at.member("checks"), &axes, &scope, context, report);
    defects::check(scenario, at.member("defects"), &axes, &decided, context, report);
}

/// What is about several instances says how many, and what is done to them disturbs nobody.
fn about_instances(scenario: &Scenario, at: Cursor<'_>, axes: &Axes, report: &mut Report<'_>) {
    let needs = &scenario.needs;
    if needs.instances > 0 && axes.reaches(Transport::Stdio) {
        report.add(at.member("needs").member("instances").key, only_http("`instances`"));
    }
    if needs.instances > MAX_INSTANCES {
        let mend = format!("write at most {MAX_INSTANCES}: who has fewer is not tested at all");
        report.add(at.member("needs").member("instances").place, mend);
    }
    if needs.control && needs.instances == 0 {
        report.add(at.member("needs").member("control").key, "say how many `instances` it needs, 1 or more");
    }
    if needs.control && !scenario.alone {
        report.add(at.member("needs").member("control").key, "write `alone: true`: others use the same instances");
    }
    for (name, actor) in &scenario.actors {
        if actor.instance.is_some_and(|instance| instance > needs.instances.max(1)) {
            let at = at.member("actors").member(name).member("instance");
            report.add(at.place, "write under `needs` that there are so many `instances`");
        }
    }
}

/// What is about drafts alone says so, and nothing else does.
fn drafts(scenario: &Scenario, at: Cursor<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let is_draft = |id: &str| {
        let row = context.catalogue.get(id).and_then(|row| Extension::of(row.extension.as_deref()?));
        row.is_some_and(|extension| extension.status == Status::Draft)
    };
    let about: Vec<bool> =
        scenario.checks.iter().flat_map(|check| check.value.requirement.iter()).map(is_draft).collect();
    match (scenario.draft, about.iter().any(|draft| *draft), about.iter().all(|draft| *draft)) {
        (false, true, _) => report.add(at.place, "it decides requirements of a draft: write `draft: true`"),
        (true, _, false) => report.add(
            at.member("draft").key,
            "not all that it decides is of drafts: put what is not into a scenario of its own",
        ),
        _ => {}
    }
}

fn check_name(scenario: &Scenario, at: Cursor<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let at = at.member("scenario");
    let well_made = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let path = report
        .file
        .strip_prefix(ROOT)
        .and_then(|path| path.strip_prefix('/'))
        .and_then(|path| path.strip_suffix(".yaml"));
    match path {
        Some(path) if context.at_home && path != scenario.scenario => {
            report.add(
                at.place,
                format!(
                    "a scenario is called as its file: write `{path}`, or move it to {ROOT}/{}.yaml",
                    scenario.scenario
                ),
            );
        }
        _ if !scenario.scenario.split('/').all(well_made) => {
            report.add(at.place, "a scenario is called `area/what`, in lower case letters, digits and hyphens");
        }
        _ => {}
    }
}

/// Checks a title.
pub(super) fn check_title(title: &str, at: Cursor<'_>, report: &mut Report<'_>) {
    if title.trim().is_empty() || title.contains('\n') {
        report.add(at.place, "a title is one line that says what is the case when everything is right");
    } else if title.ends_with('.') {
        report.add(at.place, "a title has no period at its end: take it away");
    }
}

/// Checks the actors; gives the names there are before the first step.
pub(super) fn actors(scenario: &Scenario, at: Cursor<'_>, axes: &Axes, report: &mut Report<'_>) -> Scope {
    let mut scope = Scope::new();
    for name in scenario.actors.keys() {
        let at = at.member(name);
        scope.add(name, Named::Actor, at.at_key(), report);
    }
    for (name, actor) in &scenario.actors {
        let at = at.member(name);
        if let Some(other) = &actor.join {
            let at = at.member("join");
            if axes.reaches(Transport::Stdio) {
                report.add(at.key, only_http("`join`"));
            }
            match scenario.actors.get(other) {
                _ if other == name => report.add(at.place, "an actor cannot join itself"),
                Some(joined) if joined.join.is_some() => {
                    report.add(at.place, format!("`{other}` itself joins another: join that one directly"));
                }
                Some(_) => {}
                None => scope.actor(other, at, report),
            }
        }
        if actor.instance == Some(0) {
            report.add(at.member("instance").place, "instances are counted from 1");
        }
        if axes.reaches(Transport::Stdio) && actor.token.is_some() {
            report.add(at.member("token").key, only_http("`token`"));
        }
        if axes.reaches(Transport::Stdio) && !actor.headers.is_empty() {
            report.add(at.member("headers").key, only_http("`headers`"));
        }
    }
    scope.imply(DEFAULT_ACTOR.to_owned(), Named::Actor);
    if axes.reaches(Transport::Sse) {
        for name in scenario.actors.keys().map(String::as_str).chain([DEFAULT_ACTOR]) {
            scope.imply(format!("{name}_events"), Named::Stream { request: false });
        }
    }
    if axes.has_era(Era::Handshake) {
        let default = (DEFAULT_ACTOR.to_owned(), Default::default());
        let implied = (!scenario.actors.contains_key(DEFAULT_ACTOR)).then_some((&default.0, &default.1));
        for (name, actor) in scenario.actors.iter().chain(implied) {
            if actor.open == Open::Usual && actor.join.is_none() {
                scope.imply(format!("{name}_open"), Named::Stream { request: true });
                scope.imply(format!("{name}_initialized"), Named::Stream { request: false });
            }
        }
    }
    scope
}
