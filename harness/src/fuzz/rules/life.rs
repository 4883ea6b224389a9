//! The life of a task, of either design.

use std::sync::LazyLock;

use super::{Acts, Claim, claim, inputs, instances, others, served};
use crate::expr::Expression;
use crate::revision::{Era, Revision};
use crate::scenario::{Monitor, MonitorFile, Watch, embedded_files, parse};

/// Tasks that are kept for so long, in milliseconds, are there while a case lasts.
const LONG: u64 = 30_000;

/// The monitors that watch tasks: their rules are ours.
static MONITORS: LazyLock<Vec<Monitor>> = LazyLock::new(|| {
    let files = embedded_files().into_iter().filter(|(file, _)| file.ends_with("monitors/task-life.yaml"));
    let read = files.filter_map(|(file, text)| parse::<MonitorFile>(&file, text).ok());
    let all = read.flat_map(|file| file.monitors).map(|monitor| monitor.value);
    all.filter(|monitor| monitor.watch == Watch::Tasks).collect()
});

/// A task that an act began, and the acts about it. Acts are meant by number, from 0.
pub(super) struct Life<'a> {
    pub begun: usize,
    pub about: Vec<About<'a>>,
}

/// An act about a task.
pub(super) struct About<'a> {
    pub at: usize,
    pub method: &'a str,
    /// It is of the client that began the task.
    pub own: bool,
}

impl Life<'_> {
    /// Those of its own client, of a method.
    pub fn own(&self, method: &str) -> impl Iterator<Item = usize> {
        self.about.iter().filter(move |about| about.own && about.method == method).map(|about| about.at)
    }

    /// Whether anybody cancels it before the act is made.
    pub fn is_cancelled_before(&self, act: usize) -> bool {
        self.about.iter().any(|about| about.at < act && about.method == "tasks/cancel")
    }
}

pub(super) fn claims(revision: Revision, acts: &Acts<'_>) -> Vec<Claim> {
    let lives = lives(acts);
    let mut all = Vec::new();
    all.extend(others::ids(revision, acts));
    for life in &lives {
        all.extend(MONITORS.iter().filter_map(|monitor| monitored(monitor, revision, acts, life)));
        all.extend(kept(revision, acts, life));
        all.extend(ended(revision, acts, life));
        all.extend(instances::claims(revision, acts, life));
        all.extend(others::claims(revision, acts, life));
        if revision.era() == Era::Handshake {
            all.extend(same_result(acts, life));
        } else {
            all.extend(inputs::not_again(acts, life));
        }
    }
    all
}

fn lives<'a>(acts: &'a Acts<'_>) -> Vec<Life<'a>> {
    let begins = acts.of(&["tools/call"]).map(|(begun, act)| {
        let takes = |other: &crate::fuzz::Act| {
            let of_it = |take: &crate::fuzz::Take| take.act == begun && take.into == "/params/taskId";
            other.takes.iter().any(of_it)
        };
        let about = acts.acts.iter().enumerate().filter(|(_, other)| takes(other));
        let about = about
            .filter_map(|(at, other)| Some(About { at, method: other.method()?, own: other.client == act.client }));
        Life { begun, about: about.collect() }
    });
    begins.filter(|life| !life.about.is_empty()).collect()
}

/// What a monitor says of a task, where it can be said in one expression.
fn monitored(monitor: &Monitor, revision: Revision, acts: &Acts<'_>, life: &Life<'_>) -> Option<Claim> {
    let family = if revision.era() == Era::Stateless { "ext-tasks." } else { "tasks." };
    let requirements: Vec<String> =
        monitor.requirement.iter().filter(|id| id.starts_with(family)).map(str::to_owned).collect();
    if requirements.is_empty() {
        return None;
    }
    let streams: Vec<String> =
        std::iter::once(life.begun).chain(life.about.iter().map(|about| about.at)).map(|at| acts.stream(at)).collect();
    let whole = if revision.era() == Era::Stateless { "result" } else { "result.task" };
    let messages = format!(
        "[{}].map(a, {{'n': get(a, 'answer.n'), 'asked': get(a, 'request.n'), 'kind': get(a, 'answer.kind'), \
         'said': get(a, 'request.method'), 'begun': get(a, 'request.method') == 'tools/call', \
         'task': get(a, 'request.method') == 'tools/call' ? get(a, '{whole}') : get(a, 'result')}})\
         .filter(m, m.kind == 'result' && is_string(get(m, 'task.taskId')))",
        streams.join(", ")
    );
    // Named once, or where that nests too many macros, said in its place.
    let over = |text: &str| {
        let named = format!("[{{'messages': {messages}}}].all(it, {})", text.trim());
        let in_place = text.trim().replace("it.messages", &messages);
        [named, in_place].into_iter().find(|text| Expression::compile(text, &|_| true).is_ok())
    };
    let when = monitor.when.as_ref().map_or_else(|| Some("true".to_owned()), |when| over(&when.value))?;
    let expect = over(&monitor.expect.value)?;
    // What comes of a cancellation is another matter than what comes of asking.
    let cancelled = life.about.iter().any(|about| about.method == "tasks/cancel");
    Some(Claim {
        name: format!("{}{}", monitor.monitor, if cancelled { " with tasks/cancel" } else { "" }),
        requirements,
        last: life.about.last().map_or(life.begun, |about| about.at),
        when,
        expect,
    })
}

/// Whether the act began a task that is kept for long.
pub(super) fn is_long(revision: Revision, begun: &str) -> String {
    let (task, ttl) = match revision.era() {
        Era::Handshake => ("result.task", "ttl"),
        Era::Stateless => ("result", "ttlMs"),
    };
    let ttl = format!("get({begun}, '{task}.{ttl}')");
    format!("is_string(get({begun}, '{task}.taskId')) && (is_null({ttl}) || is_number({ttl}) && {ttl} >= {LONG})")
}

/// A task that was not cancelled is known as long as it is kept, at every instance, also when one was ended.
fn kept(revision: Revision, acts: &Acts<'_>, life: &Life<'_>) -> Vec<Claim> {
    let begun = acts.stream(life.begun);
    // What tasks/result is refused with may be the error of the work.
    let asks = life.own("tasks/get").filter(|at| !life.is_cancelled_before(*at));
    asks.map(|at| {
        let asked = acts.stream(at);
        let cancels = life.about.iter().filter(|about| about.method == "tasks/cancel" && about.at > at);
        let first = cancels.map(|cancel| format!(" && {}", acts.is_not_before(cancel.at, at))).collect::<String>();
        let (name, requirements) = instances::kept(acts, life.begun, at);
        claim(
            name,
            requirements,
            at,
            format!("{} && {}{first}", is_long(revision, &begun), served(&asked)),
            format!("!same(get({asked}, 'error.code'), -32602)"),
        )
    })
    .collect()
}

/// What is done with a task after its end.
fn ended(revision: Revision, acts: &Acts<'_>, life: &Life<'_>) -> Vec<Claim> {
    let begun = acts.stream(life.begun);
    let mut all = Vec::new();
    for at in life.own("tasks/cancel") {
        let cancel = acts.stream(at);
        if revision.era() == Era::Stateless {
            all.push(claim(
                "cancelled again or late",
                &["ext-tasks.cancel-always-acknowledged"],
                at,
                format!("{} && get({cancel}, 'answered') == true", is_long(revision, &begun)),
                format!("is_null(get({cancel}, 'error'))"),
            ));
            continue;
        }
        all.push(claim(
            "cancelled at once",
            &["tasks.cancel-status-before-answer"],
            at,
            format!("is_string(get({cancel}, 'result.status'))"),
            format!("get({cancel}, 'result.status') == 'cancelled'"),
        ));
        let before: Vec<String> =
            life.about.iter().filter(|about| about.own && about.at < at).map(|about| acts.stream(about.at)).collect();
        if before.is_empty() {
            continue;
        }
        let over = format!(
            "[{}].exists(a, (get(a, 'request.method') == 'tasks/result' && get(a, 'result') != null \
             || get(a, 'result.status') in ['completed', 'failed', 'cancelled']) \
             && get(a, 'answer.n') < get({cancel}, 'request.n'))",
            before.join(", ")
        );
        all.push(claim(
            "cancelled after the end",
            &["tasks.cancel-terminal-32602"],
            at,
            format!("{} && {over}", served(&cancel)),
            format!("same(get({cancel}, 'error.code'), -32602)"),
        ));
    }
    all
}

/// What a task came to is the same each time.
fn same_result(acts: &Acts<'_>, life: &Life<'_>) -> Vec<Claim> {
    let results: Vec<usize> = life.own("tasks/result").collect();
    let pair = |pair: &[usize]| {
        let [first, second] = pair else { return None };
        let (a, b) = (acts.stream(*first), acts.stream(*second));
        Some(claim(
            "same result",
            &["tasks.result-same-as-plain"],
            *second,
            format!("get({a}, 'result') != null && get({b}, 'result') != null"),
            format!("['content', 'structuredContent', 'isError'].all(k, same(get({a}.result, k), get({b}.result, k)))"),
        ))
    };
    results.windows(2).filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fuzz::{Act, Case, Take};

    #[test]
    fn monitors_of_tasks_can_be_said_of_a_case() {
        for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
            let take = || Take { into: "/params/taskId".to_owned(), act: 0, from: "result.taskId".to_owned() };
            let about =
                |method: &str| Act { takes: vec![take()], ..Act::plain(json!({ "method": method, "params": {} })) };
            let mut acts = vec![Act::plain(json!({ "method": "tools/call", "params": { "name": "a" } }))];
            acts.extend(
                ["tasks/get", "tasks/result", "tasks/cancel", "tasks/get", "tasks/result"]
                    .repeat(2)
                    .iter()
                    .map(|m| about(m)),
            );
            let begun = acts.first().cloned();
            acts.extend(begun);
            for (at, act) in acts.iter_mut().enumerate() {
                act.instance = Some(at % 2);
                act.stranger = at == 4;
                act.client = usize::from(at == 4 || at == 6);
            }
            let all = super::super::claims(revision, &Case { acts, alone: true, ..Case::default() }, 0);
            let names: Vec<String> =
                (1..=12).map(|n| format!("act_{n}")).chain(["main".to_owned(), "second".to_owned()]).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            for name in ["task-life/final", "task-life/created-at"] {
                let named = format!("{name} with tasks/cancel");
                assert!(all.iter().any(|claim| claim.name == named), "{all:?}");
            }
            let named = |name: &str| all.iter().any(|claim| claim.name == name);
            assert!(named("known at another instance") && named("another user") && named("own id"), "{all:?}");
            for claim in &all {
                for text in [&claim.when, &claim.expect] {
                    let broken = Expression::compile_among(text, &names).err();
                    assert!(broken.is_none(), "{}: {broken:?}", claim.name);
                }
            }
        }
    }
}
