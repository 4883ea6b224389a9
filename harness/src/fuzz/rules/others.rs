//! Tasks and those whose they are not.

use super::life::Life;
use super::{Acts, Claim, claim};
use crate::revision::{Era, Revision};

/// What another user is told of a task, and does to it.
pub(super) fn claims(revision: Revision, acts: &Acts<'_>, life: &Life<'_>) -> Vec<Claim> {
    let begun = acts.stream(life.begun);
    let id = match revision.era() {
        Era::Handshake => "result.task.taskId",
        Era::Stateless => "result.taskId",
    };
    let there = format!("is_string(get({begun}, '{id}'))");
    let of_strangers = life.about.iter().filter(|about| acts.acts.get(about.at).is_some_and(|act| act.stranger));
    let mut all = Vec::new();
    for about in of_strangers {
        let asked = acts.stream(about.at);
        let requirements: &[&str] = match about.method {
            "tasks/get" => &["tasks.foreign-get-rejected", "tasks.bound-to-auth-context", "ext-tasks.bound-to-caller"],
            "tasks/result" => &["tasks.foreign-result-rejected", "tasks.bound-to-auth-context"],
            _ => &["tasks.foreign-cancel-rejected", "tasks.bound-to-auth-context", "ext-tasks.bound-to-caller"],
        };
        if revision.era() == Era::Handshake || about.method == "tasks/get" {
            let when = format!("{there} && get({asked}, 'answered') == true");
            all.push(claim("another user", requirements, about.at, when, format!("get({asked}, 'result') == null")));
        }
        // To be acknowledged is no right yet: what comes of it is.
        let own = |other: &super::life::About<'_>| other.own && other.method == "tasks/cancel";
        let touched = life.own("tasks/get").find(|at| *at > about.at);
        if let Some(later) = touched.filter(|_| about.method == "tasks/cancel" && !life.about.iter().any(own)) {
            let shown = acts.stream(later);
            let when =
                format!("{there} && get({asked}, 'answered') == true && is_string(get({shown}, 'result.status'))");
            let expect = format!("get({shown}, 'result.status') != 'cancelled'");
            all.push(claim("cancelled by another user", requirements, later, when, expect));
        }
    }
    all
}

/// The ids of tasks: each its own, and none that follows from another where whoever knows one has the task.
pub(super) fn ids(revision: Revision, acts: &Acts<'_>) -> Vec<Claim> {
    let begins: Vec<(usize, usize)> = acts.of(&["tools/call"]).map(|(at, act)| (at, act.client)).collect();
    let [(first, client), .., (last, _)] = begins.as_slice() else { return Vec::new() };
    let path = if revision.era() == Era::Handshake { "result.task.taskId" } else { "result.taskId" };
    let streams: Vec<String> = begins.iter().map(|(at, _)| acts.stream(*at)).collect();
    let ids = format!("[{}].map(a, get(a, '{path}')).filter(id, is_string(id))", streams.join(", "));
    let several = format!("size({ids}) > 1");
    let unique = &["tasks.id-unique", "ext-tasks.id-unique"];
    let mut all = vec![claim("own id", unique, *last, several.clone(), format!("unique({ids})"))];
    // In the older design that is so where another session is given what it knows the id of.
    let takes = |take: &crate::fuzz::Take| take.act == *first && take.into == "/params/taskId";
    let foreign =
        acts.acts.iter().position(|act| act.client != *client && !act.stranger && act.takes.iter().any(takes));
    let known = match (revision.era(), foreign) {
        (Era::Stateless, _) => Some((*last, several)),
        (Era::Handshake, Some(at)) => {
            Some((at.max(*last), format!("{several} && get({}, 'result') != null", acts.stream(at))))
        }
        (Era::Handshake, None) => None,
    };
    all.extend(known.map(|(at, when)| {
        let expect = format!("{ids}.all(id, size(id) >= 8 && !id.matches('^[^0-9]*[0-9]{{1,9}}$'))");
        claim("ids that can be guessed", &["tasks.ids-unguessable", "ext-tasks.ids-unguessable"], at, when, expect)
    }));
    all
}
