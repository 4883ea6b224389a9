//! What a defect does: either a mutation of the traffic or a switch of the reference server.

use super::axes::Axes;
use super::cursor::Cursor;
use super::report::Report;
use crate::mutate::{Mutator, is_path};
use crate::oauth::{AuthSwitch, Careless};
use crate::reference::Switch;
use crate::requirement::{Role, nearest};
use crate::scenario::{Mutation, Transport};

/// Members of a mutation that only one transport knows.
const HTTP_ONLY: [&str; 5] = ["answered", "status", "headers", "redirect", "event"];
/// Members of its `request`, likewise.
const REQUEST_HTTP_ONLY: [&str; 4] = ["headers", "verb", "form", "query"];
const STDIO_ONLY: [&str; 1] = ["stdout"];

/// Checks a defect's means.
pub(super) fn check(
    mutations: &[Mutation],
    switch: Option<&str>,
    axes: &Axes,
    at: Cursor<'_>,
    report: &mut Report<'_>,
) {
    match (mutations.is_empty(), switch) {
        (true, None) => report.add(at.place, "the defect does nothing: add `mutate` or `switch`"),
        (false, Some(_)) => {
            report.add(at.member("switch").key, "a defect has either `mutate` or `switch`: make two of it")
        }
        (true, Some(name)) => known_switch(name, axes.role(), at.member("switch"), report),
        (false, None) => {}
    }
    for (mutation, at) in mutations.iter().zip(at.member("mutate").items()) {
        if let Err(error) = Mutator::new(vec![mutation.clone()]) {
            report.add(at.place, format!("the rule cannot be used: {}", error.problem));
        }
        transports(mutation, axes, at, report);
    }
}

fn known_switch(name: &str, role: Role, at: Cursor<'_>, report: &mut Report<'_>) {
    let (whose, see, known): (_, _, Vec<&str>) = match role {
        Role::Client => ("client", "client --careless help", Careless::ALL.iter().map(|one| one.name()).collect()),
        Role::AuthorizationServer => (
            "authorization server",
            "authorization-server --conforming --switch help",
            AuthSwitch::ALL.iter().map(|one| one.name()).collect(),
        ),
        Role::Server => ("server", "server --switch help", Switch::ALL.iter().map(|one| one.name()).collect()),
    };
    if !known.contains(&name) {
        let near = nearest(name, known.into_iter());
        let hint =
            near.first().map_or_else(|| format!("see `mcp-assay reference {see}`"), |n| format!("did you mean `{n}`?"));
        report.add(at.place, format!("the reference {whose} has no switch `{name}`: {hint}"));
    }
}

fn transports(mutation: &Mutation, axes: &Axes, at: Cursor<'_>, report: &mut Report<'_>) {
    let of_http = |to: &str| to.bytes().all(|b| b.is_ascii_uppercase()) || is_path(to);
    let of_request = at.member("request").members().filter(|(name, _)| REQUEST_HTTP_ONLY.contains(name));
    let members = at.members().chain(of_request);
    for (name, member) in members {
        let only = match name {
            _ if HTTP_ONLY.contains(&name) || REQUEST_HTTP_ONLY.contains(&name) => Transport::Http,
            "to" if mutation.to.as_deref().is_some_and(of_http) => Transport::Http,
            "message" if mutation.message.as_deref() == Some("priming") => Transport::Http,
            _ if STDIO_ONLY.contains(&name) => Transport::Stdio,
            _ => continue,
        };
        let reached = axes.reaches(only) || only == Transport::Http && axes.reaches(Transport::Sse);
        if !reached {
            report.add(member.key, format!("this exists over {} only, where the defect is never shown", only.as_str()));
        } else if nothing_else(mutation, name) && [Transport::Http, Transport::Stdio].iter().all(|t| axes.reaches(*t)) {
            report.add(
                member.key,
                format!("this exists over {0} only: add `only: {{ transport: {0} }}` to the defect", only.as_str()),
            );
        }
    }
}

/// Whether a mutation does nothing where this member does not exist.
fn nothing_else(mutation: &Mutation, name: &str) -> bool {
    let mut rest = mutation.clone();
    match name {
        "to" | "message" | "answered" => return true,
        "redirect" => rest.redirect.clear(),
        "status" => rest.status = None,
        "headers" if !mutation.headers.is_empty() => rest.headers.clear(),
        "event" => rest.event.clear(),
        "stdout" => rest.stdout = None,
        _ => rest.request = None,
    }
    let bare = Mutation {
        to: mutation.to.clone(),
        message: mutation.message.clone(),
        pattern: mutation.pattern.clone(),
        nth: mutation.nth,
        ..Mutation::default()
    };
    rest == bare
}
