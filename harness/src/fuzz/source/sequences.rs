//! Several acts that have to do with one another.

use std::collections::BTreeSet;

use serde_json::json;

use super::bases::Base;
use crate::fuzz::case::{Act, Body, Case, Expect, IdForm};
use crate::generate::Choices;

/// The same at the same time.
const AT_ONCE: usize = 5;
/// Requests in a row that are cancelled.
const IN_A_ROW: usize = 8;
/// Calls in a row.
const MAX_REPEATED: i64 = 12;

/// Of each method, a request whose answer is known, after one that is refused.
pub fn after_refusal(bases: &[Base]) -> Vec<Case> {
    let Some(refused) = bases.iter().find(|base| base.code.is_some()) else { return Vec::new() };
    let mut methods = BTreeSet::new();
    let pair = |observed: &Base| {
        let expect = Expect::Equals(observed.stable.clone()?);
        methods.insert(observed.act.method()?.to_owned()).then_some(())?;
        let refused = Act { awaited: true, ..refused.act.clone() };
        Some(Case { acts: vec![refused, Act { expect, ..observed.act.clone() }], ..Case::default() })
    };
    bases.iter().filter_map(pair).collect()
}

/// The same request several times at once.
pub fn at_once(base: &Base) -> Case {
    Case { acts: vec![base.act.clone(); AT_ONCE], ..Case::default() }
}

/// A request, and its cancellation: at once, or when it is answered.
pub fn cancelled(base: &Base, late: bool) -> Case {
    let message = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 0, "reason": "assay" },
    });
    let cancel = Act {
        body: Body::Message { value: message.clone(), id: IdForm::Earlier(1) },
        expect: Expect::Nothing,
        ..Act::plain(message)
    };
    let expect = if late { Expect::Answer } else { Expect::Anything };
    let request = Act { expect, awaited: late, ..base.act.clone() };
    Case { acts: vec![request, cancel], ..Case::default() }
}

/// Requests that are cancelled at once, one right behind the other: some of them before the server has begun with them.
pub fn cancelled_in_a_row(base: &Base) -> Case {
    Case { acts: vec![cancelled(base, false).acts; IN_A_ROW].concat(), ..Case::default() }
}

/// Each request whose answer is known, after another one about the same that says something else.
pub fn after_another(bases: &[Base]) -> Vec<Case> {
    let pair = |observed: &Base| {
        let expect = Expect::Equals(observed.stable.clone()?);
        let is_other = |base: &&Base| base.act.subject == observed.act.subject && base.act != observed.act;
        let other = Act { awaited: true, ..bases.iter().rev().find(is_other)?.act.clone() };
        Some(Case { acts: vec![other, Act { expect, ..observed.act.clone() }], ..Case::default() })
    };
    bases.iter().filter_map(pair).collect()
}

/// One, by chance.
pub fn one(bases: &[Base], http: bool, choices: &mut Choices) -> Option<Case> {
    match choices.below(4) {
        0 if choices.once_in(4) => Some(cancelled_in_a_row(choices.pick(bases)?)),
        0 => Some(cancelled(choices.pick(bases)?, choices.once_in(2))),
        1 => {
            // The same request again and again.
            let base = choices.pick(bases)?;
            let times = usize::try_from(choices.range(2, MAX_REPEATED)).unwrap_or(2);
            Some(Case { acts: vec![base.act.clone(); times], ..Case::default() })
        }
        2 => {
            // Several requests, one after the other.
            let count = choices.range(2, 5);
            let acts = (0..count).filter_map(|_| {
                let base = choices.pick(bases)?;
                Some(Act { awaited: true, ..base.act.clone() })
            });
            Some(Case { acts: acts.collect(), ..Case::default() })
        }
        _ => {
            // A request between two whose answers are known.
            let known: Vec<&Base> = bases.iter().filter(|base| base.stable.is_some()).collect();
            let observed = *choices.pick(&known)?;
            let between = choices.pick(bases)?;
            let expect = Expect::Equals(observed.stable.clone()?);
            let client = usize::from(http && choices.once_in(2));
            let last = Act { expect, client, ..observed.act.clone() };
            // A second client is there only for a case of its own.
            Some(Case {
                acts: vec![Act { awaited: true, ..between.act.clone() }, last],
                alone: client > 0,
                ..Case::default()
            })
        }
    }
}
