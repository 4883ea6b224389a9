//! A task at another instance than the one where it began, and after one was ended.

use super::life::{Life, is_long};
use super::{Acts, Claim, claim, served};
use crate::action::Act as Operation;
use crate::revision::{Era, Revision};

/// What a task is called that is to be known at an act, and by which requirements.
pub(super) fn kept(acts: &Acts<'_>, begun: usize, at: usize) -> (&'static str, &'static [&'static str]) {
    let operation = acts.acts.iter().take(at).skip(begun).rev().find_map(|act| act.operation);
    match operation {
        Some(Operation::Kill) => (
            "known after its instance was killed",
            &["tasks.kept-until-ttl", "ext-tasks.kept-until-ttl", "ext-tasks.durable-before-answer"],
        ),
        Some(_) => (
            "known after a restart",
            &["tasks.kept-until-ttl", "ext-tasks.kept-until-ttl", "continuity.handles-survive-restart"],
        ),
        None if acts.is_elsewhere(begun, at) => (
            "known at another instance",
            &[
                "continuity.tasks-everywhere",
                "continuity.handles-everywhere",
                "tasks.kept-until-ttl",
                "ext-tasks.kept-until-ttl",
            ],
        ),
        None => ("kept", &["tasks.kept-until-ttl", "ext-tasks.kept-until-ttl"]),
    }
}

pub(super) fn claims(revision: Revision, acts: &Acts<'_>, life: &Life<'_>) -> Vec<Claim> {
    if revision.era() == Era::Stateless {
        return Vec::new();
    }
    let mut all = cancelled_at_once(acts, life);
    all.extend(cancelled_elsewhere(revision, acts, life));
    all.extend(result_elsewhere(acts, life));
    all
}

/// Of two cancellations at the same time one ends the task: it does not end a second time, with another time.
fn cancelled_at_once(acts: &Acts<'_>, life: &Life<'_>) -> Vec<Claim> {
    let cancels: Vec<usize> = life.own("tasks/cancel").collect();
    let pair = |pair: &[usize]| {
        let [first, second] = pair else { return None };
        let (a, b) = (acts.stream(*first), acts.stream(*second));
        let both = format!(
            "[{a}, {b}].all(c, get(c, 'result.status') == 'cancelled' && is_string(get(c, 'result.lastUpdatedAt')))"
        );
        Some(claim(
            "ended twice",
            &["tasks.cancel-terminal-32602", "tasks.terminal-is-final"],
            *second,
            format!("{both} && get({b}, 'request.n') < get({a}, 'answer.n')"),
            format!("{a}.result.lastUpdatedAt == {b}.result.lastUpdatedAt"),
        ))
    };
    cancels.windows(2).filter_map(pair).collect()
}

/// What is at work still was not to be refused to be cancelled.
fn cancelled_elsewhere(revision: Revision, acts: &Acts<'_>, life: &Life<'_>) -> Vec<Claim> {
    let elsewhere = |at: &usize| acts.is_elsewhere(life.begun, *at) && !acts.is_operated_before(*at);
    let pairs = life.own("tasks/cancel").filter(elsewhere).filter_map(|cancel| {
        let later = life.own("tasks/get").find(|at| *at > cancel)?;
        let (refused, shown) = (acts.stream(cancel), acts.stream(later));
        Some(claim(
            "cancelled at another instance",
            &["continuity.tasks-everywhere"],
            later,
            format!(
                "{} && same(get({refused}, 'error.code'), -32602) && {} && is_string(get({shown}, 'result.status')) && {}",
                is_long(revision, &acts.stream(life.begun)),
                served(&refused),
                acts.is_before(cancel, later),
            ),
            format!("!(get({shown}, 'result.status') in ['working', 'input_required'])"),
        ))
    });
    pairs.collect()
}

/// What one instance gives, every other does.
fn result_elsewhere(acts: &Acts<'_>, life: &Life<'_>) -> Vec<Claim> {
    let results: Vec<usize> = life.own("tasks/result").collect();
    let pair = |pair: &[usize]| {
        let [first, second] = pair else { return None };
        let apart = acts.is_elsewhere(*first, *second) && !acts.is_operated_before(*second);
        let (a, b) = (acts.stream(*first), acts.stream(*second));
        apart.then(|| {
            claim(
                "result at another instance",
                &["continuity.tasks-everywhere"],
                *second,
                format!("get({a}, 'result') != null && {} && {}", served(&b), acts.is_before(*first, *second)),
                format!("get({b}, 'result') != null"),
            )
        })
    };
    results.windows(2).filter_map(pair).collect()
}
