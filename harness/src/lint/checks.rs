//! The checks of a scenario.

use std::collections::BTreeMap;

use super::axes::Axes;
use super::context::Context;
use super::cursor::Cursor;
use super::literals::check_patterns;
use super::report::Report;
use super::scope::Scope;
use super::{expressions, requirements};
use crate::scenario::{Check, Scenario};
use crate::schema::compile_user_schema;

/// A requirement that a check decides, where, and the check's place.
pub(super) struct Decided<'f> {
    pub id: &'f str,
    pub axes: Axes,
    pub at: Cursor<'f>,
}

/// Checks the checks; gives what they decide.
pub(super) fn check<'f>(
    scenario: &'f Scenario,
    at: Cursor<'f>,
    axes: &Axes,
    scope: &Scope,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Vec<Decided<'f>> {
    let mut decided = Vec::new();
    let mut seen = BTreeMap::new();
    for (number, check) in scenario.checks.iter().enumerate() {
        let (check, at) = (&check.value, at.item(number));
        let ids = at.member("requirement");
        let axes = axes.narrowed(check.since, check.until, check.transport);
        let claimed = scenario.applies.profile;
        for (id, axes) in requirements::decided(&check.requirement, ids, &axes, claimed, context, report) {
            decided.push(Decided { id, axes, at: ids });
        }
        for (id, at) in check.requirement.iter().zip(ids.items()) {
            if let Some(first) = seen.insert((id, check.name.as_deref()), at.place.line) {
                let message =
                    format!("a check of `{id}` stands in line {first} already: give this one a `name` of its own");
                report.add(at.place, message);
            }
        }
        parts(check, at, scope, report);
    }
    decided
}

fn parts(check: &Check, at: Cursor<'_>, scope: &Scope, report: &mut Report<'_>) {
    let names = scope.names();
    if check.expect.is_none() && check.matches.is_empty() && check.schema.is_empty() {
        report.add(at.place, "the check expects nothing: add `expect`, `match` or `schema`");
    }
    if check.otherwise.is_some() && check.when.is_none() {
        report.add(at.member("otherwise").key, "`otherwise` says why `when` does not hold, and there is no `when`");
    }
    for (member, expression) in [("when", &check.when), ("expect", &check.expect)] {
        if let Some(expression) = expression {
            expressions::check(&expression.value, at.member(member), &names, report);
        }
    }
    for (path, pattern) in &check.matches {
        let at = at.member("match").member(path);
        head_exists(path, at, scope, report);
        check_patterns(pattern, at, report);
    }
    for (path, schema) in &check.schema {
        let at = at.member("schema").member(path);
        head_exists(path, at, scope, report);
        if let Err(problem) = compile_user_schema(schema) {
            report.add(at.place, problem.to_string());
        }
    }
}

fn head_exists(path: &str, at: Cursor<'_>, scope: &Scope, report: &mut Report<'_>) {
    let head = path.split('.').next().unwrap_or(path);
    if !scope.names().contains(&head) {
        report.add(at.key, scope.missing("stream or actor", head));
    }
}
