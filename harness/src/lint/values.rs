//! References to earlier values: they lead to something, and stand where they are replaced.

use super::context::Context;
use super::cursor::Cursor;
use super::report::Report;
use super::scope::{Named, Scope};
use crate::action::REFERENCE;
use crate::requirement::nearest;
use crate::scenario::Needs;

/// What is known of a server before a scenario begins.
const SERVER: [&str; 10] = [
    "capabilities",
    "instructions",
    "name",
    "prompts",
    "resources",
    "session",
    "templates",
    "tools",
    "version",
    "versions",
];

/// Checks every reference below.
pub(super) fn check(at: Cursor<'_>, scope: &Scope, needs: &Needs, report: &mut Report<'_>) {
    for (path, place) in references(at) {
        path_leads(path, place, scope, needs, report);
    }
}

/// Reports references below, where none is replaced.
pub(super) fn refuse(what: &str, at: Cursor<'_>, scope: &Scope, report: &mut Report<'_>) {
    for (path, place) in references(at) {
        if scope.get(head(path)).is_some() {
            report.add(place.place, format!("references are not replaced in `{what}`: write the value itself"));
        }
    }
}

/// Checks where a dotted path of a step leads.
fn path_leads(path: &str, at: Cursor<'_>, scope: &Scope, needs: &Needs, report: &mut Report<'_>) {
    let mut parts = path.split('.');
    let (head, first, second) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    match (head, scope.get(head)) {
        // Of an authorization server other things are known.
        ("keys" | "published", None) => {}
        ("server", _) if matches!(first, Some("issuer" | "redirect_uri" | "scope" | "resource" | "client_id" | "denied_audience")) => {}
        ("server", _) => {
            if let Some(member) = first.filter(|member| !SERVER.contains(member)) {
                let near = nearest(member, SERVER.into_iter());
                let hint = near
                    .first()
                    .map_or_else(|| format!("there are {}", SERVER.join(", ")), |n| format!("did you mean `{n}`?"));
                report.add(at.place, format!("nothing is known as `server.{member}`: {hint}"));
            }
        }
        ("needs", _) => {
            let (Some(kind), Some(name)) = (first, second) else {
                return report.add(
                    at.place,
                    "a need is written `needs.tools.NAME`, `needs.resources.NAME` or `needs.prompts.NAME`",
                );
            };
            let listed = match kind {
                "tools" => &needs.tools,
                "resources" => &needs.resources,
                "prompts" => &needs.prompts,
                _ => {
                    return report.add(
                        at.place,
                        format!("there are `needs.tools`, `needs.resources` and `needs.prompts`, no `needs.{kind}`"),
                    );
                }
            };
            if !listed.iter().any(|listed| listed == name) {
                report.add(at.place, format!("`{name}` is no need of the scenario: list it under `needs.{kind}`"));
            }
        }
        (_, Some(Named::Stream { .. } | Named::Actor)) => {}
        (_, Some(Named::Pages(_))) => {
            report.add(at.place, format!("`{head}` is a list here: write `{head}_1` for the first"));
        }
        ("revision" | "traceparent" | "version_header", _) if first.is_none() => {}
        (_, Some(Named::Fact)) => report.add(
            at.place,
            format!("`{head}` is for expressions; in steps a path begins with a stream, an actor, `revision`, `traceparent`, `version_header`, `server` or `needs`"),
        ),
        (_, None) => report.add(at.place, scope.missing("stream or actor", head)),
    }
}

/// Reports a needed thing that is not listed, or that nothing offers.
pub(super) fn need(kind: &str, name: &str, at: Cursor<'_>, needs: &Needs, report: &mut Report<'_>) {
    let listed = match kind {
        "tools" => &needs.tools,
        "resources" => &needs.resources,
        _ => &needs.prompts,
    };
    if !listed.iter().any(|listed| listed == name) {
        report.add(at.place, format!("`{name}` is no need of the scenario: list it under `needs.{kind}`"));
    }
}

/// Checks the needs themselves.
pub(super) fn needs(needs: &Needs, at: Cursor<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let contract = &context.contract;
    for (kind, listed, known) in [
        ("tools", &needs.tools, &contract.tools),
        ("resources", &needs.resources, &contract.resources),
        ("prompts", &needs.prompts, &contract.prompts),
    ] {
        for (name, at) in listed.iter().zip(at.member(kind).items()) {
            if name != "any" && !known.contains_key(name) {
                let near = nearest(name, known.keys().map(String::as_str));
                let hint = near.first().map_or_else(
                    || format!("use `any`, or one of {}", known.keys().cloned().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                report.add(
                    at.place,
                    format!("scenarios/contract.yaml has nothing called `{name}` under `{kind}`: {hint}"),
                );
            }
        }
    }
}

fn head(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// Paths of the references below, with their places.
fn references<'t>(at: Cursor<'t>) -> Vec<(&'t str, Cursor<'t>)> {
    let is_reference = at.has("from") && at.members().all(|(name, _)| REFERENCE.contains(&name));
    if is_reference && let Some(path) = at.member("from").text() {
        return vec![(path, at.member("from"))];
    }
    at.children().flat_map(references).collect()
}
