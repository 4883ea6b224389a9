//! What has to hold between acts of one case and what comes back for them: rules of the specification about tasks, input requests, sessions,
//! pages and subscriptions.
//!
//! A rule is written once, as expressions over streams `act_1`, `act_2` and so on: the same are evaluated here over the replies of a
//! round, and stand as the check in the scenario of a finding. Those about the life of a task are the monitors that watch tasks.

mod asked;
mod inputs;
mod instances;
mod life;
mod lists;
mod others;
mod replays;
mod seen;
mod sessions;

use std::cell::RefCell;
use std::collections::HashMap;

use super::case::{Act, Case};
use super::oracle::{Oracle, Suspicion};
use super::peer::Round;
use crate::expr::Expression;
use crate::revision::{Era, Revision};

pub use asked::{AGAIN, AS_TEXT};
pub use inputs::mark;

/// Expressions that are kept compiled.
const MAX_KEPT: usize = 1024;

/// A rule about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What tells it from others.
    pub name: String,
    /// The requirements that it is about, of which those count that hold in the revision.
    pub requirements: Vec<String>,
    /// The last act that it is about, from 0.
    pub last: usize,
    /// Only then does it say anything.
    pub when: String,
    /// What must hold.
    pub expect: String,
}

/// The rules about a case, of which the first act is the stream `act_<before + 1>`.
pub fn claims(revision: Revision, case: &Case, before: usize) -> Vec<Claim> {
    let acts = Acts { acts: &case.acts, before };
    let mut all = life::claims(revision, &acts);
    all.extend(lists::claims(&acts));
    all.extend(sessions::claims(&acts));
    all.extend(replays::claims(&acts));
    all.extend(match revision.era() {
        Era::Stateless => inputs::claims(&acts),
        Era::Handshake => asked::claims(&acts, case.asked.is_some()),
    });
    all
}

/// What in a case of a round breaks a rule.
pub fn judge(revision: Revision, round: &Round, number: usize, found: &mut Vec<Suspicion>) {
    let Some(case) = round.cases.get(number) else { return };
    let all = claims(revision, case, 0);
    if all.is_empty() {
        return;
    }
    let variables = seen::variables(round, number);
    for claim in all {
        let names: Vec<&str> = variables.names().collect();
        let holds = |text: &str| Some(compiled(text, &names)?.holds(&variables).ok()?.holds);
        if holds(&claim.when) == Some(true) && holds(&claim.expect) == Some(false) {
            let seen = format!("{}: {}", claim.name, seen::told(round, number));
            found.push(Suspicion::at(Oracle::Sequence, (number, claim.last), claim.name, seen));
        }
    }
}

thread_local! {
    static KEPT: RefCell<HashMap<String, Option<Expression>>> = RefCell::default();
}

fn compiled(text: &str, names: &[&str]) -> Option<Expression> {
    KEPT.with_borrow_mut(|kept| {
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.entry(text.to_owned()).or_insert_with(|| Expression::compile_among(text, names).ok()).clone()
    })
}

/// The acts of a case, by number from 0.
struct Acts<'a> {
    acts: &'a [Act],
    before: usize,
}

impl Acts<'_> {
    /// Its stream.
    fn stream(&self, act: usize) -> String {
        format!("act_{}", self.before + act + 1)
    }

    /// Whether they go to different instances.
    fn is_elsewhere(&self, one: usize, other: usize) -> bool {
        let at = |act: usize| self.acts.get(act).map(|act| act.instance.unwrap_or(act.client));
        self.acts.iter().any(|act| act.instance.is_some()) && at(one) != at(other)
    }

    /// Whether an instance is ended before the act is made.
    fn is_operated_before(&self, act: usize) -> bool {
        self.acts.iter().take(act).any(|act| act.operation.is_some())
    }

    /// That one was answered before the other was made.
    fn is_before(&self, one: usize, other: usize) -> String {
        let (one, other) = (self.stream(one), self.stream(other));
        format!(
            "is_number(get({one}, 'answer.n')) && is_number(get({other}, 'request.n')) \
             && get({one}, 'answer.n') < get({other}, 'request.n')"
        )
    }

    /// That one was not made before the other was answered.
    fn is_not_before(&self, one: usize, other: usize) -> String {
        let (one, other) = (self.stream(one), self.stream(other));
        format!("!(is_number(get({one}, 'request.n')) && get({one}, 'request.n') < get({other}, 'answer.n'))")
    }

    /// Those of a method, in order, with their numbers.
    fn of(&self, methods: &[&str]) -> impl Iterator<Item = (usize, &Act)> {
        let is = |act: &Act| act.method().is_some_and(|method| methods.contains(&method));
        self.acts.iter().enumerate().filter(move |(_, act)| is(act))
    }
}

/// That it was answered, in a session that is there.
fn served(stream: &str) -> String {
    format!("get({stream}, 'answered') == true && !same(get({stream}, 'status'), 404)")
}

fn claim(name: &str, requirements: &[&str], last: usize, when: String, expect: String) -> Claim {
    let requirements = requirements.iter().map(|id| (*id).to_owned()).collect();
    Claim { name: name.to_owned(), requirements, last, when, expect }
}
